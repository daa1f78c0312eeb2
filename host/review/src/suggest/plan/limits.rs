//! What a call may use up, with room above what calls used.

use std::time::Duration;

use remit_policy::{ByteSize, Limits};

use super::super::edit::{At, Does};
use super::super::observe::Most;
use super::super::round;
use super::{OnePlugin, runs};

impl OnePlugin<'_> {
    /// Limits that skill.toml sets for the plugin; with `all`, the defaults too.
    pub(super) fn limits(&mut self, all: bool) {
        if self.seen.calls == 0 {
            return;
        }
        let own = self.read.used.limits;
        let default = Limits::default();
        let held =
            |set: Option<ByteSize>, default: ByteSize| set.or_else(|| all.then_some(default));
        if let Some(now) = held(own.memory, default.memory) {
            let seen = self.seen.memory;
            let wanted = round::bytes(seen.value, 2, ByteSize::mib(16));
            let to = (wanted < now).then(|| wanted.to_string());
            self.limit("memory", now.to_string(), to, seen, "bytes of memory");
        }
        if let Some(now) = own.time.or_else(|| all.then_some(default.time)) {
            let seen = self.seen.microseconds;
            let wanted = round::seconds(seen.value);
            let said = |time: Duration| format!("{}s", time.as_secs());
            let to = (wanted < now).then(|| said(wanted));
            self.limit("time", said(now), to, seen, "microseconds");
        }
        if let Some(now) = held(own.output, default.output) {
            let seen = self.seen.output;
            let wanted = round::bytes(seen.value, 4, ByteSize::kib(64));
            let to = (wanted < now).then(|| wanted.to_string());
            self.limit("output", now.to_string(), to, seen, "bytes of output");
        }
        let asks = self.seen.requests.value > 0;
        if let Some(now) = own
            .requests
            .or_else(|| (all && asks).then_some(default.requests))
        {
            let seen = self.seen.requests;
            let wanted = u32::try_from(round::number(seen.value)).unwrap_or(u32::MAX);
            let to = (wanted < now).then_some(wanted);
            if let Some(to) = to {
                self.say(
                    "requests",
                    now.to_string(),
                    to.to_string(),
                    seen,
                    "requests",
                );
                self.edit(At::Limits, Does::Number("requests", i64::from(to)));
            }
        }
    }

    fn limit(
        &mut self,
        key: &'static str,
        now: String,
        to: Option<String>,
        seen: Most,
        unit: &str,
    ) {
        let Some(to) = to else { return };
        self.say(key, now, to.clone(), seen, unit);
        self.edit(At::Limits, Does::Text(key, to));
    }

    fn say(&mut self, key: &str, now: String, to: String, seen: Most, unit: &str) {
        let because = format!(
            "none of {} calls in {} took more than {} {unit}",
            self.seen.calls,
            runs(self.observed.done),
            seen.value
        );
        let line = self.read.used.place.line;
        let what = format!("limits.{key}");
        self.change(
            line,
            &what,
            &format!("{key} = {now}"),
            Some(format!("{key} = {to}")),
            because,
            vec![seen.record],
        );
    }
}
