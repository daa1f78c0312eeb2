//! What is never run: other formats, unknown imports, features that are turned off, sizes that are not compiled.

use crate::builder::*;
use remit_sandbox::{Sandbox, SandboxError};

async fn refused(bytes: &[u8]) -> SandboxError {
    let sandbox = Sandbox::new(config()).unwrap();
    sandbox.prepare(bytes, &digest(bytes)).await.unwrap_err()
}

#[tokio::test]
async fn what_is_no_component_is_named() {
    let component = binary(&plugin(ECHO));
    let half = &component[..component.len() / 2];
    for (bytes, code, word) in [
        (&b""[..], "component-format", "empty"),
        (b"\x7fELF\x02\x01\x01", "component-format", "machine code"),
        (b"#!/bin/sh\n", "component-format", "does not begin"),
        (b"(component)", "component-format", "text"),
        (b"\0asm\x01\0\0\0", "component-format", "core module"),
        (b"\0asm\x0e\0\x01\0", "component-format", "version"),
        (b"\0asm\x0d\0\x01\0", "not-a-plugin", "connector"),
        (half, "component-invalid", ""),
    ] {
        let error = refused(bytes).await;
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    let random: Vec<u8> = (0..10_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    assert_eq!(refused(&random).await.code(), "component-format");
    // The twin.
    assert_eq!(
        text(&plugin(ECHO)).await.run("{}").await.outcome.unwrap(),
        "{}"
    );
}

/// Real compiled code, as the cache holds it, is refused when it comes as a component.
#[tokio::test]
async fn compiled_code_renamed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox =
        Sandbox::new(remit_sandbox::SandboxConfig::default().with_cache(folder.path().join("c")))
            .unwrap();
    let component = binary(&plugin(ECHO));
    sandbox
        .prepare(&component, &digest(&component))
        .await
        .unwrap();
    let compiled = std::fs::read_dir(folder.path().join("c"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "cwasm")
        })
        .unwrap();
    let compiled = std::fs::read(compiled).unwrap();
    let error = sandbox
        .prepare(&compiled, &digest(&compiled))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "component-format");
}

#[tokio::test]
async fn an_unknown_import_is_named_before_anything_is_compiled() {
    for (import, code) in [
        ("evil:host/backdoor@1.0.0", "import-unknown"),
        ("wasi:nn/tensor@0.2.0", "import-unknown"),
        ("wasi:io/poll@0.3.0", "import-version"),
        ("remit:connector/log@0.2.0", "import-version"),
    ] {
        // Far too large a function: not looked at, since the import comes first.
        let component = importing(&format!(r#"(import "{import}" (instance))"#));
        let error = refused(&binary(&component)).await;
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(import), "{error}");
    }
    let fine = importing(r#"(import "wasi:io/poll@0.2.0" (instance))"#);
    assert_eq!(text(&fine).await.run("{}").await.outcome.unwrap(), "{}");
}

#[tokio::test]
async fn a_known_import_with_another_function_is_refused_by_name() {
    let component = importing(
        r#"(import "wasi:clocks/wall-clock@0.2.0" (instance (export "set-time" (func (param "to" u64)))))"#,
    );
    let error = refused(&binary(&component)).await;
    assert_eq!(error.code(), "component-interface");
    assert!(error.to_string().contains("set-time"), "{error}");
}

#[tokio::test]
async fn features_that_are_not_run_are_named() {
    for (feature, body) in [
        ("memory64", r#"(memory i64 1)"#),
        ("threads", r#"(memory 1 1 shared)"#),
        (
            "exceptions",
            r#"(tag $t (param i32)) (func (throw $t (i32.const 1)))"#,
        ),
        ("gc", r#"(type (struct (field i32)))"#),
    ] {
        let component = plugin(&format!("{body} {ECHO}"));
        let error = refused(&binary(&component)).await;
        assert_eq!(error.code(), "component-invalid", "{feature}: {error}");
        println!("{feature}: {error}");
    }
}

#[tokio::test]
async fn async_and_streams_are_refused() {
    for more in [
        r#"(type $s (stream u8)) (core func $new (canon stream.new $s))"#,
        r#"(core func $back (canon task.cancel))"#,
    ] {
        let component = importing(more);
        let error = refused(&binary(&component)).await;
        assert_eq!(error.code(), "component-invalid", "{error}");
        println!("{error}");
    }
}

#[tokio::test]
async fn a_function_too_large_to_compile_is_refused_at_once() {
    let bomb = format!("(func {} ) {ECHO}", "(drop (i32.const 1))".repeat(400_000));
    let start = std::time::Instant::now();
    let bytes = binary(&plugin(&bomb));
    let parsed = start.elapsed();
    let error = refused(&bytes).await;
    assert_eq!(error.code(), "component-too-large", "{error}");
    assert!(start.elapsed() - parsed < std::time::Duration::from_secs(1));
}

#[tokio::test]
async fn more_memories_than_a_component_may_have_are_refused() {
    let many = "(memory 1)".repeat(101);
    let error = refused(&binary(&plugin(&format!("{many} {ECHO}")))).await;
    assert_eq!(error.code(), "component-too-large", "{error}");
}
