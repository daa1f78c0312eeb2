//! Small components that would keep the compiler busy for hours or fill the machine's memory: hostile case 17. They are
//! refused by counting, so at once; what each of them is a caricature of is compiled. What is counted is tested beside
//! the code, src/shape/tests.rs.

use crate::builder::*;
use remit_sandbox::{Sandbox, SandboxConfig, SandboxError};
use std::time::Duration;

async fn prepared(component: &[u8]) -> Result<(), SandboxError> {
    let sandbox = Sandbox::new(SandboxConfig::default()).unwrap();
    let prepared = sandbox.prepare(component, &digest(component)).await;
    prepared.map(drop)
}

/// Components that instantiate the one before them so many times each.
fn nested(levels: usize, times: usize) -> Vec<u8> {
    let mut text = "(component $c0 (type string))".to_owned();
    for level in 1..=levels {
        let one = format!("(instance (instantiate $c{}))", level - 1);
        text += &format!("(component $c{level} {})", one.repeat(times));
    }
    let plugin = plugin(ECHO);
    let (plugin, end) = plugin.rsplit_once(')').unwrap();
    binary(&format!(
        "{plugin} {text} (instance (instantiate $c{levels})) ){end}"
    ))
}

#[tokio::test]
async fn components_that_double_at_each_level_are_refused() {
    let bomb = nested(40, 2);
    assert!(bomb.len() < 4096, "it is a small file");
    let error = prepared(&bomb).await.unwrap_err();
    assert_eq!(error.code(), "component-too-large", "{error}");
    prepared(&nested(8, 2)).await.unwrap();
}

#[tokio::test]
async fn loops_in_loops_of_many_values_are_refused() {
    let loops = |depth: usize, values: usize| {
        let changes: String = (1..=values)
            .map(|i| format!("(local.set {i} (i32.add (local.get {i}) (i32.const 1)))"))
            .collect();
        let function = format!(
            "(func (param i32) (local {}) {} {changes} {})",
            "i32 ".repeat(values),
            "(loop ".repeat(depth),
            "(br_if 0 (local.get 0)))".repeat(depth)
        );
        binary(&plugin(&format!("{function} {ECHO}")))
    };
    let error = prepared(&loops(1000, 100)).await.unwrap_err();
    assert_eq!(error.code(), "component-too-large", "{error}");
    prepared(&loops(20, 100)).await.unwrap();
}

/// A core module as an unused part of a plugin: many functions of many `nop`.
fn bulk() -> Vec<u8> {
    let function = format!("(func {})", "nop ".repeat(1000));
    binary(&plugin(&format!("{} {ECHO}", function.repeat(800))))
}

#[tokio::test]
async fn what_takes_too_long_to_compile_is_given_up_for_good() {
    let config = SandboxConfig::default().with_compile_time(Duration::from_millis(1));
    let sandbox = Sandbox::new(config).unwrap();
    let component = bulk();
    for _ in 0..2 {
        let error = sandbox
            .prepare(&component, &digest(&component))
            .await
            .unwrap_err();
        assert_eq!(error.code(), "component-compile-time", "{error}");
    }
    prepared(&component).await.unwrap();
}

/// What was given up is found in the cache, once it is done.
#[tokio::test]
async fn what_was_given_up_is_loaded_when_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let config = SandboxConfig::default().with_cache(folder.path().join("c"));
    let hasty = config.clone().with_compile_time(Duration::from_millis(1));
    let hasty = Sandbox::new(hasty).unwrap();
    let component = bulk();
    let digest = digest(&component);
    let again = || hasty.prepare(&component, &digest);
    assert!(again().await.is_err());
    while again().await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
