//! How much a returned value may weigh before the host stops reading it.
//!
//! wasmtime counts what it copies out of a guest: each value, each byte of text, each byte of a name. Of flags it counts
//! the bytes of their names alone, and each name that is set takes some fifty bytes, however short it is.

use super::MAX_REFLECTED;
use wasmtime::component::types::Type;

/// Bytes that a reflected value takes for each byte of JSON that it becomes.
const REFLECTED: usize = 16;

/// How much more flags take than is counted.
const FLAGS: usize = 16;

/// Types that are looked at; types of more are taken for ones with flags.
const MAX_LOOKED_AT: usize = 10_000;

/// The fuel for reading a value of that type which may become so many bytes of JSON.
pub(super) fn fuel(ty: Option<&Type>, output: usize) -> usize {
    let most = output.saturating_mul(REFLECTED).min(MAX_REFLECTED);
    let mut left = MAX_LOOKED_AT;
    let most = match ty.is_some_and(|ty| has_flags(ty, &mut left)) {
        true => most / FLAGS,
        false => most,
    };
    most.max(crate::run::host_fuel(0))
}

fn has_flags(ty: &Type, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else {
        return true;
    };
    *left = rest;
    match ty {
        Type::Flags(_) => true,
        Type::List(list) => has_flags(&list.ty(), left),
        Type::FixedLengthList(list) => has_flags(&list.ty(), left),
        Type::Option(option) => has_flags(&option.ty(), left),
        Type::Map(map) => has_flags(&map.key(), left) || has_flags(&map.value(), left),
        Type::Record(record) => record.fields().any(|field| has_flags(&field.ty, left)),
        Type::Tuple(tuple) => tuple.types().any(|ty| has_flags(&ty, left)),
        Type::Variant(variant) => (variant.cases())
            .filter_map(|case| case.ty)
            .any(|ty| has_flags(&ty, left)),
        Type::Result(result) => (result.ok().into_iter())
            .chain(result.err())
            .any(|ty| has_flags(&ty, left)),
        _ => false,
    }
}
