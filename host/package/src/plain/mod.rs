//! A plain component as a plugin: its exported functions are its operations, described from their types alone. Nothing
//! of it is run.
//!
//! The types come from wasmparser's validator, which every component passes before it is looked at; wit-component's
//! decoder would read the same, and is not made for bytes of strangers.

mod docs;
mod schema;

use std::collections::HashMap;

use remit_policy::{Effect, display_safe};
use semver::Version;
use wasmparser::component_types::{ComponentEntityType, ComponentFuncTypeId};
use wasmparser::types::Types;

use self::docs::Docs;
use crate::codes::Code;
use crate::component::Component;
use crate::description::{
    Description, LeftOut, MAX_ALL, MAX_LEFT_OUT, MAX_OPERATIONS, MAX_SUMMARY, Operation,
};
use crate::effect_source::EffectSource;
use crate::error::PackageError;
use crate::inspect::{Inspection, validate};
use crate::text::look;

/// Functions that are looked at. What follows is left out unseen, so that looking does not take long.
const MAX_FUNCTIONS: usize = 1024;
/// Bytes of a name. The language of WIT has no limit, and an operation's is 64 characters.
const MAX_NAME: usize = 64;
/// What a description may have beside its operations: texts, and the functions that were left out.
const ROOM: usize = 64 << 10;

/// Describes a plain component from its bytes. Each exported function becomes an operation, of an effect that nobody
/// has said, and so is treated as destructive. Those that cannot be called are [left out](Description::left_out).
///
/// # Errors
/// `component-not-a-connector` if it exports no function, or another version of the connector;
/// `component-no-operation` if none of its functions can be called.
pub fn describe_plain(component: &Component) -> Result<Description, PackageError> {
    let inspection = &component.inspection;
    if inspection.exports_a_connector() {
        // Of another version: to call it as plain functions would be to call what it does not mean.
        inspection.require_connector()?;
    }
    let types = validate(&component.bytes)?;
    let docs = Docs::of(&component.bytes);
    let (functions, more) = functions(&types, &inspection.exports);
    let mut found = Found {
        more,
        ..Found::default()
    };
    let mut names: HashMap<String, usize> = HashMap::new();
    for function in &functions {
        *names.entry(look(function.name)).or_default() += 1;
    }
    for function in &functions {
        let unique = names.get(&look(function.name)) == Some(&1);
        match operation(&types, function, unique, &docs) {
            Ok(operation) => found.add(operation, function),
            Err(why) => found.leave_out(function, why),
        }
    }
    let description = Description {
        name: name(inspection),
        version: version(inspection),
        summary: summary(inspection, &docs),
        needs: Vec::new(),
        left_out: found.left_out(),
        operations: found.operations,
    };
    if !description.operations.is_empty() {
        description.check()?;
        return Ok(description);
    }
    match description.left_out.first() {
        None => inspection.require_connector().map(|()| description),
        Some(first) => Err(PackageError::new(
            Code::ComponentNoOperation,
            format!(
                "the component exports no function that can be called: `{}` is left out, because {}",
                display_safe(&first.function, 120),
                first.why
            ),
        )
        .hinted("export functions of plain values, or build a plugin against wit/world.wit")),
    }
}

/// A function that the component exports, itself or in an interface.
struct Function<'a> {
    interface: Option<&'a str>,
    name: &'a str,
    id: ComponentFuncTypeId,
}

impl Function<'_> {
    /// `name`, or `package:of/interface@1.0.0#name`.
    fn path(&self) -> String {
        match self.interface {
            Some(interface) => format!("{interface}#{}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// The interface's own name, without package and version.
    fn interface_name(&self) -> Option<&str> {
        self.interface.map(own_name)
    }
}

/// `shapes` of `acme:geometry/shapes@1.0.0`.
fn own_name(interface: &str) -> &str {
    let name = interface.split('@').next().unwrap_or(interface);
    name.rsplit('/').next().unwrap_or(name)
}

/// The exported functions, those of the component itself first, and how many more there are.
fn functions<'a>(types: &'a Types, exports: &'a [String]) -> (Vec<Function<'a>>, usize) {
    let mut own = Vec::new();
    let mut inside = Vec::new();
    let mut more = 0;
    for export in exports {
        let Some(item) = types.component_item_for_export(export) else {
            continue;
        };
        match item.ty {
            ComponentEntityType::Func(id) => own.push(Function {
                interface: None,
                name: export,
                id,
            }),
            ComponentEntityType::Instance(id) => {
                let Some(instance) = types.as_ref().get(id) else {
                    continue;
                };
                for (name, item) in &instance.exports {
                    let ComponentEntityType::Func(id) = item.ty else {
                        continue;
                    };
                    if own.len() + inside.len() >= MAX_FUNCTIONS {
                        more += 1;
                        continue;
                    }
                    inside.push(Function {
                        interface: Some(export),
                        name,
                        id,
                    });
                }
            }
            _ => {}
        }
    }
    own.extend(inside);
    (own, more)
}

fn operation(
    types: &Types,
    function: &Function<'_>,
    unique: bool,
    docs: &Docs,
) -> Result<Operation, String> {
    if function.name.starts_with('[') {
        return Err("it belongs to a resource".to_owned());
    }
    if function.name.len() > MAX_NAME {
        return Err(format!("its name has more than {MAX_NAME} bytes"));
    }
    let name = match function.interface_name() {
        Some(interface) if !unique => format!("{interface}_{}", function.name),
        _ => function.name.to_owned(),
    };
    let ty = (types.as_ref().get(function.id)).ok_or("its type is not there")?;
    let (input_schema, output_schema) = schema::of_function(types.as_ref(), ty)?;
    let said = docs.of_function(function.interface_name(), function.name);
    let operation = Operation {
        summary: said.and_then(first_sentence).unwrap_or_else(|| {
            let path = display_safe(&function.path(), 300);
            format!("Calls `{path}`; its author says nothing about it.")
        }),
        name,
        input_schema,
        output_schema,
        effect: Effect::Destructive,
        effect_source: EffectSource::Nobody,
        idempotent: false,
        function: Some(function.path()),
    };
    operation
        .check()
        .map_err(|error| error.message().to_owned())?;
    Ok(operation)
}

/// What was found so far.
#[derive(Default)]
struct Found {
    operations: Vec<Operation>,
    looks: HashMap<String, ()>,
    bytes: usize,
    left_out: Vec<LeftOut>,
    more: usize,
}

impl Found {
    fn add(&mut self, operation: Operation, function: &Function<'_>) {
        let bytes = operation.check().unwrap_or(usize::MAX);
        if self.operations.len() >= MAX_OPERATIONS {
            let why = format!("there are {MAX_OPERATIONS} operations before it");
            return self.leave_out(function, why);
        }
        if self.bytes.saturating_add(bytes) > MAX_ALL - ROOM {
            let why = "the functions before it take all the room that there is for schemas";
            return self.leave_out(function, why.to_owned());
        }
        if self.looks.insert(look(&operation.name), ()).is_some() {
            let why = "another function has a name that looks the same";
            return self.leave_out(function, why.to_owned());
        }
        self.bytes += bytes;
        self.operations.push(operation);
    }

    fn leave_out(&mut self, function: &Function<'_>, why: String) {
        // One line is kept for what there is no room to name.
        if self.left_out.len() + 1 < MAX_LEFT_OUT {
            self.left_out.push(LeftOut {
                function: display_safe(&function.path(), 300),
                why: display_safe(&why, 300),
            });
        } else {
            self.more += 1;
        }
    }

    fn left_out(&mut self) -> Vec<LeftOut> {
        let mut left_out = std::mem::take(&mut self.left_out);
        if self.more > 0 {
            left_out.push(LeftOut {
                function: format!("{} more", self.more),
                why: "there are more functions than are looked at or named".to_owned(),
            });
        }
        left_out
    }
}

/// What the component calls itself, else the package of its first interface. Never the file's name: what is known of a
/// component is known by its bytes.
fn name(inspection: &Inspection) -> String {
    let own = inspection.metadata.name.as_deref();
    let package = inspection.exports.iter().find_map(|export| {
        let (package, _) = export.split_once('/')?;
        package.rsplit(':').next()
    });
    own.and_then(plugin_name)
        .or_else(|| package.and_then(plugin_name))
        .unwrap_or_else(|| "plain".to_owned())
}

/// The text as the name of a plugin, if anything of it can be one.
fn plugin_name(text: &str) -> Option<String> {
    let mut name = String::new();
    for c in text.chars().take(MAX_NAME) {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || (c.is_ascii_digit() && !name.is_empty()) => name.push(c),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// What its metadata says, else what an exported interface is of, else nothing that anybody released.
fn version(inspection: &Inspection) -> String {
    let said = inspection.metadata.version.as_deref();
    let exported = (inspection.exports.iter()).filter_map(|export| Some(export.split_once('@')?.1));
    said.into_iter()
        .chain(exported)
        .find(|text| text.len() <= MAX_NAME && Version::parse(text).is_ok())
        .unwrap_or("0.0.0")
        .to_owned()
}

fn summary(inspection: &Inspection, docs: &Docs) -> String {
    let of_interface = || {
        let names = inspection.exports.iter().map(|export| own_name(export));
        names.filter_map(|name| docs.of_interface(name)).next()
    };
    (inspection.metadata.description.as_deref())
        .or_else(|| docs.of_component())
        .or_else(of_interface)
        .and_then(first_sentence)
        .unwrap_or_else(|| {
            "A component of plain functions, which says nothing about itself.".to_owned()
        })
}

/// The first sentence or paragraph of a prose, on one line.
fn first_sentence(text: &str) -> Option<String> {
    let paragraph = text.trim_start().split("\n\n").next()?;
    let mut line = String::new();
    for word in paragraph.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        let ends =
            word.ends_with(['.', '!', '?']) && !word.ends_with("e.g.") && !word.ends_with("i.e.");
        if ends || line.len() > 4 * MAX_SUMMARY {
            break;
        }
    }
    let line: String = line.chars().take(MAX_SUMMARY).collect();
    (!line.trim().is_empty()).then_some(line)
}

#[cfg(test)]
mod tests;
