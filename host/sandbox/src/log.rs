//! What a plugin says: log lines, stdout and stderr.

use crate::state::Shared;
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// `remit:connector/log`.
    Log,
    /// The guest's standard output.
    Stdout,
    /// The guest's standard error.
    Stderr,
}

/// One line that a plugin wrote. The text is foreign: valid UTF-8 without line breaks, but not yet safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How grave; stdout is info, stderr is warn.
    pub level: LogLevel,
    /// Where from.
    pub source: LogSource,
    /// The text.
    pub text: String,
}

/// What a line costs beside its text, so that a flood of empty lines is bounded too.
const LINE_COST: usize = 64;

/// The longest line; what is beyond it becomes further lines.
const MAX_LINE: usize = 4096;

/// The log of one call: lines up to a number of bytes, then a count of what was dropped.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    lines: Vec<LogLine>,
    bytes: usize,
    dropped: u64,
    /// The unfinished lines of stdout and stderr.
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Lines {
    fn push(&mut self, limit: usize, level: LogLevel, source: LogSource, text: &[u8]) {
        // Once a line was dropped all later ones are: a log with silent holes in the middle misleads.
        if self.dropped > 0 {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        // What is no UTF-8 becomes up to three times as long.
        let text = String::from_utf8_lossy(text);
        let cost = text.len().saturating_add(LINE_COST);
        let bytes = self.bytes.saturating_add(cost);
        if bytes > limit {
            self.dropped = 1;
            return;
        }
        self.bytes = bytes;
        self.lines.push(LogLine {
            level,
            source,
            text: text.into_owned(),
        });
    }

    fn split(&mut self, limit: usize, level: LogLevel, source: LogSource, text: &[u8]) {
        for line in text.split(|byte| *byte == b'\n') {
            for part in chunks(line) {
                self.push(limit, level, source, part);
            }
        }
    }
}

/// A line in parts of at most [`MAX_LINE`] bytes, cut where a character begins if there is one.
fn chunks(mut line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let is_start = |byte: &u8| (*byte & 0xc0) != 0x80;
        let cut = match line.get(..=MAX_LINE) {
            None => None,
            Some(head) => head
                .iter()
                .rposition(is_start)
                .filter(|at| *at > MAX_LINE - 4),
        };
        let cut = cut.unwrap_or(MAX_LINE);
        match line.split_at_checked(cut) {
            Some((head, rest)) if !rest.is_empty() => {
                line = rest;
                Some(head)
            }
            _ => {
                done = true;
                Some(line)
            }
        }
    })
}

impl Log {
    /// Keeps a message of `remit:connector/log`.
    pub(crate) fn message(&self, limit: usize, level: LogLevel, text: &str) {
        let text = text.strip_suffix('\n').unwrap_or(text);
        self.lock()
            .split(limit, level, LogSource::Log, text.as_bytes());
    }

    /// Takes bytes of a stream: whole lines are kept, the rest waits for its end.
    fn write(&self, limit: usize, source: LogSource, bytes: &[u8]) {
        let mut lines = self.lock();
        let level = level_of(source);
        let mut pending = std::mem::take(lines.pending(source));
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            pending.extend_from_slice(line);
            lines.split(limit, level, source, &pending);
            pending.clear();
            rest = after.get(1..).unwrap_or(&[]);
        }
        pending.extend_from_slice(rest);
        if pending.len() > MAX_LINE {
            lines.split(limit, level, source, &pending);
            pending.clear();
        }
        *lines.pending(source) = pending;
    }

    /// Ends unfinished lines and takes everything: the lines, and how many were dropped.
    pub(crate) fn finish(&self, limit: usize) -> (Vec<LogLine>, u64) {
        let mut lines = self.lock();
        for source in [LogSource::Stdout, LogSource::Stderr] {
            let pending = std::mem::take(lines.pending(source));
            if !pending.is_empty() {
                lines.split(limit, level_of(source), source, &pending);
            }
        }
        (std::mem::take(&mut lines.lines), lines.dropped)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn pending(&mut self, source: LogSource) -> &mut Vec<u8> {
        match source {
            LogSource::Stderr => &mut self.stderr,
            LogSource::Stdout | LogSource::Log => &mut self.stdout,
        }
    }
}

fn level_of(source: LogSource) -> LogLevel {
    match source {
        LogSource::Stderr => LogLevel::Warn,
        LogSource::Stdout | LogSource::Log => LogLevel::Info,
    }
}

/// The guest's stdout or stderr: always ready, never fails, keeps at most what the log keeps.
pub(crate) struct LogStream {
    pub(crate) shared: Arc<Shared>,
    pub(crate) source: LogSource,
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.shared
            .log
            .write(self.shared.log_limit(), self.source, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

#[async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 64 << 10;

    fn texts(log: &Log, limit: usize) -> (Vec<String>, u64) {
        let (lines, dropped) = log.finish(limit);
        (lines.into_iter().map(|line| line.text).collect(), dropped)
    }

    #[test]
    fn a_stream_becomes_lines_wherever_its_writes_are_cut() {
        let log = Log::default();
        for part in ["on", "e\nt", "wo\r\n\nthr", "ee"] {
            log.write(LIMIT, LogSource::Stdout, part.as_bytes());
        }
        assert_eq!(
            texts(&log, LIMIT),
            (
                vec!["one".into(), "two".into(), "".into(), "three".into()],
                0
            )
        );
    }

    #[test]
    fn stdout_and_stderr_do_not_mix_within_a_line() {
        let log = Log::default();
        log.write(LIMIT, LogSource::Stdout, b"out");
        log.write(LIMIT, LogSource::Stderr, b"err\n");
        log.write(LIMIT, LogSource::Stdout, b"put\n");
        let (lines, _) = log.finish(LIMIT);
        let seen: Vec<_> = lines
            .iter()
            .map(|l| (l.level, l.source, l.text.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (LogLevel::Warn, LogSource::Stderr, "err"),
                (LogLevel::Info, LogSource::Stdout, "output")
            ]
        );
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        let log = Log::default();
        log.write(LIMIT, LogSource::Stderr, b"a\xff\xfeb\n");
        assert_eq!(texts(&log, LIMIT).0, ["a\u{fffd}\u{fffd}b"]);
    }

    #[test]
    fn a_flood_is_dropped_and_counted_and_leaves_no_holes() {
        let log = Log::default();
        for _ in 0..1000 {
            log.message(LIMIT, LogLevel::Info, &"x".repeat(1000));
        }
        log.message(LIMIT, LogLevel::Info, "small enough, but late");
        let (lines, dropped) = texts(&log, LIMIT);
        assert_eq!(lines.len() as u64 + dropped, 1001);
        assert!(lines.iter().map(String::len).sum::<usize>() <= LIMIT);
        assert!(lines.iter().all(|line| line.len() == 1000));
    }

    #[test]
    fn a_flood_of_invalid_utf8_is_bounded_as_it_is_kept() {
        let log = Log::default();
        for _ in 0..100 {
            log.write(
                LIMIT,
                LogSource::Stderr,
                &[b"\xff".repeat(1000), b"\n".to_vec()].concat(),
            );
        }
        let (lines, dropped) = texts(&log, LIMIT);
        assert_eq!(lines.len() as u64 + dropped, 100);
        assert!(lines.iter().map(String::len).sum::<usize>() <= LIMIT);
    }

    #[test]
    fn a_flood_of_empty_lines_is_bounded() {
        let log = Log::default();
        log.message(LIMIT, LogLevel::Info, &"\n".repeat(1_000_000));
        let (lines, dropped) = texts(&log, LIMIT);
        assert!(lines.len() <= LIMIT / LINE_COST);
        assert_eq!(lines.len() as u64 + dropped, 1_000_000);
    }

    #[test]
    fn a_line_without_an_end_is_cut_between_characters() {
        let log = Log::default();
        let text = "€".repeat(4000);
        log.write(LIMIT, LogSource::Stdout, text.as_bytes());
        let (lines, dropped) = texts(&log, LIMIT);
        assert_eq!((lines.concat(), dropped), (text, 0));
        assert!(lines.iter().all(|line| line.len() <= MAX_LINE));
    }
}
