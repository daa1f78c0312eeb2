//! Checkpoints: what shows that the end of a log was cut off, or that all of it was replaced, if one is kept elsewhere.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remit_package::{Dirs, hex};
use remit_sign::{Note, NoteKey, NoteVerifier, SignError};

use super::chain::Hash;
use super::error::AuditError;
use super::tree::{Node, Tree};

/// Before what tells one host's key from another's: the log's origin is the key's name.
const NAME: &str = "remit-audit/";
/// Bytes of a checkpoint's file.
pub const MAX_CHECKPOINT: u64 = 64 * 1024;

/// Where the key lies that signs this host's checkpoints. With what a person wrote and not with the log, so that the two
/// are not kept, moved and lost together.
pub fn key_file(dirs: &Dirs) -> PathBuf {
    dirs.config.join("audit.key")
}

/// The key of this host, made if there is none yet.
pub fn key(dirs: &Dirs) -> Result<NoteKey, SignError> {
    NoteKey::open_or_make(&key_file(dirs), NAME)
}

/// A place in the log that was noted elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoint {
    /// How many records there were, and the hash of the last one: `RECORDS:HASH`, which nobody signed.
    Chain {
        /// How many records there were.
        records: u64,
        /// The hash of the last one.
        head: Hash,
    },
    /// How many records there were, and the root of the Merkle tree over them, which a host signed.
    Tree {
        /// How many records there were.
        records: u64,
        /// The root.
        root: [u8; 32],
    },
}

impl Checkpoint {
    /// How many records there were.
    pub fn records(&self) -> u64 {
        match self {
            Self::Chain { records, .. } | Self::Tree { records, .. } => *records,
        }
    }

    /// Reads a signed checkpoint (c2sp.org/tlog-checkpoint) and verifies who signed it.
    ///
    /// # Errors
    /// `note-invalid` if it is damaged, another key signed it, or it is of another log.
    pub fn signed(note: &[u8], key: &NoteVerifier) -> Result<Checkpoint, SignError> {
        let place = Body::verified(note, key)?;
        Ok(Checkpoint::Tree {
            records: place.records,
            root: place.root,
        })
    }
}

impl std::str::FromStr for Checkpoint {
    type Err = String;

    /// `RECORDS:HASH`, as [`Verified`](super::Verified) displays it.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "a checkpoint is RECORDS:HASH".to_owned();
        let (records, head) = text.split_once(':').ok_or_else(form)?;
        Ok(Self::Chain {
            records: records.parse().map_err(|_| form())?,
            head: head.parse()?,
        })
    }
}

/// What a checkpoint says: origin, size, root, and further lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Body {
    origin: String,
    records: u64,
    root: Node,
    more: Vec<String>,
}

impl Body {
    fn parse(text: &str) -> Result<Body, SignError> {
        let refuse = |reason: &str| SignError::Note(reason.to_owned());
        let text = text
            .strip_suffix('\n')
            .ok_or_else(|| refuse("it is no checkpoint"))?;
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or_else(|| refuse("it is no checkpoint"));
        let (origin, size, root) = (line()?, line()?, line()?);
        // One number, one spelling.
        let records: u64 = size
            .parse()
            .ok()
            .filter(|records: &u64| records.to_string() == size)
            .ok_or_else(|| refuse("its second line is not a number of records"))?;
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|root| Node::try_from(root).ok())
            .ok_or_else(|| refuse("its third line is not a hash"))?;
        let more: Vec<String> = lines.map(str::to_owned).collect();
        if origin.is_empty() || more.iter().any(String::is_empty) {
            return Err(refuse("a line of it is empty"));
        }
        Ok(Body {
            origin: origin.to_owned(),
            records,
            root,
            more,
        })
    }

    /// Once the key's signature holds, and the log is the key's own.
    fn verified(note: &[u8], key: &NoteVerifier) -> Result<Body, SignError> {
        let note = Note::parse(note)?;
        let body = Body::parse(note.verify(key)?)?;
        if body.origin != key.name() {
            let origin = remit_policy::display_safe(&body.origin, 200);
            let message = format!("it is of the log {origin}, not of {}", key.name());
            return Err(SignError::Note(message));
        }
        Ok(body)
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.records,
            STANDARD.encode(self.root)
        );
        for line in &self.more {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// The note of a checkpoint over the records of a tree.
pub(super) fn sign(tree: &Tree, key: &NoteKey) -> String {
    let body = Body {
        origin: key.verifier().name().to_owned(),
        records: tree.size(),
        root: tree.root(),
        more: Vec::new(),
    };
    key.sign(&body.text())
}

/// What the log was where one of its files begins: enough to go on from without the files before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// The file that begins here.
    pub(super) file: u32,
    pub(super) tree: Tree,
    /// The hash of the last record before.
    pub(super) head: Hash,
}

impl Base {
    /// A checkpoint, with what is needed to go on in further lines.
    pub(super) fn sign(&self, key: &NoteKey) -> String {
        let mut more = vec![format!("file {}", self.file), format!("head {}", self.head)];
        let subtree = |node: &Node| format!("subtree {}", STANDARD.encode(node));
        more.extend(self.tree.whole().iter().map(subtree));
        let body = Body {
            origin: key.verifier().name().to_owned(),
            records: self.tree.size(),
            root: self.tree.root(),
            more,
        };
        key.sign(&body.text())
    }

    /// Reads the note that stands before a file of the log; none if there is none. Who signed it is verified where
    /// there is a key: whoever appends only needs the end of the log.
    pub(super) fn read(
        folder: &Path,
        file: u32,
        key: Option<&NoteVerifier>,
    ) -> Result<Option<Base>, AuditError> {
        let path = super::files::note_path(folder, file);
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        let refuse = |source: SignError| AuditError::Note {
            file: path.clone(),
            source: Box::new(source),
        };
        let note = remit_package::read_file(&path, MAX_CHECKPOINT)
            .map_err(|error| refuse(error.into()))?;
        let body = match key {
            Some(key) => Body::verified(&note, key),
            None => Note::parse(&note).and_then(|note| Body::parse(note.unverified())),
        }
        .map_err(refuse)?;
        let base = Base::of(&body)
            .filter(|base| base.file == file)
            .ok_or_else(|| {
                refuse(SignError::Note(
                    "it says too little to go on from".to_owned(),
                ))
            })?;
        Ok(Some(base))
    }

    fn of(body: &Body) -> Option<Base> {
        let mut lines = body.more.iter().map(String::as_str);
        let file = lines.next()?.strip_prefix("file ")?.parse().ok()?;
        let head = lines.next()?.strip_prefix("head ")?;
        let head = Hash(hex::decode(head.as_bytes())?);
        let whole = lines
            .map(|line| {
                let node = STANDARD.decode(line.strip_prefix("subtree ")?).ok()?;
                Node::try_from(node).ok()
            })
            .collect::<Option<Vec<_>>>()?;
        let tree = Tree::of(body.records, whole)?;
        // The subtrees are what was signed only if they give the root.
        (tree.root() == body.root).then_some(Base { file, tree, head })
    }
}
