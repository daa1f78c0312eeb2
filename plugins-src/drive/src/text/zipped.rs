//! Office documents are zip files, and zip files may be bombs.

use std::collections::HashMap;
use std::io::{self, Read};

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ReaderAt, ZipArchive, ZipLocator};
use remit_plugin::files::File;

/// A larger part is cut: it and what is made of it must fit into the 64 MiB that a call has.
const MAX_PART: u64 = 10 << 20;
/// A part that lists styles, sheets or properties.
const MAX_SMALL_PART: u64 = 2 << 20;
/// All parts of one document together.
const MAX_ALL: u64 = 48 << 20;
/// More entries than any office program writes.
const MAX_ENTRIES: usize = 20_000;
/// Longer names than those of the parts that are read.
const MAX_NAME: usize = 200;

/// A zip file that gives its parts as text, up to a limit for each and for all. The file itself is read piece by
/// piece: what it holds beside text, mostly pictures, never is.
pub struct Zipped {
    archive: ZipArchive<Source>,
    entries: HashMap<String, Entry>,
    left: u64,
    /// Whether something was cut or could not be read.
    pub truncated: bool,
}

struct Entry {
    place: rawzip::ZipArchiveEntryWayfinder,
    method: CompressionMethod,
}

/// A file as the zip reader wants it.
struct Source(File);

impl ReaderAt for Source {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let bytes = self
            .0
            .read_at(offset, buffer.len())
            .map_err(io::Error::other)?;
        let count = bytes.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(&bytes) {
            *to = *from;
        }
        Ok(count)
    }
}

impl Zipped {
    /// None where the file is no zip file.
    pub fn open(file: File) -> Option<Zipped> {
        let size = file.metadata().ok()?.size;
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let archive = ZipLocator::new()
            .locate_in_reader(Source(file), &mut buffer, size)
            .ok()?;
        let mut entries = HashMap::new();
        let mut listing = archive.entries(&mut buffer);
        let mut count = 0;
        while let Ok(Some(entry)) = listing.next_entry() {
            count += 1;
            if count > MAX_ENTRIES {
                return None;
            }
            let path = entry.file_path();
            if path.as_bytes().len() > MAX_NAME {
                continue;
            }
            let name = String::from_utf8_lossy(path.as_bytes()).into_owned();
            let found = Entry {
                place: entry.wayfinder(),
                method: entry.compression_method(),
            };
            entries.insert(name, found);
        }
        Some(Zipped {
            archive,
            entries,
            left: MAX_ALL,
            truncated: false,
        })
    }

    /// Whether all that may be read of the document was read.
    pub fn is_exhausted(&self) -> bool {
        self.left == 0
    }

    /// A part's text; none where there is no such part.
    pub fn part(&mut self, name: &str) -> Option<String> {
        self.part_up_to(name, MAX_PART)
    }

    /// The same of a part about the others, of which much is made from few bytes.
    pub fn small_part(&mut self, name: &str) -> Option<String> {
        self.part_up_to(name, MAX_SMALL_PART)
    }

    fn part_up_to(&mut self, name: &str, most: u64) -> Option<String> {
        let entry = self.entries.get(name)?;
        let Ok(found) = self.archive.get_entry(entry.place) else {
            self.truncated = true;
            return None;
        };
        let limit = most.min(self.left);
        // What the part says of its own size is not believed: bytes are counted as they come.
        let mut bytes = Vec::new();
        let whole = match entry.method {
            CompressionMethod::STORE => found.reader().take(limit + 1).read_to_end(&mut bytes),
            CompressionMethod::DEFLATE => DeflateDecoder::new(found.reader())
                .take(limit + 1)
                .read_to_end(&mut bytes),
            _ => Err(io::ErrorKind::Unsupported.into()),
        };
        if whole.is_err() || bytes.len() as u64 > limit {
            self.truncated = true;
            bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Some(super::xml::decode(bytes))
    }

    /// The names of parts that begin and end so, in the order of the number between.
    pub fn numbered(&self, prefix: &str, suffix: &str) -> Vec<String> {
        let number = |name: &str| {
            name.strip_prefix(prefix)?
                .strip_suffix(suffix)?
                .parse::<u32>()
                .ok()
        };
        let mut found: Vec<(u32, &String)> = self
            .entries
            .keys()
            .filter_map(|name| Some((number(name)?, name)))
            .collect();
        found.sort();
        found.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// The title that an Office Open XML document gives itself in its properties.
    pub fn core_title(&mut self) -> String {
        let Some(properties) = self.small_part("docProps/core.xml") else {
            return String::new();
        };
        super::xml::text_of(&properties, "title")
    }
}
