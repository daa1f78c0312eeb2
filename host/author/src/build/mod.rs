//! `remit build`: from a project to its component.

mod component;
mod docs;
mod go;
mod native;
mod python;
pub(crate) mod rust;
mod script;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use remit_package::{Component, describe_plain, write_file};

use crate::error::AuthorError;
use crate::language::Language;
use crate::project::Project;
use crate::tool::Tools;

/// What a language's tools make of a project.
pub(crate) enum Compiled {
    /// A core module.
    Module {
        bytes: Vec<u8>,
        /// Whether it carries its WIT world already, as Rust's wit-bindgen writes it.
        world_embedded: bool,
        /// Whether it imports `wasi_snapshot_preview1`, which an adapter maps to WASI 0.2.
        preview1: bool,
    },
    /// A whole component.
    Component(Vec<u8>),
}

/// A component that was built.
#[derive(Debug)]
pub struct Built {
    /// Where it was written.
    pub path: PathBuf,
    /// Its bytes, digest and what it imports.
    pub component: Component,
    /// How long it took.
    pub time: Duration,
}

/// Compiles the project, makes a component of it, checks that it is a plugin, and writes it to
/// [`Project::component`], whole or not at all.
///
/// # Errors
/// `tool-missing`, `build-failed` with what the tool said, or what is wrong with the result.
pub fn build(project: &Project, tools: &Tools) -> Result<Built, AuthorError> {
    let started = Instant::now();
    let bytes = component(project, tools)?;
    let path = project.component();
    let component = Component::from_bytes(&path.display().to_string(), bytes)?;
    // A module that carries another world becomes a component all the same: a plain one, if it has a function to call.
    if !component.inspection.is_connector {
        describe_plain(&component)?;
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| AuthorError::io(folder, error))?;
    }
    write_file(&path, &component.bytes)?;
    Ok(Built {
        path,
        component,
        time: started.elapsed(),
    })
}

/// The component's bytes, stripped and validated.
fn component(project: &Project, tools: &Tools) -> Result<Vec<u8>, AuthorError> {
    tools.say(&format!(
        "compiling {} ({})",
        project.name,
        project.language.title()
    ));
    let compiled = match project.language {
        Language::Rust => rust::compile(project, tools)?,
        Language::C | Language::Cpp | Language::Zig => native::compile(project, tools)?,
        Language::JavaScript | Language::TypeScript => script::compile(project, tools)?,
        Language::Go => go::compile(project, tools)?,
        Language::Python => python::compile(project, tools)?,
    };
    let bytes = match compiled {
        Compiled::Module {
            bytes,
            world_embedded,
            preview1,
        } => {
            tools.say("making a component of it");
            component::encode(&bytes, world_embedded, preview1)?
        }
        Compiled::Component(bytes) => bytes,
    };
    let mut bytes = component::stripped(&bytes)?;
    // A connector describes itself. What is known of a plain component, beside its types, is what stands in its WIT.
    if !remit_package::inspect(&bytes)?.is_connector {
        bytes.extend(docs::section(&project.root));
    }
    Ok(bytes)
}
