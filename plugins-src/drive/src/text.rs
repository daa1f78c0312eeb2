//! The text and the title of a document, by its kind.

mod decode;
mod docx;
mod odf;
mod pptx;
mod xlsx;
mod xlsx_formats;
mod xml;
mod zipped;

use remit_plugin::Fault;
use remit_plugin::files::File;

use crate::place;

/// What a document says.
#[derive(Debug, Default)]
pub struct Extracted {
    pub title: String,
    pub text: String,
    /// Whether the document says more than was taken.
    pub truncated: bool,
}

/// How much of a plain text is read, in bytes: a call has little memory.
const MAX_PLAIN: usize = 4 << 20;

/// How much text is taken out of an office document, in bytes.
pub(crate) const MAX_TEXT: usize = 4 << 20;

/// The text of a document. A file of a kind that has none, or that is not what its name says, has an empty one.
///
/// # Errors
/// Where the file cannot be read.
pub fn extract(file: File, name: &str) -> Result<Extracted, Fault> {
    let kind = place::type_of(name);
    let mut found = match kind.as_str() {
        "docx" | "docm" | "dotx" => docx::extract(file),
        "odt" | "ods" | "odp" | "ott" => odf::extract(file),
        "pptx" | "pptm" | "ppsx" => pptx::extract(file),
        "xlsx" | "xlsm" => xlsx::extract(file),
        _ if is_binary(&kind) => Extracted::default(),
        _ => plain(&file, &kind)?,
    };
    if found.text.len() > MAX_TEXT {
        let end = (0..=MAX_TEXT)
            .rev()
            .find(|at| found.text.is_char_boundary(*at))
            .unwrap_or_default();
        found.text.truncate(end);
        found.truncated = true;
    }
    found.title = found.title.split_whitespace().collect::<Vec<_>>().join(" ");
    (found.title, _) = prose::truncate(found.title, 200);
    if found.title.is_empty() {
        found.title = name
            .rsplit_once('.')
            .map_or(name, |(stem, _)| stem)
            .to_string();
    }
    Ok(found)
}

/// Kinds that hold no text to speak of, so that they are not even opened.
fn is_binary(kind: &str) -> bool {
    matches!(
        kind,
        "pdf"
            | "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "webp"
            | "heic"
            | "tif"
            | "tiff"
            | "bmp"
            | "ico"
            | "mp3"
            | "mp4"
            | "m4a"
            | "mov"
            | "avi"
            | "mkv"
            | "wav"
            | "flac"
            | "zip"
            | "gz"
            | "tgz"
            | "xz"
            | "7z"
            | "rar"
            | "tar"
            | "iso"
            | "dmg"
            | "exe"
            | "dll"
            | "so"
            | "wasm"
            | "doc"
            | "xls"
            | "ppt"
            | "db"
            | "sqlite"
            | "parquet"
            | "ttf"
            | "otf"
            | "woff"
            | "woff2"
            | "key"
            | "pages"
            | "numbers"
            | "epub"
    )
}

/// Kinds that are nothing but text, so that a text may be written as one.
pub fn is_writable(kind: &str) -> bool {
    matches!(
        kind,
        "md" | "markdown"
            | "txt"
            | "text"
            | "csv"
            | "tsv"
            | "json"
            | "jsonl"
            | "html"
            | "htm"
            | "xml"
            | "yaml"
            | "yml"
            | "toml"
            | "ini"
            | "log"
            | "rst"
            | "org"
            | "tex"
            | "ics"
            | "vcf"
            | "svg"
            | "css"
            | "eml"
            | "file"
    )
}

fn plain(file: &File, kind: &str) -> Result<Extracted, Fault> {
    let mut bytes = file.read_at(0, 64 * 1024)?;
    let Some(encoding) = decode::guess(&bytes) else {
        return Ok(Extracted::default());
    };
    while bytes.len() < MAX_PLAIN {
        let more = file.read_at(bytes.len() as u64, 256 * 1024)?;
        if more.is_empty() {
            break;
        }
        bytes.extend_from_slice(&more);
    }
    let truncated =
        bytes.len() as u64 > MAX_PLAIN as u64 || file.metadata()?.size > bytes.len() as u64;
    let text = decode::decode(&bytes, encoding);
    Ok(match kind {
        "html" | "htm" | "xhtml" => Extracted {
            title: prose::html_title(&text),
            text: prose::html_to_text(&text),
            truncated,
        },
        "md" | "markdown" => Extracted {
            title: heading(&text),
            text,
            truncated,
        },
        _ => Extracted {
            title: String::new(),
            text,
            truncated,
        },
    })
}

/// A Markdown document's first heading, or the `title:` that stands before it.
fn heading(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut before = "";
    let mut in_front = lines.next_if(|it| it.trim_end() == "---").is_some();
    for line in lines.take(200) {
        if in_front {
            if let Some(title) = line.strip_prefix("title:") {
                return title.trim().trim_matches(['"', '\'']).to_string();
            }
            in_front = line.trim_end() != "---";
            continue;
        }
        let level = line.chars().take_while(|it| *it == '#').count();
        if let Some(title) = line.get(level..).and_then(|it| it.strip_prefix(' '))
            && (1..=6).contains(&level)
        {
            return title.trim().trim_end_matches('#').trim().to_string();
        }
        let underlined = line.len() >= 3
            && (line.chars().all(|it| it == '=') || line.chars().all(|it| it == '-'));
        if underlined && !before.trim().is_empty() {
            return before.trim().to_string();
        }
        before = line;
    }
    String::new()
}

#[cfg(test)]
mod tests;
