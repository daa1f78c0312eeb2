//! A message's id: letters, digits and `-` only, so that a skill may use it as a file's name.
//!
//! It stays when a message's flags change, and an id that was given once goes on finding its message for as long
//! as that is in its folder.

use crate::hash::{fnv, hex};

/// Where a message is: its folder, its own mark, and for an mbox where in the file it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id {
    pub folder: u32,
    pub mark: u64,
    pub offset: Option<u64>,
}

impl Id {
    pub fn new(folder: u32, mark: &[u8], offset: Option<u64>) -> Id {
        Id {
            folder,
            mark: fnv(mark),
            offset,
        }
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Id> {
        let mut parts = text.split('-');
        let (folder, mark, offset) = (parts.next()?, parts.next()?, parts.next());
        if folder.len() != 8 || mark.len() != 16 || parts.next().is_some() {
            return None;
        }
        Some(Id {
            folder: u32::from_str_radix(folder, 16).ok()?,
            mark: u64::from_str_radix(mark, 16).ok()?,
            offset: offset
                .map(|it| u64::from_str_radix(it, 16))
                .transpose()
                .ok()?,
        })
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}-{}", self.folder, hex(self.mark))?;
        match self.offset {
            Some(offset) => write!(f, "-{offset:x}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Id;

    #[test]
    fn an_id_reads_what_it_wrote() {
        for id in [
            Id::new(7, b"a", None),
            Id::new(u32::MAX, b"", Some(123_456)),
        ] {
            assert_eq!(Id::parse(&id.to_string()), Some(id));
        }
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in [
            "",
            "-",
            "7-1",
            "00000007-00000000000000zz",
            "00000007-0000000000000001-1-2",
            "é",
        ] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
    }
}
