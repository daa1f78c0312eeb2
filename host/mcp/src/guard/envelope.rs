//! What is found of a message before it is parsed: how deeply it nests, whether it is a batch, and its id, so that
//! whatever is refused is refused by its id. Bytes pass through one at a time; nothing is kept but the id.

use rmcp::model::RequestId;

/// Levels of nesting that a message may have. serde_json's own limit is 128, but each level of a message costs stack and
/// memory more than once on its way, and no call needs so many.
pub const MAX_DEPTH: usize = 64;

/// The longest id that is taken, in bytes of JSON.
pub const MAX_ID: usize = 256;

/// The scan of one message.
#[derive(Debug, Default)]
pub struct Envelope {
    depth: usize,
    deepest: usize,
    /// The first byte that is no space.
    first: Option<u8>,
    text: Text,
    escaped: bool,
    /// Within the outermost object.
    member: Member,
    key: Vec<u8>,
    id: Vec<u8>,
    id_is_long: bool,
    has_id: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Within,
}

/// What is read of a member of the outermost object.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Member {
    #[default]
    Key,
    Colon,
    Id,
    Other,
}

impl Envelope {
    /// The next bytes of the message.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.text == Text::Within && !self.captures() && !self.escaped {
                // Most of a message is long texts.
                let end = rest.iter().position(|b| matches!(b, b'"' | b'\\'));
                match end.and_then(|end| rest.get(end..)) {
                    Some(from) if from.len() < rest.len() => {
                        rest = from;
                        continue;
                    }
                    Some(_) => {}
                    None => return,
                }
            }
            self.byte(byte);
            rest = after;
        }
    }

    /// Whether it nests more deeply than a message may.
    pub fn is_too_deep(&self) -> bool {
        self.deepest > MAX_DEPTH
    }

    /// Whether it is an array: a batch, which no revision that is spoken here has.
    pub fn is_batch(&self) -> bool {
        self.first == Some(b'[')
    }

    /// Whether there is nothing but spaces.
    pub fn is_blank(&self) -> bool {
        self.first.is_none()
    }

    /// The message's id, if it has one that is a short text or an integer.
    pub fn id(&self) -> Option<RequestId> {
        if self.id_is_long {
            return None;
        }
        let id = serde_json::from_slice(&self.id).ok()?;
        match id {
            serde_json::Value::Number(n) => n.as_i64().map(RequestId::Number),
            serde_json::Value::String(s) => Some(RequestId::String(s.into())),
            _ => None,
        }
    }

    /// Whether it has an id at all, `null` and nonsense included.
    pub fn has_id(&self) -> bool {
        self.has_id
    }

    fn captures(&self) -> bool {
        self.depth == 1 && matches!(self.member, Member::Key | Member::Id)
    }

    fn byte(&mut self, byte: u8) {
        if self.text == Text::Within {
            let ends = byte == b'"' && !self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            if ends {
                self.text = Text::Outside;
            }
            match self.member {
                Member::Key if self.depth == 1 && ends => self.member = Member::Colon,
                // One more than the longest that is asked for, so that none is taken for its beginning.
                Member::Key if self.depth == 1 && self.key.len() < 4 => self.key.push(byte),
                Member::Id if self.depth == 1 => self.take_id(byte),
                _ => {}
            }
            return;
        }
        // A mark of the byte order is no part of the message.
        if !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(&byte) {
            self.first.get_or_insert(byte);
        }
        match byte {
            b'"' => {
                self.text = Text::Within;
                if self.depth == 1 && self.member == Member::Id {
                    self.take_id(byte);
                }
            }
            b'{' | b'[' => {
                self.depth += 1;
                self.deepest = self.deepest.max(self.depth);
                if self.depth == 1 && byte == b'{' {
                    self.member = Member::Key;
                } else if self.depth == 1 {
                    self.member = Member::Other;
                }
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' if self.depth == 1 && self.member == Member::Colon => {
                self.member = if self.key == b"id" {
                    // Of two, the last counts, as it does where the message is parsed.
                    self.id.clear();
                    self.id_is_long = false;
                    self.has_id = true;
                    Member::Id
                } else {
                    Member::Other
                };
                self.key.clear();
            }
            b',' if self.depth == 1 && self.first == Some(b'{') => {
                self.member = Member::Key;
                self.key.clear();
            }
            _ if self.depth == 1 && self.member == Member::Id => self.take_id(byte),
            _ => {}
        }
    }

    fn take_id(&mut self, byte: u8) {
        if self.id.len() < MAX_ID {
            self.id.push(byte);
        } else {
            self.id_is_long = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Envelope {
        let whole = {
            let mut envelope = Envelope::default();
            envelope.feed(text.as_bytes());
            envelope
        };
        // However the bytes come, the same is found.
        let mut bytes = Envelope::default();
        for byte in text.as_bytes() {
            bytes.feed(std::slice::from_ref(byte));
        }
        assert_eq!(whole.id(), bytes.id(), "{text}");
        assert_eq!(whole.deepest, bytes.deepest, "{text}");
        assert_eq!(whole.is_batch(), bytes.is_batch(), "{text}");
        whole
    }

    #[test]
    fn an_id_is_found_wherever_it_stands() {
        let number = Some(RequestId::Number(7));
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"method":"x"}"#,
            r#"{"method":"x","params":{"id":3,"a":[{"id":4}]},"id": 7 }"#,
            r#"{"id":7"#,
            r#"{"id" : 7,"params":{"\"id\"":1,"s":"\\"}}"#,
            r#"{"id":1,"id":7}"#,
            r#"{"idx":1,"xid":2,"i":3,"id":7}"#,
            "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":7}",
        ] {
            assert_eq!(scan(text).id(), number, "{text}");
        }
        assert_eq!(
            scan(r#"{"id":"a\"},b","x":1}"#).id(),
            Some(RequestId::String("a\"},b".into()))
        );
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in [
            r#"{"method":"x"}"#,
            r#"{"id":null}"#,
            r#"{"id":1.5}"#,
            r#"{"id":[7]}"#,
            r#"{"id":{"id":7}}"#,
            r#"{"params":{"id":7}}"#,
            r#"[{"id":7}]"#,
            r#""id":7"#,
            r#"{"method":"id","x":7}"#,
        ] {
            assert_eq!(scan(text).id(), None, "{text}");
        }
        assert!(!scan(r#"{"method":"x"}"#).has_id());
        for text in [r#"{"id":null}"#, r#"{"id":{}}"#, r#"{"id":""}"#] {
            assert!(scan(text).has_id(), "{text}");
        }
        assert_eq!(
            scan(&format!("{{\"id\":\"{}\"}}", "x".repeat(300))).id(),
            None
        );
    }

    #[test]
    fn nesting_is_counted_outside_of_texts_only() {
        let nested =
            |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(!scan(&nested(MAX_DEPTH - 1)).is_too_deep());
        assert!(scan(&nested(MAX_DEPTH)).is_too_deep());
        assert!(!scan(&format!("{{\"a\":\"{}\"}}", "[".repeat(1000))).is_too_deep());
        assert!(scan(" \n[1]").is_batch());
        assert!(!scan(" {\"a\":[1]}").is_batch());
        assert!(scan(" \t ").is_blank());
    }
}
