//! Tells a component from what is often mistaken for one.

use wasmparser::Parser;

use crate::codes::Code;
use crate::error::PackageError;

/// Beginnings of native executables, whatever the file is called.
const NATIVE: &[(&[u8], &str)] = &[
    (b"\x7fELF", "an ELF binary"),
    (b"MZ", "a Windows executable"),
    (b"\xfe\xed\xfa\xce", "a Mach-O binary"),
    (b"\xfe\xed\xfa\xcf", "a Mach-O binary"),
    (b"\xce\xfa\xed\xfe", "a Mach-O binary"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O binary"),
];

/// Fails unless the bytes begin as a component does.
pub(super) fn check(bytes: &[u8]) -> Result<(), PackageError> {
    if Parser::is_component(bytes) {
        return Ok(());
    }
    Err(mistaken(bytes))
}

fn mistaken(bytes: &[u8]) -> PackageError {
    if bytes.is_empty() {
        return PackageError::new(Code::ComponentEmpty, "the file is empty");
    }
    if Parser::is_core_wasm(bytes) {
        return PackageError::new(
            Code::ComponentIsModule,
            "the file is a core WebAssembly module, not a component",
        )
        .hinted("make a component of it with `wasm-tools component new`, or build for a component target");
    }
    if let Some((_, what)) = NATIVE.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        // wasmtime's own compiled form is an ELF file with sections of these names.
        let wasmtime = bytes.windows(9).any(|window| window == b".wasmtime");
        let what = if wasmtime {
            "code that wasmtime compiled"
        } else {
            what
        };
        return PackageError::new(
            Code::ComponentIsCompiled,
            format!("the file is {what}, which is never loaded"),
        )
        .hinted("give the component that it was compiled from");
    }
    if bytes.starts_with(b"\0asm") {
        return PackageError::new(
            Code::ComponentNotWasm,
            "the file is WebAssembly of a version that Remit does not know",
        )
        .hinted("build it again with current tools");
    }
    if is_text(bytes) {
        return PackageError::new(
            Code::ComponentIsText,
            "the file is WebAssembly text, not a binary component",
        )
        .hinted("make a binary of it with `wasm-tools parse`");
    }
    PackageError::new(Code::ComponentNotWasm, "the file is not WebAssembly")
        .hinted("a component begins with the bytes 00 61 73 6d 0d 00 01 00")
}

/// Whether it begins, after blanks and comments, as WebAssembly text does.
fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    String::from_utf8_lossy(head)
        .lines()
        .map(str::trim_start)
        .find(|line| !line.is_empty() && !line.starts_with(";;"))
        .is_some_and(|line| line.starts_with("(component") || line.starts_with("(module"))
}
