//! t
use crate::{Report, ReviewError};
/// p
pub fn page(_: &Report) -> Result<String, ReviewError> { Ok(String::new()) }
