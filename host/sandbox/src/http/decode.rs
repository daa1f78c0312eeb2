//! Undoes a response's content coding, in pieces of bounded size.
//!
//! The host asks for `identity`. A server that compresses nevertheless is understood if it uses gzip or deflate, once;
//! any other coding is refused, since what cannot be read cannot be capped or scrubbed.

use std::io::Write;

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};

/// How many compressed bytes are decoded at a time. Deflate grows at most 1032 times (zlib's technical details), so
/// that one step yields less than 600 KiB.
pub(crate) const STEP: usize = 512;

/// The decoder of one body.
pub(crate) enum Decoder {
    /// What the server sent is what the guest gets.
    Identity,
    /// gzip, of any number of members.
    Gzip(MultiGzDecoder<Vec<u8>>),
    /// `deflate` before its first byte, which tells whether it has the zlib frame that RFC 9110 asks for.
    Deflate,
    /// In a zlib frame.
    Zlib(ZlibDecoder<Vec<u8>>),
    /// Without one, as some servers send it.
    Raw(DeflateDecoder<Vec<u8>>),
}

/// The bytes are not what the coding says.
#[derive(Debug)]
pub(crate) struct Corrupt;

impl From<std::io::Error> for Corrupt {
    fn from(_: std::io::Error) -> Corrupt {
        Corrupt
    }
}

impl Decoder {
    /// The decoder that these headers ask for.
    ///
    /// # Errors
    /// The coding, if it is not one that can be undone, or if there are several.
    pub(crate) fn new(headers: &HeaderMap) -> Result<Decoder, String> {
        let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
        let Some(coding) = codings.next() else {
            return Ok(Decoder::Identity);
        };
        let coding = String::from_utf8_lossy(coding.as_bytes())
            .trim()
            .to_ascii_lowercase();
        if codings.next().is_some() {
            return Err(coding);
        }
        match coding.as_str() {
            "" | "identity" => Ok(Decoder::Identity),
            "gzip" | "x-gzip" => Ok(Decoder::Gzip(MultiGzDecoder::new(Vec::new()))),
            "deflate" => Ok(Decoder::Deflate),
            _ => Err(coding),
        }
    }

    /// Whether bytes go through unchanged.
    pub(crate) fn is_identity(&self) -> bool {
        matches!(self, Decoder::Identity)
    }

    /// Decodes at most [`STEP`] bytes.
    pub(crate) fn push(&mut self, input: &[u8]) -> Result<Vec<u8>, Corrupt> {
        if let (Decoder::Deflate, Some(first)) = (&self, input.first()) {
            // RFC 1950: the low four bits of a zlib frame's first byte are 8. No raw stream of use begins so: it
            // would be a stored block whose padding is not zero.
            *self = if first & 0x0f == 8 {
                Decoder::Zlib(ZlibDecoder::new(Vec::new()))
            } else {
                Decoder::Raw(DeflateDecoder::new(Vec::new()))
            };
        }
        match self {
            Decoder::Identity | Decoder::Deflate => Ok(input.to_vec()),
            Decoder::Gzip(decoder) => {
                decoder.write_all(input)?;
                decoder.flush()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Decoder::Zlib(decoder) => {
                decoder.write_all(input)?;
                decoder.flush()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Decoder::Raw(decoder) => {
                decoder.write_all(input)?;
                decoder.flush()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
        }
    }

    /// What is left at the end.
    ///
    /// # Errors
    /// If the compressed stream is not whole.
    pub(crate) fn finish(&mut self) -> Result<Vec<u8>, Corrupt> {
        match self {
            Decoder::Identity | Decoder::Deflate => Ok(Vec::new()),
            Decoder::Gzip(decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Decoder::Zlib(decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Decoder::Raw(decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
        }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Decoder::Identity => "identity",
            Decoder::Gzip(_) => "gzip",
            Decoder::Deflate | Decoder::Zlib(_) | Decoder::Raw(_) => "deflate",
        })
    }
}
