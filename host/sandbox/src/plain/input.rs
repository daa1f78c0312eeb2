//! From JSON to the values of a function's parameters, with the exact place of what does not fit.

use super::MAX_REFLECTED;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remit_policy::display_safe;
use serde_json::{Map, Value};
use std::fmt::{self, Write as _};
use wasmtime::component::Val;
use wasmtime::component::types::{ComponentFunc, Type};

/// Whole numbers up to here are exact in every reader of JSON, also one that has only floating-point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Names that a message lists of those that are possible.
const SHOWN: usize = 12;

/// Something in an input that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// A JSON pointer; empty for the whole.
    at: String,
    what: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at.is_empty() {
            true => f.write_str(&self.what),
            false => write!(f, "at {}: {}", self.at, self.what),
        }
    }
}

/// Makes values, and knows where it is.
pub(super) struct Lowering<'v> {
    path: Vec<Step<'v>>,
    /// Bytes of the host's memory that the values may still take.
    left: usize,
}

#[derive(Clone, Copy)]
enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

impl<'v> Lowering<'v> {
    /// The parameters out of an object with their names.
    pub(super) fn params(function: &ComponentFunc, input: &'v Value) -> Result<Vec<Val>, Misfit> {
        let mut this = Lowering {
            path: Vec::new(),
            left: MAX_REFLECTED,
        };
        let names: Vec<_> = function.params().collect();
        let fields = this.object(input, || names.iter().map(|(name, _)| *name))?;
        names
            .iter()
            .map(|(name, ty)| this.field(fields, name, ty))
            .collect()
    }

    fn value(&mut self, ty: &Type, value: &'v Value) -> Result<Val, Misfit> {
        self.spend(size_of::<Val>())?;
        Ok(match ty {
            Type::Bool => Val::Bool(
                value
                    .as_bool()
                    .ok_or_else(|| self.found("true or false", value))?,
            ),
            Type::S8 => Val::S8(self.integer(value, i8::MIN.into(), i8::MAX.into())?),
            Type::U8 => Val::U8(self.integer(value, 0, u8::MAX.into())?),
            Type::S16 => Val::S16(self.integer(value, i16::MIN.into(), i16::MAX.into())?),
            Type::U16 => Val::U16(self.integer(value, 0, u16::MAX.into())?),
            Type::S32 => Val::S32(self.integer(value, i32::MIN.into(), i32::MAX.into())?),
            Type::U32 => Val::U32(self.integer(value, 0, u32::MAX.into())?),
            Type::S64 => Val::S64(self.long(value, i64::MIN.into(), i64::MAX.into())?),
            Type::U64 => Val::U64(self.long(value, 0, u64::MAX.into())?),
            Type::Float32 => Val::Float32(self.float32(value)?),
            Type::Float64 => Val::Float64(self.float64(value)?),
            Type::Char => Val::Char(self.character(value)?),
            Type::String => Val::String(self.text(value)?),
            Type::List(list) => match list.ty() {
                Type::U8 => Val::List(self.bytes(value)?),
                ty => Val::List(self.list(&ty, value)?),
            },
            Type::Record(record) => {
                let fields = self.object(value, || record.fields().map(|field| field.name))?;
                let mut values = Vec::with_capacity(record.fields().len());
                for field in record.fields() {
                    // A field that is left out takes room all the same.
                    self.spend(size_of::<Val>() + size_of::<String>() + field.name.len())?;
                    let value = self.field(fields, field.name, &field.ty)?;
                    values.push((field.name.to_owned(), value));
                }
                Val::Record(values)
            }
            Type::Tuple(tuple) => {
                let types: Vec<_> = tuple.types().collect();
                let items = value
                    .as_array()
                    .filter(|items| items.len() == types.len())
                    .ok_or_else(|| {
                        self.found(&format!("a list of {} values", types.len()), value)
                    })?;
                let mut values = Vec::with_capacity(types.len());
                for (index, (ty, item)) in types.iter().zip(items).enumerate() {
                    values.push(self.within(Step::Index(index), |it| it.value(ty, item))?);
                }
                Val::Tuple(values)
            }
            Type::Variant(variant) => {
                let case = |name: &str| variant.cases().find(|case| case.name == name);
                let (name, payload) = self.case(value, || variant.cases().map(|case| case.name))?;
                let Some(case) = case(name) else {
                    return Err(self.unknown_name("case", name, variant.cases().map(|it| it.name)));
                };
                let payload = match (case.ty, payload) {
                    (None, None) => None,
                    (Some(ty), Some(payload)) => Some(Box::new(
                        self.within(Step::Key(name), |it| it.value(&ty, payload))?,
                    )),
                    (None, Some(_)) => {
                        let expected = format!(
                            "the string \"{}\", since that case holds no value",
                            case.name
                        );
                        return Err(self.expected(&expected));
                    }
                    (Some(_), None) => {
                        let expected =
                            format!("{{\"{}\": …}}, since that case holds a value", case.name);
                        return Err(self.expected(&expected));
                    }
                };
                Val::Variant(case.name.to_owned(), payload)
            }
            Type::Enum(names) => Val::Enum(self.name("name", value, || names.names())?.to_owned()),
            Type::Option(option) => Val::Option(self.option(&option.ty(), value)?),
            Type::Result(result) => {
                let expected = "{\"ok\": …} or {\"error\": …}";
                let (key, payload) =
                    only_entry(value).ok_or_else(|| self.found(expected, value))?;
                let ty = match key {
                    "ok" => result.ok(),
                    "error" => result.err(),
                    _ => return Err(self.found(expected, value)),
                };
                let payload = self.within(Step::Key(key), |it| it.payload(ty.as_ref(), payload))?;
                Val::Result(match key {
                    "ok" => Ok(payload),
                    _ => Err(payload),
                })
            }
            Type::Flags(flags) => {
                let items = value
                    .as_array()
                    .ok_or_else(|| self.found("a list of names", value))?;
                let mut set: Vec<String> = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let name = self.within(Step::Index(index), |it| {
                        let name = it.name("name", item, || flags.names())?;
                        match set.iter().any(|known| known == name) {
                            true => Err(it.expected("each name at most once")),
                            false => Ok(name),
                        }
                    })?;
                    self.spend(size_of::<String>() + name.len())?;
                    set.push(name.to_owned());
                }
                Val::Flags(set)
            }
            Type::Map(_)
            | Type::Own(_)
            | Type::Borrow(_)
            | Type::Future(_)
            | Type::Stream(_)
            | Type::ErrorContext
            | Type::FixedLengthList(_) => {
                return Err(self.misfit("no value can be given here".to_owned()));
            }
        })
    }

    fn list(&mut self, ty: &Type, value: &'v Value) -> Result<Vec<Val>, Misfit> {
        let items = value
            .as_array()
            .ok_or_else(|| self.found("a list", value))?;
        let mut values = Vec::new();
        for (index, item) in items.iter().enumerate() {
            values.push(self.within(Step::Index(index), |it| it.value(ty, item))?);
        }
        Ok(values)
    }

    fn option(&mut self, ty: &Type, value: &'v Value) -> Result<Option<Box<Val>>, Misfit> {
        if value.is_null() {
            return Ok(None);
        }
        if !matches!(ty, Type::Option(_)) {
            return Ok(Some(Box::new(self.value(ty, value)?)));
        }
        match only_entry(value) {
            Some((key @ "some", value)) => {
                let value = self.within(Step::Key(key), |it| it.value(ty, value))?;
                Ok(Some(Box::new(value)))
            }
            _ => Err(self.found("null or {\"some\": …}", value)),
        }
    }

    fn payload(&mut self, ty: Option<&Type>, value: &'v Value) -> Result<Option<Box<Val>>, Misfit> {
        match ty {
            Some(ty) => Ok(Some(Box::new(self.value(ty, value)?))),
            None if value.is_null() => Ok(None),
            None => Err(self.found("null, since there is no value", value)),
        }
    }

    /// The object, if it has no other fields than these.
    fn object<'n, N: Iterator<Item = &'n str>>(
        &self,
        value: &'v Value,
        names: impl Fn() -> N,
    ) -> Result<&'v Map<String, Value>, Misfit> {
        let fields = value
            .as_object()
            .ok_or_else(|| self.found("an object", value))?;
        // Counted first: each field looked for among all names would be slow where both are many.
        let known = names().filter(|name| fields.contains_key(*name)).count();
        if known < fields.len()
            && let Some(other) = fields.keys().find(|key| !names().any(|name| name == *key))
        {
            return Err(self.unknown_name("field", other, names()));
        }
        Ok(fields)
    }

    fn field(
        &mut self,
        fields: &'v Map<String, Value>,
        name: &str,
        ty: &Type,
    ) -> Result<Val, Misfit> {
        match (fields.get_key_value(name), ty) {
            (Some((key, value)), _) => self.within(Step::Key(key), |it| it.value(ty, value)),
            (None, Type::Option(_)) => Ok(Val::Option(None)),
            (None, _) => {
                let name = display_safe(name, 80);
                Err(self.misfit(format!("the field `{name}` is missing")))
            }
        }
    }

    /// The name of a variant's case, and what it holds.
    fn case<'n, N: Iterator<Item = &'n str>>(
        &self,
        value: &'v Value,
        names: impl Fn() -> N,
    ) -> Result<(&'v str, Option<&'v Value>), Misfit> {
        if let Some(name) = value.as_str() {
            return Ok((name, None));
        }
        only_entry(value)
            .map(|(name, payload)| (name, Some(payload)))
            .ok_or_else(|| {
                let names = listed(names());
                self.found(
                    &format!("the name of a case, or an object with it as the only key ({names})"),
                    value,
                )
            })
    }

    fn name<'n, N: Iterator<Item = &'n str>>(
        &self,
        what: &str,
        value: &'v Value,
        names: impl Fn() -> N,
    ) -> Result<&'v str, Misfit> {
        let name = value
            .as_str()
            .ok_or_else(|| self.found(&format!("one of {}", listed(names())), value))?;
        match names().any(|known| known == name) {
            true => Ok(name),
            false => Err(self.unknown_name(what, name, names())),
        }
    }

    fn integer<T: TryFrom<i128>>(
        &self,
        value: &Value,
        least: i128,
        most: i128,
    ) -> Result<T, Misfit> {
        whole(value)
            .filter(|number| (least..=most).contains(number))
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| self.found(&format!("a whole number from {least} to {most}"), value))
    }

    /// One of 64 bits, which may be written as a string.
    fn long<T: TryFrom<i128>>(&self, value: &Value, least: i128, most: i128) -> Result<T, Misfit> {
        let number = match value {
            Value::String(text) => decimal(text),
            value => whole(value),
        };
        number
            .filter(|number| (least..=most).contains(number))
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| {
                let expected =
                    format!("a whole number from {least} to {most}, also as a string of digits");
                self.found(&expected, value)
            })
    }

    fn float64(&self, value: &Value) -> Result<f64, Misfit> {
        match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => match text.as_str() {
                "NaN" => Some(f64::NAN),
                "Infinity" => Some(f64::INFINITY),
                "-Infinity" => Some(f64::NEG_INFINITY),
                _ => None,
            },
            _ => None,
        }
        .ok_or_else(|| self.found("a number, \"NaN\", \"Infinity\" or \"-Infinity\"", value))
    }

    fn float32(&self, value: &Value) -> Result<f32, Misfit> {
        let wide = self.float64(value)?;
        // To the nearest one that there is.
        let narrow = wide as f32;
        if wide.is_finite() && narrow.is_infinite() {
            let expected = format!("a number from {:e} to {:e}", f32::MIN, f32::MAX);
            return Err(self.found(&expected, value));
        }
        Ok(narrow)
    }

    fn character(&self, value: &Value) -> Result<char, Misfit> {
        let mut characters = value.as_str().unwrap_or_default().chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(self.found("a string of one character", value)),
        }
    }

    fn text(&mut self, value: &Value) -> Result<String, Misfit> {
        let text = value
            .as_str()
            .ok_or_else(|| self.found("a string", value))?;
        self.spend(text.len())?;
        Ok(text.to_owned())
    }

    fn bytes(&mut self, value: &Value) -> Result<Vec<Val>, Misfit> {
        let expected = "bytes in base64, with padding";
        let text = value.as_str().ok_or_else(|| self.found(expected, value))?;
        self.spend((text.len() / 4 * 3).saturating_mul(size_of::<Val>()))?;
        let bytes = STANDARD.decode(text).map_err(|_| self.expected(expected))?;
        Ok(bytes.into_iter().map(Val::U8).collect())
    }

    fn within<T>(
        &mut self,
        step: Step<'v>,
        work: impl FnOnce(&mut Self) -> Result<T, Misfit>,
    ) -> Result<T, Misfit> {
        self.path.push(step);
        let done = work(self)?;
        self.path.pop();
        Ok(done)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Misfit> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            let most = MAX_REFLECTED >> 20;
            self.misfit(format!(
                "the input has more values than the {most} MiB of memory hold that there are for them"
            ))
        })?;
        Ok(())
    }

    fn unknown_name<'n>(
        &self,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> Misfit {
        let name = display_safe(name, 60);
        let known = listed(known);
        self.misfit(match known.is_empty() {
            true => format!("there is no {what} `{name}`, nor any other"),
            false => format!("there is no {what} `{name}`; there are: {known}"),
        })
    }

    fn found(&self, expected: &str, value: &Value) -> Misfit {
        self.misfit(format!("expected {expected}, found {}", shown(value)))
    }

    fn expected(&self, expected: &str) -> Misfit {
        self.misfit(format!("expected {expected}"))
    }

    fn misfit(&self, what: String) -> Misfit {
        let mut at = String::new();
        for step in &self.path {
            // Writing into a string does not fail.
            let _ = match step {
                Step::Key(key) => {
                    write!(
                        at,
                        "/{}",
                        display_safe(&key.replace('~', "~0").replace('/', "~1"), 80)
                    )
                }
                Step::Index(index) => write!(at, "/{index}"),
            };
        }
        Misfit {
            at: display_safe(&at, 400),
            what,
        }
    }
}

/// What an object holds that has one key.
fn only_entry(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields
        .iter()
        .next()
        .map(|(key, value)| (key.as_str(), value))
}

/// A whole number, however it is written: `1`, `1.0`, `1e3`. Beyond 2^53 only in digits, where it is exact.
fn whole(value: &Value) -> Option<i128> {
    let number = value.as_number()?;
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let number = number.as_f64()?;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i128)
}

/// Digits, with a sign only where it is a minus.
fn decimal(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain {
        return None;
    }
    text.parse().ok()
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names = names.map(|name| display_safe(name, 40));
    let shown: Vec<_> = names.by_ref().take(SHOWN).collect();
    let more = if names.next().is_some() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// What was given, in a few words.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("the string \"{}\"", display_safe(text, 40)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(fields) => format!("an object of {} fields", fields.len()),
    }
}
