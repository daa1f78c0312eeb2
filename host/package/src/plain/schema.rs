//! From the types of a function to JSON Schemas. docs/authoring.md has the table; host/sandbox/src/plain carries values
//! by the same one.

use serde_json::{Map, Value, json};
use wasmparser::PrimitiveValType;
use wasmparser::component_types::{
    ComponentDefinedType, ComponentDefinedTypeId, ComponentFuncType, ComponentValType,
};
use wasmparser::names::KebabString;
use wasmparser::types::TypesRef;

use crate::description::MAX_SCHEMA;

/// Types within types. More than a person would follow, and as deep as a schema of at most 64 levels can be.
const MAX_NESTED: usize = 32;

/// The input's schema and the output's, or why there are none.
pub(super) fn of_function(
    types: TypesRef<'_>,
    function: &ComponentFuncType,
) -> Result<(Value, Value), String> {
    if function.async_ {
        return Err("it is asynchronous".to_owned());
    }
    let mut input = Schemas::new(types);
    let params = function
        .params
        .iter()
        .map(|(name, ty)| (name.as_str(), *ty));
    let input = input.object(params, 0)?;
    let mut output = Schemas::new(types);
    let output = match function.result {
        None => json!({"type": "null"}),
        Some(ty) => match output.defined(ty) {
            // Its error is how the call fails, and is no output; but it must be of types that can cross all the same.
            Some(ComponentDefinedType::Result { ok, err, .. }) => {
                if let Some(err) = err {
                    Schemas::new(types).of(*err, 0)?;
                }
                output.payload(*ok, 0)?
            }
            _ => output.of(ty, 0)?,
        },
    };
    Ok((input, output))
}

/// Makes schemas of at most so many bytes: a few types that each hold the next one twice are a large schema.
struct Schemas<'a> {
    types: TypesRef<'a>,
    left: usize,
}

impl<'a> Schemas<'a> {
    fn new(types: TypesRef<'a>) -> Self {
        Self {
            types,
            left: MAX_SCHEMA,
        }
    }

    fn defined(&self, ty: ComponentValType) -> Option<&'a ComponentDefinedType> {
        match ty {
            ComponentValType::Primitive(_) => None,
            ComponentValType::Type(id) => self.types.get::<ComponentDefinedTypeId>(id),
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), String> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or("its types are too large to be described")?;
        Ok(())
    }

    fn of(&mut self, ty: ComponentValType, depth: usize) -> Result<Value, String> {
        if depth > MAX_NESTED {
            return Err(format!("its types are nested more than {MAX_NESTED} deep"));
        }
        // `{"type":"null"}`, and what stands around it.
        self.spend(16)?;
        let inner = depth + 1;
        let defined = match ty {
            ComponentValType::Primitive(primitive) => return of_primitive(primitive),
            ComponentValType::Type(id) => self
                .types
                .get::<ComponentDefinedTypeId>(id)
                .ok_or("it uses a type that is not there")?,
        };
        match defined {
            ComponentDefinedType::Primitive(primitive) => of_primitive(*primitive),
            ComponentDefinedType::Record(record) => {
                let fields = record.fields.iter().map(|(name, ty)| (name.as_str(), *ty));
                self.object(fields, inner)
            }
            ComponentDefinedType::Variant(variant) => {
                let cases = (variant.cases.iter()).map(|(name, case)| (name.as_str(), case.ty));
                self.variant(cases, inner)
            }
            ComponentDefinedType::List { element, .. } => match self.is_byte(*element) {
                true => Ok(json!({"type": "string", "contentEncoding": "base64"})),
                false => Ok(json!({"type": "array", "items": self.of(*element, inner)?})),
            },
            ComponentDefinedType::Tuple(tuple) => {
                let items = (tuple.types.iter())
                    .map(|ty| self.of(*ty, inner))
                    .collect::<Result<Vec<_>, _>>()?;
                let count = items.len();
                Ok(json!({
                    "type": "array", "prefixItems": items, "items": false,
                    "minItems": count, "maxItems": count,
                }))
            }
            ComponentDefinedType::Flags(names) => {
                let names = self.names(names.iter())?;
                Ok(json!({
                    "type": "array",
                    "items": {"type": "string", "enum": names},
                    "uniqueItems": true,
                }))
            }
            ComponentDefinedType::Enum(names) => {
                Ok(json!({"type": "string", "enum": self.names(names.iter())?}))
            }
            ComponentDefinedType::Option { ty, .. } => self.option(*ty, inner),
            ComponentDefinedType::Result { ok, err, .. } => {
                let ok = self.payload(*ok, inner)?;
                let error = self.payload(*err, inner)?;
                Ok(json!({"anyOf": [one_key("ok", ok), one_key("error", error)]}))
            }
            ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => {
                Err("it takes or returns a resource".to_owned())
            }
            ComponentDefinedType::Future { .. } => Err("it takes or returns a future".to_owned()),
            ComponentDefinedType::Stream { .. } => Err("it takes or returns a stream".to_owned()),
            ComponentDefinedType::Map { .. } => Err("it takes or returns a map".to_owned()),
            ComponentDefinedType::FixedLengthList { .. } => {
                Err("it takes or returns a list of a fixed length".to_owned())
            }
        }
    }

    /// What may be nothing at all: the payload of a case, or what a function returns.
    fn payload(&mut self, ty: Option<ComponentValType>, depth: usize) -> Result<Value, String> {
        match ty {
            Some(ty) => self.of(ty, depth),
            None => Ok(json!({"type": "null"})),
        }
    }

    fn object<'n>(
        &mut self,
        fields: impl Iterator<Item = (&'n str, ComponentValType)>,
        depth: usize,
    ) -> Result<Value, String> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, ty) in fields {
            self.spend(name.len())?;
            properties.insert(name.to_owned(), self.of(ty, depth)?);
            if !self.is_option(ty) {
                required.push(name);
            }
        }
        Ok(json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        }))
    }

    fn variant<'n>(
        &mut self,
        cases: impl Iterator<Item = (&'n str, Option<ComponentValType>)>,
        depth: usize,
    ) -> Result<Value, String> {
        let mut bare = Vec::new();
        let mut forms = Vec::new();
        for (name, ty) in cases {
            self.spend(name.len() + 16)?;
            match ty {
                None => bare.push(name),
                Some(ty) => forms.push(one_key(name, self.of(ty, depth)?)),
            }
        }
        if !bare.is_empty() {
            forms.insert(0, json!({"type": "string", "enum": bare}));
        }
        match forms.len() {
            1 => Ok(forms.remove(0)),
            _ => Ok(json!({"anyOf": forms})),
        }
    }

    /// Null, or the value; where the value may itself be null, it stands under `some`.
    fn option(&mut self, ty: ComponentValType, depth: usize) -> Result<Value, String> {
        let inner = self.of(ty, depth)?;
        if self.is_option(ty) {
            return Ok(json!({"anyOf": [{"type": "null"}, one_key("some", inner)]}));
        }
        let kinds = match (inner.get("type"), inner.get("enum")) {
            (Some(Value::String(kind)), None) => json!([kind, "null"]),
            (Some(Value::Array(kinds)), None) => {
                let mut kinds = kinds.clone();
                kinds.push(json!("null"));
                Value::Array(kinds)
            }
            _ => return Ok(json!({"anyOf": [{"type": "null"}, inner]})),
        };
        let Value::Object(mut map) = inner else {
            return Ok(json!({"anyOf": [{"type": "null"}, inner]}));
        };
        map.insert("type".to_owned(), kinds);
        Ok(Value::Object(map))
    }

    fn names<'n>(&mut self, names: impl Iterator<Item = &'n KebabString>) -> Result<Value, String> {
        let mut all = Vec::new();
        for name in names {
            self.spend(name.len() + 3)?;
            all.push(name.as_str());
        }
        Ok(json!(all))
    }

    fn is_option(&self, ty: ComponentValType) -> bool {
        matches!(self.defined(ty), Some(ComponentDefinedType::Option { .. }))
    }

    fn is_byte(&self, ty: ComponentValType) -> bool {
        let byte = PrimitiveValType::U8;
        match ty {
            ComponentValType::Primitive(primitive) => primitive == byte,
            ComponentValType::Type(_) => {
                matches!(self.defined(ty), Some(ComponentDefinedType::Primitive(it)) if *it == byte)
            }
        }
    }
}

fn one_key(name: &str, value: Value) -> Value {
    json!({
        "type": "object",
        "properties": {name: value},
        "required": [name],
        "additionalProperties": false,
    })
}

fn of_primitive(ty: PrimitiveValType) -> Result<Value, String> {
    let integer =
        |least: i64, most: i64| json!({"type": "integer", "minimum": least, "maximum": most});
    Ok(match ty {
        PrimitiveValType::Bool => json!({"type": "boolean"}),
        PrimitiveValType::S8 => integer(i8::MIN.into(), i8::MAX.into()),
        PrimitiveValType::U8 => integer(0, u8::MAX.into()),
        PrimitiveValType::S16 => integer(i16::MIN.into(), i16::MAX.into()),
        PrimitiveValType::U16 => integer(0, u16::MAX.into()),
        PrimitiveValType::S32 => integer(i32::MIN.into(), i32::MAX.into()),
        PrimitiveValType::U32 => integer(0, u32::MAX.into()),
        // Beyond 2^53 most readers of JSON lose digits, so it may be written as a string.
        PrimitiveValType::S64 => json!({
            "type": ["integer", "string"], "minimum": i64::MIN, "maximum": i64::MAX,
            "pattern": "^-?[0-9]{1,19}$",
        }),
        PrimitiveValType::U64 => json!({
            "type": ["integer", "string"], "minimum": 0, "maximum": u64::MAX,
            "pattern": "^[0-9]{1,20}$",
        }),
        PrimitiveValType::F32 => float(f64::from(f32::MAX)),
        PrimitiveValType::F64 => float(f64::MAX),
        PrimitiveValType::Char => json!({"type": "string", "minLength": 1, "maxLength": 1}),
        PrimitiveValType::String => json!({"type": "string"}),
        PrimitiveValType::ErrorContext => {
            return Err("it takes or returns an error context".to_owned());
        }
    })
}

/// JSON has no words for what is no number, so strings stand for them.
fn float(most: f64) -> Value {
    json!({
        "type": ["number", "string"], "minimum": -most, "maximum": most,
        "pattern": "^(NaN|-?Infinity)$",
    })
}
