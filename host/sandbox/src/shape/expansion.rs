//! How large a component becomes: what a component inside of it holds is there once for each time that it is
//! instantiated, and instantiating doubles quickly. A kilobyte can so stand for more than any machine holds, and the
//! compiler writes it all out. Here it is only counted.

use crate::SandboxError;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Payload,
};

/// How deep components may lie in components. Composing puts one level around what it composes.
const MAX_DEPTH: usize = 32;

/// The most definitions (types, imports, aliases, functions, instances, exports) after all is instantiated. A Python
/// plugin, which is composed of some 60 modules, has some 5,000.
const MAX_DEFINITIONS: u64 = 100_000;

/// What a component stands for.
#[derive(Clone, Copy, Default)]
struct Size {
    definitions: u64,
    core_instances: u64,
}

impl Size {
    fn add(&mut self, other: Size) {
        self.definitions = self.definitions.saturating_add(other.definitions);
        self.core_instances = self.core_instances.saturating_add(other.core_instances);
    }
}

/// A component, or a module in it, that is being read.
#[derive(Default)]
struct Level {
    /// Those that it can instantiate, by index.
    components: Vec<Size>,
    own: Size,
    is_component: bool,
}

/// Adds up while a component is read from front to back.
#[derive(Default)]
pub(super) struct Expansion {
    levels: Vec<Level>,
}

impl Expansion {
    /// Takes up the next part.
    pub(super) fn read(
        &mut self,
        payload: &Payload<'_>,
        max_core_instances: u64,
    ) -> Result<(), SandboxError> {
        match payload {
            Payload::Version { encoding, .. } => {
                self.levels.push(Level {
                    is_component: *encoding == Encoding::Component,
                    ..Level::default()
                });
                if self.levels.len() > MAX_DEPTH {
                    return too_large(format!("components lie more than {MAX_DEPTH} deep in it"));
                }
            }
            Payload::End(_) => self.end(max_core_instances)?,
            Payload::InstanceSection(section) => {
                self.define(section.count())?;
                for instance in section.clone() {
                    let one = match instance.map_err(super::invalid)? {
                        Instance::Instantiate { .. } => 1,
                        Instance::FromExports(exports) => {
                            self.define(exports.len() as u64)?;
                            0
                        }
                    };
                    let own = &mut self.level()?.own;
                    own.core_instances = own.core_instances.saturating_add(one);
                }
            }
            Payload::CoreTypeSection(section) => self.define(section.count())?,
            Payload::ComponentTypeSection(section) => self.define(section.count())?,
            Payload::ComponentCanonicalSection(section) => self.define(section.count())?,
            Payload::ComponentInstanceSection(section) => {
                self.define(section.count())?;
                for instance in section.clone() {
                    match instance.map_err(super::invalid)? {
                        ComponentInstance::Instantiate {
                            component_index,
                            args,
                        } => {
                            self.define(args.len() as u64)?;
                            let size = self.component(0, component_index)?;
                            self.level()?.own.add(size);
                        }
                        ComponentInstance::FromExports(exports) => {
                            self.define(exports.len() as u64)?
                        }
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                self.define(section.count())?;
                for alias in section.clone() {
                    match alias.map_err(super::invalid)? {
                        ComponentAlias::Outer {
                            kind: ComponentOuterAliasKind::Component,
                            count,
                            index,
                        } => {
                            let size = self.component(count, index)?;
                            self.level()?.components.push(size);
                        }
                        ComponentAlias::InstanceExport {
                            kind: ComponentExternalKind::Component,
                            ..
                        } => return passed_on(),
                        _ => {}
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                self.define(section.count())?;
                for import in section.clone() {
                    if let ComponentTypeRef::Component(_) = import.map_err(super::invalid)?.ty {
                        return passed_on();
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                self.define(section.count())?;
                for export in section.clone() {
                    let export = export.map_err(super::invalid)?;
                    // An export is one more index for what it exports.
                    if export.kind == ComponentExternalKind::Component {
                        let size = self.component(0, export.index)?;
                        self.level()?.components.push(size);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, max_core_instances: u64) -> Result<(), SandboxError> {
        let ended = self.levels.pop().ok_or_else(misplaced)?;
        if ended.own.definitions > MAX_DEFINITIONS {
            return too_large(format!(
                "with all that is instantiated it has more than {MAX_DEFINITIONS} definitions"
            ));
        }
        if ended.own.core_instances > max_core_instances {
            return too_large(format!(
                "it has more than {max_core_instances} core instances"
            ));
        }
        if let Some(around) = self.levels.last_mut()
            && ended.is_component
        {
            around.components.push(ended.own);
        }
        Ok(())
    }

    fn define(&mut self, count: impl Into<u64>) -> Result<(), SandboxError> {
        let own = &mut self.level()?.own;
        own.definitions = own.definitions.saturating_add(count.into());
        Ok(())
    }

    /// The size of a component that is named `up` levels further out.
    fn component(&self, up: u32, index: u32) -> Result<Size, SandboxError> {
        self.levels
            .iter()
            .rev()
            .nth(up as usize)
            .and_then(|level| level.components.get(index as usize))
            .copied()
            .ok_or_else(misplaced)
    }

    fn level(&mut self) -> Result<&mut Level, SandboxError> {
        self.levels.last_mut().ok_or_else(misplaced)
    }
}

fn too_large(reason: String) -> Result<(), SandboxError> {
    Err(SandboxError::TooLarge(reason))
}

/// What a component gets from outside could be any size. No tool makes such components.
fn passed_on() -> Result<(), SandboxError> {
    Err(SandboxError::Invalid(
        "it hands components to components".to_owned(),
    ))
}

fn misplaced() -> SandboxError {
    SandboxError::Invalid("it refers to a component that is not there".to_owned())
}
