//! Calls of a plain component: its functions are found by name, and values cross by reflection, as JSON on this side.
//! docs/authoring.md has the table of the types.

mod fault;
mod input;
mod output;
mod weight;

use crate::run::Guest;
use crate::state::State;
use crate::{CallError, LimitKind, outcome};
use input::Lowering;
use output::Writer;
use remit_policy::display_safe;
use serde_json::Value;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Val};
use wasmtime::{Engine, Store};

/// What the host may hold of a call's values, in bytes. A reflected value takes some 40 bytes, however small it is in
/// the guest, so what fits into an output limit is more than that here, and must have a limit of its own.
pub(crate) const MAX_REFLECTED: usize = 64 << 20;

/// A plain component, linked.
pub(crate) struct Plain(pub(crate) InstancePre<State>);

impl Plain {
    /// Whether the component exports a function, itself or in an interface.
    pub(crate) fn has_functions(engine: &Engine, component: &Component) -> bool {
        let is_function = |item: &ComponentItem| matches!(item, ComponentItem::ComponentFunc(_));
        component
            .component_type()
            .exports(engine)
            .any(|(_, export)| match export.ty {
                ComponentItem::ComponentInstance(instance) => {
                    instance.exports(engine).any(|(_, it)| is_function(&it.ty))
                }
                item => is_function(&item),
            })
    }

    /// `name`, or `package:of/interface@1.0.0#name`.
    fn function(&self, path: &str) -> Option<(ComponentFunc, ComponentExportIndex)> {
        let component = self.0.component();
        let (interface, name) = match path.split_once('#') {
            Some((interface, name)) => {
                let (item, index) = component.get_export(None, interface)?;
                if !matches!(item, ComponentItem::ComponentInstance(_)) {
                    return None;
                }
                (Some(index), name)
            }
            None => (None, path),
        };
        match component.get_export(interface.as_ref(), name)? {
            (ComponentItem::ComponentFunc(function), index) => Some((function, index)),
            _ => None,
        }
    }

    /// What is wrong with an input, with the place where; none if the function takes it.
    pub(crate) fn misfit(&self, path: &str, input: &Value) -> Option<String> {
        match self.function(path) {
            Some((function, _)) => Lowering::params(&function, input)
                .err()
                .map(|misfit| misfit.to_string()),
            None => Some(no_function(path)),
        }
    }

    /// Makes an instance, calls the function, and gives its result as JSON.
    pub(crate) async fn call(
        &self,
        store: &mut Store<State>,
        path: &str,
        input: &str,
    ) -> Result<String, Guest> {
        let wrong = |message: String| Guest::Answer(CallError::Input { reason: message });
        let (function, index) = self
            .function(path)
            .ok_or_else(|| wrong(no_function(path)))?;
        let params = {
            let input: Value = serde_json::from_str(input)
                .map_err(|error| wrong(format!("it is not JSON: {error}")))?;
            Lowering::params(&function, &input).map_err(|misfit| wrong(misfit.to_string()))?
        };
        let most = store.data().shared.authority.limits().output.as_usize();
        let ty = function.results().next();
        store.set_hostcall_fuel(weight::fuel(ty.as_ref(), most));
        let instance = self.0.instantiate_async(&mut *store).await?;
        let called = instance
            .get_func(&mut *store, index)
            .ok_or_else(|| wrong(no_function(path)))?;
        let mut results = vec![Val::Bool(false); usize::from(ty.is_some())];
        called
            .call_async(&mut *store, &params, &mut results)
            .await?;
        drop(params);
        let value = results.pop();
        let mut writer = Writer::new(most);
        let written = match (ty, value) {
            (Some(Type::Result(ty)), Some(Val::Result(Ok(value)))) => {
                writer.payload(ty.ok().as_ref(), value.as_deref())
            }
            (Some(Type::Result(ty)), Some(Val::Result(Err(value)))) => {
                let fault = fault::of(ty.err().as_ref(), value.as_deref());
                return Err(Guest::Answer(CallError::Fault(fault)));
            }
            (ty, value) => writer.payload(ty.as_ref(), value.as_ref()),
        };
        written
            .map_err(|_| Guest::Answer(outcome::limit(&store.data().shared, LimitKind::Output)))?;
        Ok(writer.into_text())
    }
}

fn no_function(path: &str) -> String {
    let path = display_safe(path, 300);
    format!("the component exports no function `{path}`")
}

#[cfg(test)]
mod tests;
