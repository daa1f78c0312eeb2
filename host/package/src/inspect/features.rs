//! Which WebAssembly a component may be written in, and the names of what it may not.

use wasmparser::{Validator, WasmFeatures, types::Types};

use super::malformed;
use crate::codes::Code;
use crate::error::PackageError;

/// What every plugin may use: WebAssembly 2.0, what compilers emit beyond it, and components of WASI 0.2.
const OFFERED: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::COMPONENT_MODEL);

/// What is refused, in words. One name may stand for several proposals that come together.
const REFUSED: &[(WasmFeatures, &str)] = &[
    (
        WasmFeatures::CM_ASYNC
            .union(WasmFeatures::CM_ASYNC_STACKFUL)
            .union(WasmFeatures::CM_MORE_ASYNC_BUILTINS)
            .union(WasmFeatures::CM_ERROR_CONTEXT),
        "async functions, streams or futures",
    ),
    (
        WasmFeatures::THREADS
            .union(WasmFeatures::SHARED_EVERYTHING_THREADS)
            .union(WasmFeatures::CM_THREADING),
        "threads or shared memory",
    ),
    (
        WasmFeatures::GC
            .union(WasmFeatures::GC_TYPES)
            .union(WasmFeatures::FUNCTION_REFERENCES)
            .union(WasmFeatures::CUSTOM_DESCRIPTORS)
            .union(WasmFeatures::CM_GC),
        "garbage-collected types",
    ),
    (
        WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS),
        "exceptions",
    ),
    (
        WasmFeatures::MEMORY64.union(WasmFeatures::CM64),
        "64-bit memory",
    ),
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic"),
    (
        WasmFeatures::CUSTOM_PAGE_SIZES,
        "memory pages of another size",
    ),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::COMPACT_IMPORTS, "compact imports"),
    (WasmFeatures::CM_VALUES, "component values"),
    (WasmFeatures::CM_NESTED_NAMES, "nested package names"),
    (
        WasmFeatures::CM_FIXED_LENGTH_LISTS,
        "lists of a fixed length",
    ),
    (WasmFeatures::CM_MAP, "maps"),
    (WasmFeatures::CM_IMPLEMENTS, "`implements` in names"),
    (WasmFeatures::CM_CANON_NAMES, "version suffixes in names"),
];

/// Validates the whole component, bodies of functions included.
///
/// Where it is not valid within what is offered but is with more, the features that it cannot do without are
/// named: those that make it invalid if they alone are taken away.
pub(crate) fn validate(bytes: &[u8]) -> Result<Types, PackageError> {
    let error = match validate_with(bytes, OFFERED) {
        Ok(types) => return Ok(types),
        Err(error) => error,
    };
    let all = REFUSED
        .iter()
        .fold(OFFERED, |all, (feature, _)| all.union(*feature));
    if validate_with(bytes, all).is_err() {
        return Err(malformed(&error));
    }
    let needed: Vec<_> = REFUSED
        .iter()
        .filter(|(feature, _)| validate_with(bytes, all.difference(*feature)).is_err())
        .map(|(_, name)| *name)
        .collect();
    if needed.is_empty() {
        return Err(malformed(&error));
    }
    Err(PackageError::new(
        Code::ComponentFeature,
        format!(
            "the component needs {}, which Remit does not offer",
            needed.join(" and ")
        ),
    )
    .hinted("build it for WASI 0.2, without that feature"))
}

fn validate_with(bytes: &[u8], features: WasmFeatures) -> Result<Types, wasmparser::Error> {
    Validator::new_with_features(features).validate_all(bytes)
}
