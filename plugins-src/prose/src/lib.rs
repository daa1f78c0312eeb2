//! What the mail and drive plugins share: text out of HTML, and finding words in text.

mod common_words;
mod fold;
mod html;
mod query;
mod snippet;

pub use common_words::is_common;
pub use fold::{count, fold, matches};
pub use html::{html_title, html_to_text};
pub use query::{Query, Word, parse};
pub use snippet::{opening, snippet, truncate};
