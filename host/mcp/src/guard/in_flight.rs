//! The ids of a client's requests, so that no answer is lost or mistaken for another's.
//!
//! rmcp keeps requests by their ids: a second one with the id of one that is still open takes its place, and the answer
//! to the first is then sent as the answer to the second, or not at all.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::{ErrorData, RequestId};

use crate::server::busy;

/// How many requests of one client may be open. Calls that a machine cannot do at once wait for each other anyway.
pub const MAX_OPEN: usize = 256;

/// How many ids of cancelled requests are remembered. No answer comes to them, so nothing tells when they are free.
const MAX_CANCELLED: usize = 1024;

/// The ids of one client's requests that are not answered yet.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<Ids>);

#[derive(Debug, Default)]
struct Ids {
    open: HashSet<RequestId>,
    cancelled: VecDeque<RequestId>,
}

impl InFlight {
    /// A request has come; `running` are at work, those that were cancelled included.
    ///
    /// # Errors
    /// If it must not be handed on: the answer to it.
    pub fn begin(&self, id: &RequestId, running: usize) -> Result<(), ErrorData> {
        let mut ids = self.lock();
        if ids.open.contains(id) || ids.cancelled.contains(id) {
            return Err(ErrorData::invalid_request(
                "a request with this id is there already; each request needs an id of its own",
                None,
            ));
        }
        if ids.open.len().max(running) >= MAX_OPEN {
            return Err(busy("256 requests are open already"));
        }
        ids.open.insert(id.clone());
        Ok(())
    }

    /// It is answered.
    pub fn end(&self, id: &RequestId) {
        self.lock().open.remove(id);
    }

    /// It is cancelled: no answer to it will be sent.
    pub fn cancel(&self, id: &RequestId) {
        let mut ids = self.lock();
        if ids.open.remove(id) {
            if ids.cancelled.len() >= MAX_CANCELLED {
                ids.cancelled.pop_front();
            }
            ids.cancelled.push_back(id.clone());
        }
    }

    /// Whether nothing is open.
    pub fn is_idle(&self) -> bool {
        self.lock().open.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Ids> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::ErrorCode;

    #[test]
    fn an_id_is_used_once_at_a_time() {
        let ids = InFlight::default();
        let one = RequestId::Number(1);
        ids.begin(&one, 0).unwrap();
        assert_eq!(
            ids.begin(&one, 0).unwrap_err().code,
            ErrorCode::INVALID_REQUEST
        );
        // A text is another id than a number.
        ids.begin(&RequestId::String("1".into()), 0).unwrap();
        ids.end(&one);
        ids.begin(&one, 0).unwrap();
    }

    #[test]
    fn the_id_of_a_cancelled_request_is_not_used_again_soon() {
        let ids = InFlight::default();
        for n in 0..2000 {
            let id = RequestId::Number(n);
            ids.begin(&id, 0).unwrap();
            ids.cancel(&id);
        }
        assert!(ids.is_idle());
        assert!(ids.begin(&RequestId::Number(1999), 0).is_err());
        assert!(ids.lock().cancelled.len() <= MAX_CANCELLED);
        // What was not open is not remembered.
        ids.cancel(&RequestId::Number(5000));
        ids.begin(&RequestId::Number(5000), 0).unwrap();
    }

    #[test]
    fn only_so_many_are_open() {
        let ids = InFlight::default();
        for n in 0..MAX_OPEN {
            ids.begin(&RequestId::Number(n as i64), n).unwrap();
        }
        let busy = ids.begin(&RequestId::Number(9999), 0).unwrap_err();
        assert_eq!(busy.code, ErrorCode(-32000));
        assert!(busy.message.contains(&MAX_OPEN.to_string()), "{busy:?}");
        ids.end(&RequestId::Number(0));
        ids.begin(&RequestId::Number(9999), 0).unwrap();
        // What was cancelled and still runs counts.
        let other = InFlight::default();
        assert!(other.begin(&RequestId::Number(1), MAX_OPEN).is_err());
    }
}
