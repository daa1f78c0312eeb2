//! What is refused as a component, by which code and in which words; beside each, a twin that is allowed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

use remit_package::{
    CONNECTOR, Capability, Component, Inspection, MAX_COMPONENT_BYTES, PackageError, inspect,
};

fn look(wat: &str) -> Result<Inspection, PackageError> {
    inspect(&wat::parse_str(wat).unwrap())
}

#[track_caller]
fn refused(wat: &str, code: &str, word: &str) {
    let error = look(wat).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.message().contains(word), "{error}");
}

#[track_caller]
fn allowed(wat: &str) -> Inspection {
    look(wat).unwrap()
}

#[test]
fn a_real_plugin_is_a_connector() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/evil.wasm");
    let component = Component::open(&path).unwrap();
    let found = component.inspection;
    assert!(found.is_connector, "{:?}", found.exports);
    assert!(found.exports.contains(&CONNECTOR.to_owned()));
    assert!(found.modules > 0);
    assert!(
        found
            .producers
            .iter()
            .any(|line| line.name == "wit-component"),
        "{:?}",
        found.producers
    );
    assert!(found.capabilities().contains(&Capability::Http));
    assert!(found.require_connector().is_ok());
    assert_eq!(found.size, component.bytes.len() as u64);
}

#[test]
fn each_thing_that_is_no_component_has_its_own_code() {
    let module = wat::parse_str("(module)").unwrap();
    let cases: &[(&[u8], &str)] = &[
        (b"", "component-empty"),
        (&module, "component-is-module"),
        (b"\x7fELF\x02\x01\x01 plain", "component-is-compiled"),
        (
            b"\x7fELF\x02\x01\x01 .wasmtime.engine",
            "component-is-compiled",
        ),
        (b"MZ\x90\0", "component-is-compiled"),
        (b"(component)", "component-is-text"),
        (b"\n;; made by hand\n (module)", "component-is-text"),
        (b"\0asm\x02\0\0\0", "component-not-wasm"),
        (b"\0as", "component-not-wasm"),
        (b"PK\x03\x04", "component-not-wasm"),
        (b"hello", "component-not-wasm"),
        (b"\0asm\x0d\0\x01\0garbage", "component-malformed"),
    ];
    for (bytes, code) in cases {
        let error = inspect(bytes).unwrap_err();
        assert_eq!(error.code(), *code, "{error}");
    }
    let compiled = inspect(b"\x7fELF .wasmtime.engine").unwrap_err();
    assert!(compiled.message().contains("wasmtime"), "{compiled}");
    allowed("(component)");
}

#[test]
fn files_that_are_no_component_are_named() {
    let root = tempfile::tempdir().unwrap();
    let error = Component::open(root.path()).unwrap_err();
    assert_eq!(error.code(), "file-kind");
    let error = Component::open(&root.path().join("missing.wasm")).unwrap_err();
    assert_eq!(error.code(), "file-missing");
    let path = root.path().join("x.wasm");
    std::fs::write(&path, b"hello").unwrap();
    let error = Component::open(&path).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("x.wasm: the file is not WebAssembly"),
        "{error}"
    );
    let large = std::fs::File::create(&path).unwrap();
    large.set_len(MAX_COMPONENT_BYTES + 1).unwrap();
    assert_eq!(
        Component::open(&path).unwrap_err().code(),
        "component-too-large"
    );
}

#[test]
fn every_cut_of_a_component_is_an_error() {
    let whole = wat::parse_str(
        r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func (export "g") (canon lift (core func $i "f"))))"#,
    )
    .unwrap();
    assert!(inspect(&whole).is_ok());
    for end in 0..whole.len() {
        // A cut between two sections leaves a smaller component, which is whole by itself.
        if let Err(error) = inspect(&whole[..end]) {
            assert!(error.code().starts_with("component-"), "{error}");
        }
    }
}

#[test]
fn linked_interfaces_may_be_imported_and_others_are_refused_by_name() {
    for good in [
        "wasi:http/outgoing-handler@0.2.12",
        "wasi:http/types@0.2.0",
        "wasi:filesystem/types@0.2.3",
        "wasi:sockets/tcp@0.2.6",
        "wasi:config/store@0.2.0-rc.1",
        "remit:connector/log@0.1.0",
        "remit:connector/types@0.1.0",
    ] {
        let found = allowed(&format!("(component (import \"{good}\" (instance)))"));
        assert_eq!(found.imports, [good]);
    }
    for bad in [
        "acme:db/query@1.0.0",
        "wasi:keyvalue/store@0.2.0",
        "wasi:http/incoming-handler@0.2.12",
        "wasi:http/client@0.3.0",
        "wasi:cli/environment@0.2.13",
        "wasi:cli/environment@0.3.0",
        "wasi:cli/environment@0.1.0",
        "wasi:cli/environment",
        "wasi:clocks/timezone@0.2.12",
        "wasi:config/store@0.2.0",
        "wasi:config/store@0.2.0-draft",
        "remit:connector/log@0.2.0",
        "remit:connector/connector@0.1.0",
        "plain-name",
    ] {
        refused(
            &format!("(component (import \"{bad}\" (instance)))"),
            "component-import",
            bad,
        );
    }
}

#[test]
fn an_unknown_function_of_a_known_interface_is_refused_by_name() {
    let with = |name: &str| {
        format!(
            "(component (import \"wasi:cli/exit@0.2.0\" (instance (export \"{name}\" (func (param \"status\" (result)))))))"
        )
    };
    allowed(&with("exit"));
    refused(&with("run-shell"), "component-import", "run-shell");
}

#[test]
fn an_unknown_resource_of_a_known_interface_is_refused_by_name() {
    let with = |name: &str| {
        format!(
            "(component (import \"wasi:io/poll@0.2.0\" (instance (export \"{name}\" (type (sub resource))))))"
        )
    };
    allowed(&with("pollable"));
    refused(&with("raw-memory"), "component-import", "raw-memory");
}

#[test]
fn imports_that_are_not_interfaces_are_refused_by_name() {
    refused(
        r#"(component (import "run" (func)))"#,
        "component-import",
        "a function `run`",
    );
    refused(
        r#"(component (import "wasi:cli/exit@0.2.0" (func)))"#,
        "component-import",
        "wasi:cli/exit",
    );
    refused(
        r#"(component (import "m" (core module)))"#,
        "component-import",
        "core module `m`",
    );
    refused(
        r#"(component (import "c" (component)))"#,
        "component-import",
        "component `c`",
    );
    refused(
        r#"(component (import "t" (type (sub resource))))"#,
        "component-import",
        "`t`",
    );
    refused(
        r#"(component (import "unlocked-dep=<acme:x>" (component)))"#,
        "component-import",
        "acme:x",
    );
}

#[test]
fn a_name_that_hides_text_is_escaped_in_the_error() {
    // The component model allows no such names; a damaged one must not reach a terminal either.
    let mut bytes = wat::parse_str(r#"(component (import "acme:db/aaaa" (instance)))"#).unwrap();
    let at = bytes.windows(4).position(|four| four == b"aaaa").unwrap();
    bytes[at..at + 4].copy_from_slice(b"\x1b[31");
    let error = inspect(&bytes).unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
}

/// A core module inside a component.
fn core(fields: &str) -> String {
    format!("(component (core module {fields}))")
}

#[test]
fn features_that_are_not_offered_are_refused_by_name() {
    for (fields, word) in [
        ("(memory 1 1 shared)", "threads or shared memory"),
        (
            "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
            "threads or shared memory",
        ),
        ("(memory i64 1)", "64-bit memory"),
        ("(table i64 1 funcref)", "64-bit memory"),
        ("(tag)", "exceptions"),
        ("(func (block $b (try_table (catch_all $b))))", "exceptions"),
        ("(type (struct))", "garbage-collected types"),
        ("(type (array i32))", "garbage-collected types"),
        ("(func (param anyref))", "garbage-collected types"),
        ("(table 1 externref)", "garbage-collected types"),
        (
            "(type $f (func)) (func (param (ref $f)))",
            "garbage-collected types",
        ),
        ("(memory 1 (pagesize 1))", "memory pages of another size"),
        (
            "(func (param i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 0)))",
            "wide arithmetic",
        ),
    ] {
        refused(&core(fields), "component-feature", word);
    }
    for (wat, word) in [
        (r#"(component (type (func async)))"#, "async functions"),
        (r#"(component (type (stream u8)))"#, "async functions"),
        (r#"(component (type (future)))"#, "async functions"),
        (
            r#"(component (type (list u8 4)))"#,
            "lists of a fixed length",
        ),
    ] {
        refused(wat, "component-feature", word);
    }
}

#[test]
fn features_that_compilers_emit_are_allowed() {
    for fields in [
        "(memory 1 2)",
        "(memory 1) (memory 1)",
        "(table 1 funcref)",
        "(func (result i32 i64) (i32.const 1) (i64.const 1))",
        "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(func (param v128) (result v128) (local.get 0))",
        "(func $f (return_call $f))",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
    ] {
        let found = allowed(&core(fields));
        assert_eq!(found.modules, 1);
    }
    allowed(r#"(component (type (func (param "a" string) (result (result u8)))))"#);
}

#[test]
fn two_missing_features_are_both_named() {
    let error = look(&core("(memory i64 1 1 shared) (tag)")).unwrap_err();
    for word in ["threads", "64-bit memory", "exceptions"] {
        assert!(error.message().contains(word), "{error}");
    }
}

#[test]
fn a_body_that_is_not_valid_is_found_without_running_it() {
    let module = "(component (core module (func (result i32) (i64.const 1))))";
    refused(module, "component-malformed", "type mismatch");
}

#[test]
fn parts_are_counted_and_capped() {
    let modules = |count: usize| format!("(component {})", "(core module)".repeat(count));
    assert_eq!(allowed(&modules(512)).modules, 512);
    refused(&modules(513), "component-too-large", "core modules");
    let nested = |count: usize| format!("(component {})", "(component)".repeat(count));
    assert_eq!(allowed(&nested(256)).components, 256);
    refused(&nested(257), "component-too-large", "components inside");
    let inner = "(component (component (core module)) (core module))";
    let found = allowed(inner);
    assert_eq!((found.modules, found.components), (2, 1));
}

#[test]
fn deep_nesting_is_an_answer_and_not_a_stack_overflow() {
    let header = b"\0asm\x0d\0\x01\0";
    let deep = |levels: usize| {
        (1..levels).fold(header.to_vec(), |inner, _| {
            let mut outer = header.to_vec();
            outer.push(4);
            let mut size = inner.len();
            while size > 127 {
                outer.push((size & 127) as u8 | 128);
                size >>= 7;
            }
            outer.push(size as u8);
            outer.extend(inner);
            outer
        })
    };
    assert_eq!(inspect(&deep(10)).unwrap().components, 9);
    for levels in [150, 250, 2_000] {
        let found = inspect(&deep(levels)).map_err(|error| error.code());
        assert!(found.is_ok() || found.is_err_and(|code| code.starts_with("component-")));
    }
}

#[test]
fn names_of_an_inner_component_are_not_its_own() {
    let exports = format!(
        "(component (component (component $c) (instance $i (instantiate $c)) (export \"{CONNECTOR}\" (instance $i))))"
    );
    let found = allowed(&exports);
    assert!(!found.is_connector && found.exports.is_empty());
    let inner = r#"(component (component $c (import "acme:db/query" (instance))))"#;
    assert!(allowed(inner).imports.is_empty());
}

#[test]
fn a_component_that_exports_no_connector_or_another_one_says_so() {
    let exporting = |name: &str| {
        format!(
            "(component (component $c) (instance $i (instantiate $c)) (export \"{name}\" (instance $i)))"
        )
    };
    allowed(&exporting(CONNECTOR)).require_connector().unwrap();
    let other = allowed(&exporting("remit:connector/connector@0.2.0"));
    let error = other.require_connector().unwrap_err();
    assert_eq!(error.code(), "component-not-a-connector");
    assert!(error.message().contains("@0.2.0"), "{error}");
    let none = allowed("(component)").require_connector().unwrap_err();
    assert!(none.message().contains("does not export"), "{none}");
}

#[test]
fn what_the_author_wrote_is_read_and_capped() {
    let long = "x".repeat(5000);
    let found = allowed(&format!(
        r#"(component $mine (@custom "authors" "A. Author") (@custom "description" "{long}") (@custom "authors" "B") (@custom "licenses" "\ff"))"#
    ));
    assert_eq!(found.metadata.authors.as_deref(), Some("A. Author"));
    assert_eq!(
        found.metadata.description.map(|text| text.len()),
        Some(1024)
    );
    assert_eq!(found.metadata.licenses, None);
    assert_eq!(found.metadata.name.as_deref(), Some("mine"));
}
