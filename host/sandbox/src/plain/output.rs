//! From the value that a function returned to JSON, of at most so many bytes.

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use std::io::{self, Write};
use wasmtime::component::Val;
use wasmtime::component::types::Type;

/// The largest whole number that every reader of JSON has exactly; a larger one is written as a string.
const EXACT: u64 = (1 << 53) - 1;

/// Writes JSON until there is no more room.
pub(super) struct Writer {
    text: Vec<u8>,
    most: usize,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Writer {
    pub(super) fn new(most: usize) -> Self {
        Self {
            text: Vec::new(),
            most,
        }
    }

    /// What was written: JSON, and so UTF-8.
    pub(super) fn into_text(self) -> String {
        String::from_utf8(self.text)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// A value, or null where there is none.
    pub(super) fn payload(&mut self, ty: Option<&Type>, value: Option<&Val>) -> io::Result<()> {
        match (ty, value) {
            (Some(ty), Some(value)) => self.value(ty, value),
            _ => self.write_all(b"null"),
        }
    }

    fn value(&mut self, ty: &Type, value: &Val) -> io::Result<()> {
        match (ty, value) {
            (_, Val::Bool(truth)) => self.json(truth),
            (_, Val::S8(number)) => self.json(number),
            (_, Val::U8(number)) => self.json(number),
            (_, Val::S16(number)) => self.json(number),
            (_, Val::U16(number)) => self.json(number),
            (_, Val::S32(number)) => self.json(number),
            (_, Val::U32(number)) => self.json(number),
            (_, Val::S64(number)) => match number.unsigned_abs() <= EXACT {
                true => self.json(number),
                false => self.json(&number.to_string()),
            },
            (_, Val::U64(number)) => match *number <= EXACT {
                true => self.json(number),
                false => self.json(&number.to_string()),
            },
            (_, Val::Float32(number)) => match number.is_finite() {
                true => self.json(number),
                false => self.json(no_number(f64::from(*number))),
            },
            (_, Val::Float64(number)) => match number.is_finite() {
                true => self.json(number),
                false => self.json(no_number(*number)),
            },
            (_, Val::Char(character)) => self.json(character),
            (_, Val::String(text) | Val::Enum(text)) => self.json(text),
            (Type::List(list), Val::List(items)) => match list.ty() {
                Type::U8 => self.bytes(items),
                ty => self.items(items.iter().map(|item| (&ty, item))),
            },
            (Type::Tuple(tuple), Val::Tuple(items)) => {
                let types: Vec<_> = tuple.types().collect();
                self.items(types.iter().zip(items))
            }
            (Type::Record(record), Val::Record(values)) => {
                self.write_all(b"{")?;
                for (index, (field, (name, value))) in record.fields().zip(values).enumerate() {
                    self.comma(index)?;
                    self.json(name)?;
                    self.write_all(b":")?;
                    self.value(&field.ty, value)?;
                }
                self.write_all(b"}")
            }
            (Type::Variant(variant), Val::Variant(name, payload)) => match payload {
                None => self.json(name),
                Some(payload) => {
                    let case = variant.cases().find(|case| case.name == name.as_str());
                    self.entry(name, case.and_then(|case| case.ty).as_ref(), Some(payload))
                }
            },
            (Type::Option(_), Val::Option(None)) => self.write_all(b"null"),
            (Type::Option(option), Val::Option(Some(value))) => match option.ty() {
                ty @ Type::Option(_) => self.entry("some", Some(&ty), Some(value)),
                ty => self.value(&ty, value),
            },
            (Type::Result(result), Val::Result(Ok(value))) => {
                self.entry("ok", result.ok().as_ref(), value.as_deref())
            }
            (Type::Result(result), Val::Result(Err(value))) => {
                self.entry("error", result.err().as_ref(), value.as_deref())
            }
            (_, Val::Flags(names)) => self.json(names),
            // No such type is called: the function was left out.
            _ => self.write_all(b"null"),
        }
    }

    fn json(&mut self, value: &(impl serde::Serialize + ?Sized)) -> io::Result<()> {
        Ok(serde_json::to_writer(self, value)?)
    }

    fn bytes(&mut self, items: &[Val]) -> io::Result<()> {
        let bytes: Vec<u8> = items
            .iter()
            .filter_map(|item| match item {
                Val::U8(byte) => Some(*byte),
                _ => None,
            })
            .collect();
        write!(self, "\"{}\"", Base64Display::new(&bytes, &STANDARD))
    }

    fn items<'i>(&mut self, items: impl Iterator<Item = (&'i Type, &'i Val)>) -> io::Result<()> {
        self.write_all(b"[")?;
        for (index, (ty, item)) in items.enumerate() {
            self.comma(index)?;
            self.value(ty, item)?;
        }
        self.write_all(b"]")
    }

    fn entry(&mut self, key: &str, ty: Option<&Type>, value: Option<&Val>) -> io::Result<()> {
        self.write_all(b"{")?;
        self.json(key)?;
        self.write_all(b":")?;
        self.payload(ty, value)?;
        self.write_all(b"}")
    }

    fn comma(&mut self, index: usize) -> io::Result<()> {
        match index {
            0 => Ok(()),
            _ => self.write_all(b","),
        }
    }

    /// What there is, also where the rest found no room.
    pub(super) fn begun(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

fn no_number(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}
