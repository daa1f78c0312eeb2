//! The state of a question of the new era, which travels through the client: sealed, bound to one call, used once.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use remit_package::Digest;
use rmcp::model::{RequestStateCodec, RequestStateError, SealOptions};
use serde::{Deserialize, Serialize};

/// How long a person has to answer.
pub(crate) const TO_ANSWER: Duration = Duration::from_secs(600);

/// Questions that wait for their answer, in all and of one client. The oldest gives way, and is then asked again.
const MAX_WAITING: usize = 4_096;
const MAX_WAITING_OF_CLIENT: usize = 64;

/// Questions of the old era that one client is asked at once. A person who is asked more reads none of them.
const MAX_ASKED: usize = 8;

/// The longest state that is opened; ours have some 500 bytes.
const MAX_STATE: usize = 4_096;

/// Keeps these seals apart from any other use of the codec.
const DOMAIN: &[u8] = b"remit consent v1\0";

/// Whose question it is, and about what. All of it is compared with the request that brings the answer.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'a> {
    /// The client, as the server tells clients apart.
    pub client: &'a str,
    /// The session of the skill.
    pub session: &'a str,
    /// The tool that was called.
    pub tool: &'a str,
    /// The calls with their arguments.
    pub digest: &'a Digest,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    nonce: String,
    session: String,
    tool: String,
    digest: String,
}

/// Why a state is not good for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Not made by this process for this client, or changed since. Which of these is not told.
    Forged,
    /// Its ten minutes are over.
    Expired,
    /// It was used already, or gave way to newer ones.
    Used,
    /// It is for another session of a skill, another tool or other arguments.
    OtherSession,
    /// The same.
    OtherTool,
    /// The same.
    OtherArguments,
}

impl Unfit {
    /// The end of a sentence, for the agent and for the record.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Forged => "its requestState was not given to this client, or was changed",
            Self::Expired => "the ten minutes to answer are over",
            Self::Used => "its requestState was used already",
            Self::OtherSession => "it answers a question of another session",
            Self::OtherTool => "it answers a question about another tool",
            Self::OtherArguments => "it answers a question about other arguments",
        }
    }
}

/// Seals states, and knows which wait for their answer. The key is the process's own, so what was asked before a
/// restart is asked again; without random bytes there is none, and nothing can be sealed.
pub(crate) struct Seal {
    codec: Option<RequestStateCodec>,
    waiting: Mutex<Waiting>,
    /// By client: the questions that are out.
    asked: Mutex<HashMap<String, usize>>,
}

/// A question that is out; when it is dropped, it is not any more.
pub(crate) struct Out<'a>(&'a Seal, &'a str);

impl Drop for Out<'_> {
    fn drop(&mut self) {
        let mut asked = self.0.asked();
        if let Some(out) = asked.get_mut(self.1) {
            *out = out.saturating_sub(1);
            if *out == 0 {
                asked.remove(self.1);
            }
        }
    }
}

impl Default for Seal {
    fn default() -> Self {
        Self {
            // 32 bytes, which is the codec's least.
            codec: random().map(|key| RequestStateCodec::new_unchecked(key.to_vec())),
            waiting: Mutex::default(),
            asked: Mutex::default(),
        }
    }
}

fn random() -> Option<[u8; 32]> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// By nonce: when it expires, and whose it is.
#[derive(Default)]
struct Waiting(HashMap<String, (Instant, String)>);

impl Seal {
    /// The state of a new question; none if the system gives no random bytes.
    pub(crate) fn seal(&self, bound: Bound<'_>) -> Option<String> {
        self.seal_for(bound, TO_ANSWER)
    }

    fn seal_for(&self, bound: Bound<'_>, ttl: Duration) -> Option<String> {
        let codec = self.codec.as_ref()?;
        let nonce = Digest::from(random()?).hex();
        let state = State {
            nonce: nonce.clone(),
            session: bound.session.to_owned(),
            tool: bound.tool.to_owned(),
            digest: bound.digest.hex(),
        };
        let payload = serde_json::to_vec(&state).ok()?;
        let context = context(bound.client);
        let options = SealOptions::new().associated_data(&context).ttl(ttl);
        let sealed = codec.seal_with(&payload, &options);
        self.waiting()
            .add(nonce, bound.client, Instant::now() + ttl);
        Some(sealed)
    }

    /// Uses up a state: whatever comes of it, it is not good a second time.
    pub(crate) fn open(&self, sealed: &str, bound: Bound<'_>) -> Result<(), Unfit> {
        let codec = self.codec.as_ref().filter(|_| sealed.len() <= MAX_STATE);
        let codec = codec.ok_or(Unfit::Forged)?;
        let opened = codec.open_with(sealed, &context(bound.client));
        let payload = opened.map_err(|error| match error {
            // Said only of what this process sealed for this client: the seal is looked at first.
            RequestStateError::Expired => Unfit::Expired,
            _ => Unfit::Forged,
        })?;
        let state: State = serde_json::from_slice(&payload).map_err(|_| Unfit::Forged)?;
        let waited = self.waiting().take(&state.nonce);
        if !waited {
            Err(Unfit::Used)
        } else if state.session != bound.session {
            Err(Unfit::OtherSession)
        } else if state.tool != bound.tool {
            Err(Unfit::OtherTool)
        } else if state.digest != bound.digest.hex() {
            Err(Unfit::OtherArguments)
        } else {
            Ok(())
        }
    }

    /// Takes a place for a question to this client; none where as many are out as a person can read.
    pub(crate) fn put<'a>(&'a self, client: &'a str) -> Option<Out<'a>> {
        let mut asked = self.asked();
        let out = asked.entry(client.to_owned()).or_default();
        if *out >= MAX_ASKED {
            return None;
        }
        *out += 1;
        Some(Out(self, client))
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        self.asked
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        // What is behind it is whole after each statement.
        self.waiting
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Waiting {
    fn add(&mut self, nonce: String, client: &str, expires: Instant) {
        let now = Instant::now();
        self.0.retain(|_, (until, _)| *until > now);
        let of_client = self.0.values().filter(|(_, whose)| whose == client);
        if of_client.count() >= MAX_WAITING_OF_CLIENT {
            self.forget_oldest(|whose| whose == client);
        }
        if self.0.len() >= MAX_WAITING {
            self.forget_oldest(|_| true);
        }
        self.0.insert(nonce, (expires, client.to_owned()));
    }

    fn forget_oldest(&mut self, of: impl Fn(&str) -> bool) {
        let oldest = self
            .0
            .iter()
            .filter(|(_, (_, whose))| of(whose))
            .min_by_key(|(_, (until, _))| *until)
            .map(|(nonce, _)| nonce.clone());
        if let Some(oldest) = oldest {
            self.0.remove(&oldest);
        }
    }

    fn take(&mut self, nonce: &str) -> bool {
        self.0.remove(nonce).is_some()
    }
}

fn context(client: &str) -> Vec<u8> {
    [DOMAIN, client.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: fn(&Digest) -> Bound<'_> = |digest| Bound {
        client: "one",
        session: "run-1",
        tool: "mail_send",
        digest,
    };

    #[test]
    fn a_state_is_good_once_for_its_own_call() {
        let digest = Digest::of(b"a");
        let bound = BOUND(&digest);
        let seal = Seal::default();
        let sealed = seal.seal(bound).unwrap();
        assert_eq!(seal.open(&sealed, bound), Ok(()));
        assert_eq!(seal.open(&sealed, bound), Err(Unfit::Used));
    }

    #[test]
    fn a_state_is_good_for_no_other_call_and_is_used_up_by_trying() {
        let (digest, other) = (Digest::of(b"a"), Digest::of(b"b"));
        let bound = BOUND(&digest);
        for (wrong, why) in [
            (
                Bound {
                    session: "run-2",
                    ..bound
                },
                Unfit::OtherSession,
            ),
            (
                Bound {
                    tool: "mail_delete",
                    ..bound
                },
                Unfit::OtherTool,
            ),
            (
                Bound {
                    digest: &other,
                    ..bound
                },
                Unfit::OtherArguments,
            ),
        ] {
            let seal = Seal::default();
            let sealed = seal.seal(bound).unwrap();
            assert_eq!(seal.open(&sealed, wrong), Err(why));
            assert_eq!(seal.open(&sealed, bound), Err(Unfit::Used), "{why:?}");
        }
    }

    #[test]
    fn what_was_changed_or_is_of_another_is_forged() {
        let digest = Digest::of(b"a");
        let bound = BOUND(&digest);
        let seal = Seal::default();
        let sealed = seal.seal(bound).unwrap();
        let stranger = Bound {
            client: "two",
            ..bound
        };
        assert_eq!(seal.open(&sealed, stranger), Err(Unfit::Forged));
        let other_process = Seal::default();
        assert_eq!(other_process.open(&sealed, bound), Err(Unfit::Forged));
        let long = "A".repeat(MAX_STATE + 1);
        for forged in [
            "",
            "rs1",
            "rs1..",
            "rs1.AAAA.AAAA",
            &format!("{sealed}A"),
            &long,
        ] {
            assert_eq!(seal.open(forged, bound), Err(Unfit::Forged), "{forged}");
        }
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(seal.open(&changed, bound), Err(Unfit::Forged), "at {at}");
        }
        assert_eq!(seal.open(&sealed, bound), Ok(()), "none of that used it up");
    }

    #[test]
    fn a_state_expires() {
        let digest = Digest::of(b"a");
        let bound = BOUND(&digest);
        let seal = Seal::default();
        let sealed = seal.seal_for(bound, Duration::from_millis(20)).unwrap();
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(seal.open(&sealed, bound), Err(Unfit::Expired));
        let fresh = seal.seal_for(bound, Duration::from_secs(60)).unwrap();
        assert_eq!(seal.open(&fresh, bound), Ok(()));
    }

    #[test]
    fn a_client_with_many_questions_loses_its_own_oldest_and_no_others() {
        let digest = Digest::of(b"a");
        let bound = BOUND(&digest);
        let other = Bound {
            client: "two",
            ..bound
        };
        let seal = Seal::default();
        let of_other = seal.seal(other).unwrap();
        let first = seal.seal(bound).unwrap();
        let last: Vec<_> = (0..MAX_WAITING_OF_CLIENT)
            .map(|_| seal.seal(bound).unwrap())
            .collect();
        assert_eq!(seal.open(&first, bound), Err(Unfit::Used));
        assert_eq!(seal.open(last.last().unwrap(), bound), Ok(()));
        assert_eq!(seal.open(&of_other, other), Ok(()));
    }

    #[test]
    fn a_person_is_asked_a_few_things_at_once() {
        let seal = Seal::default();
        let mut out: Vec<_> = (0..MAX_ASKED).map(|_| seal.put("one").unwrap()).collect();
        assert!(seal.put("one").is_none());
        assert!(
            seal.put("two").is_some(),
            "another client has places of its own"
        );
        out.pop();
        assert!(seal.put("one").is_some());
        out.clear();
        assert!(seal.asked().is_empty());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut waiting = Waiting::default();
        let until = Instant::now() + TO_ANSWER;
        for n in 0..MAX_WAITING + 10 {
            waiting.add(format!("{n}"), &format!("client {}", n / 8), until);
        }
        assert_eq!(waiting.0.len(), MAX_WAITING);
        let late = Instant::now() - Duration::from_millis(1);
        let mut waiting = Waiting::default();
        waiting.add("old".to_owned(), "one", late);
        waiting.add("new".to_owned(), "one", until);
        assert!(!waiting.take("old") && waiting.take("new"));
    }
}
