//! How often nonsense is answered and told of: a stream of it costs next to nothing.

use std::time::{Duration, Instant};

/// Answers in a second to what has no id. Whoever sends more has been told.
const ANSWERS: u32 = 10;

/// Counts what was refused.
#[derive(Debug)]
pub struct Complaints {
    answers: u32,
    answered_since: Instant,
    told: Option<Instant>,
    untold: u64,
}

impl Complaints {
    /// None so far.
    pub fn new() -> Complaints {
        Complaints {
            answers: 0,
            answered_since: Instant::now(),
            told: None,
            untold: 0,
        }
    }

    /// Something was refused: says so in the log, at most once a second.
    pub fn tell(&mut self, what: &str) {
        self.untold += 1;
        let now = Instant::now();
        if self
            .told
            .is_none_or(|told| now - told >= Duration::from_secs(1))
        {
            self.told = Some(now);
            let refused = std::mem::take(&mut self.untold);
            tracing::warn!(refused, "from the client: {what}");
        }
    }

    /// Whether what has no id is answered just now.
    pub fn may_answer(&mut self) -> bool {
        let now = Instant::now();
        if now - self.answered_since >= Duration::from_secs(1) {
            self.answered_since = now;
            self.answers = 0;
        }
        self.answers += 1;
        self.answers <= ANSWERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_nonsense_is_answered_a_few_times() {
        let mut complaints = Complaints::new();
        let answered = (0..100_000).filter(|_| complaints.may_answer()).count();
        assert!((10..200).contains(&answered), "{answered}");
    }
}
