//! Decisions that wait for the record of their call.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Decided, Row, Verdict, shown};

/// Calls of which decisions wait. Sixteen go on at once in a run; what is more never ended.
const MAX_CALLS: usize = 1_024;

/// Different decisions that are told apart in one call. A call may cause 65,536; what is more is told apart by its rule
/// and code only, and marked.
const MAX_DIFFERENT: usize = 4_096;

/// Over all calls that wait.
const MAX_WAITING: usize = 200_000;

#[derive(Default)]
pub(super) struct Waiting {
    calls: HashMap<String, OneCall>,
    order: VecDeque<String>,
    different: usize,
}

#[derive(Default)]
struct OneCall {
    decided: Vec<Decided>,
    places: HashMap<u64, Vec<usize>>,
}

impl Waiting {
    /// Adds a decision. Gives the oldest calls, where too many wait.
    pub(super) fn add(&mut self, row: &Row<'_>) -> Vec<(String, Vec<Decided>)> {
        let Some(call) = &row.call else {
            return Vec::new();
        };
        if !self.calls.contains_key(&**call) {
            self.order.push_back(call.to_string());
        }
        let of_call = self.calls.entry(call.to_string()).or_default();
        self.different += usize::from(of_call.add(row));
        let mut given_up = Vec::new();
        while self.calls.len() > MAX_CALLS || self.different > MAX_WAITING {
            // Those that were taken are still named here.
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            let decided = self.take(&oldest);
            if !decided.is_empty() {
                given_up.push((oldest, decided));
            }
        }
        if self.order.len() > 2 * MAX_CALLS {
            self.order.retain(|call| self.calls.contains_key(call));
        }
        given_up
    }

    /// Takes what was decided in a call.
    pub(super) fn take(&mut self, call: &str) -> Vec<Decided> {
        let decided = (self.calls.remove(call)).map_or_else(Vec::new, |call| call.decided);
        self.different = self.different.saturating_sub(decided.len());
        decided
    }

    /// Takes all that still waits.
    pub(super) fn drain(&mut self) -> Vec<(String, Vec<Decided>)> {
        let order = std::mem::take(&mut self.order);
        order
            .into_iter()
            .map(|call| {
                let decided = self.take(&call);
                (call, decided)
            })
            .filter(|(_, decided)| !decided.is_empty())
            .collect()
    }
}

impl OneCall {
    /// Adds a decision; whether it is of another kind than those before.
    fn add(&mut self, row: &Row<'_>) -> bool {
        let full = self.decided.len() >= MAX_DIFFERENT;
        let asked = match full {
            true => "",
            false => row.asked.as_deref().unwrap_or_default(),
        };
        let allowed = row.allowed == Some(Verdict::Said(true));
        // A guest chooses the method of what it is denied.
        let action = (row.action.as_ref()).filter(|_| !full || allowed);
        let fields = [
            row.capability.as_deref(),
            Some(action.map_or("", |action| &**action)),
            Some(asked),
            row.code.as_deref(),
            row.rule.as_deref(),
            row.address.as_deref().filter(|_| !full),
        ];
        let mut hasher = DefaultHasher::new();
        fields.hash(&mut hasher);
        allowed.hash(&mut hasher);
        let places = self.places.entry(hasher.finish()).or_default();
        let alike = places
            .iter()
            .find(|place| {
                self.decided
                    .get(**place)
                    .is_some_and(|known| known.is(&fields, allowed))
            })
            .copied();
        if let Some(known) = alike.and_then(|place| self.decided.get_mut(place)) {
            known.count += 1;
            known.last_seq = row.seq;
            known.last_time.clear();
            known.last_time.push_str(&row.time);
            return false;
        }
        places.push(self.decided.len());
        let keep = |text: Option<&super::Text<'_>>| text.map(|text| shown(text));
        self.decided.push(Decided {
            capability: keep(row.capability.as_ref()).unwrap_or_default(),
            action: keep(action).unwrap_or_default(),
            asked: shown(asked),
            allowed,
            code: keep(row.code.as_ref()),
            layer: keep(row.layer.as_ref()),
            // Compared with whole grants.
            rule: (row.rule.as_ref()).map(|rule| remit_policy::display_safe(rule, usize::MAX)),
            address: keep(row.address.as_ref().filter(|_| !full)),
            narrowest: keep(row.narrowest.as_ref().filter(|_| !full)),
            count: 1,
            seq: row.seq,
            last_seq: row.seq,
            time: row.time.to_string(),
            last_time: row.time.to_string(),
            blurred: full,
        });
        true
    }
}

impl Decided {
    fn is(&self, fields: &[Option<&str>; 6], allowed: bool) -> bool {
        let [capability, action, asked, code, rule, address] = fields;
        self.allowed == allowed
            && *capability == Some(self.capability.as_str())
            && *action == Some(self.action.as_str())
            && *asked == Some(self.asked.as_str())
            && *code == self.code.as_deref()
            && *rule == self.rule.as_deref()
            && *address == self.address.as_deref()
    }
}
