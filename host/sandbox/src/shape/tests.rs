//! What is compiled and what is not, without compiling it.

use super::{check, check_import};
use crate::SandboxError;

/// The plugin that the tests of calls are made of, with something more in its core module.
fn plugin(more: &str) -> String {
    let echo = r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
        (call $answer (local.get 2) (local.get 3)))"#;
    include_str!("../../tests/calls/plugin.wat")
        .replace("IMPORTS", "")
        .replace("HEAD", r#"(memory (export "memory") 1)"#)
        .replace("BODY", &format!("{echo} {more}"))
        .replace("INSTANCE", "(core instance $i (instantiate $m))")
}

fn parse(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn is_too_large(prepared: Result<(), SandboxError>, what: &str) {
    let error = prepared.expect_err(what);
    assert_eq!(error.code(), "component-too-large", "{what}: {error}");
}

/// A plugin with something more in it, in the text format.
fn and(more: &str) -> Vec<u8> {
    let plugin = plugin("");
    let (plugin, end) = plugin.rsplit_once(')').unwrap();
    parse(&format!("{plugin} {more} ){end}"))
}

/// Components that instantiate the one before them so many times each.
fn nested(levels: usize, times: usize) -> Vec<u8> {
    let mut text = "(component $c0 (type string))".to_owned();
    for level in 1..=levels {
        let one = format!("(instance (instantiate $c{}))", level - 1);
        text += &format!("(component $c{level} {})", one.repeat(times));
    }
    and(&format!("{text} (instance (instantiate $c{levels}))"))
}

#[test]
fn components_that_double_at_each_level_are_refused() {
    assert!(nested(40, 2).len() < 4096, "it is a small file");
    is_too_large(check(&nested(40, 2)), "2 to the 40th");
    is_too_large(check(&nested(200, 2)), "2 to the 200th");
    is_too_large(check(&nested(3, 100)), "a million");
    check(&nested(20, 1)).unwrap();
    check(&nested(8, 2)).unwrap();
}

/// The same through an export, an alias of an outer one, and core instances.
#[test]
fn what_doubles_by_another_name_is_refused() {
    let mut text =
        "(component $c0 (core module $own) (core instance (instantiate $own)))".to_owned();
    for level in 1..=30 {
        let before = level - 1;
        text += &format!(
            "(component $c{level}
                (alias outer 1 $c{before} (component $outer))
                (export $again \"c\" (component $outer))
                (instance (instantiate $outer)) (instance (instantiate $again)))"
        );
    }
    is_too_large(check(&and(&text)), "2 to the 30th");
    let cores = |count: usize| {
        and(&format!(
            "(core module $own) {}",
            "(core instance (instantiate $own))".repeat(count)
        ))
    };
    is_too_large(check(&cores(100)), "with the plugin's own");
    check(&cores(99)).unwrap();
}

#[test]
fn components_that_get_components_are_refused() {
    for handed in [
        r#"(component (import "a" (component $a)) (instance (instantiate $a)))"#,
        r#"(component $a) (component $b (export "a" (component $a))) (instance $i (instantiate $b))
            (alias export $i "a" (component $c)) (instance (instantiate $c))"#,
    ] {
        let error = check(&and(handed)).unwrap_err();
        assert_eq!(error.code(), "component-invalid", "{error}");
        assert!(error.to_string().contains("components"), "{error}");
    }
}

#[test]
fn components_in_components_end_somewhere() {
    let deep = |levels: usize| {
        let mut inner = b"\0asm\x0d\0\x01\0".to_vec();
        for level in 0..levels {
            let mut around = match level + 1 == levels {
                true => parse(&plugin("")),
                false => b"\0asm\x0d\0\x01\0".to_vec(),
            };
            section(4, &inner, &mut around);
            inner = around;
        }
        inner
    };
    is_too_large(check(&deep(1000)), "a thousand levels");
    check(&deep(20)).unwrap();
}

fn leb(mut number: u32, out: &mut Vec<u8>) {
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}
fn section(id: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(id);
    leb(content.len() as u32, out);
    out.extend_from_slice(content);
}

const GET: &str = "(local.get 0)";

fn locals(count: usize) -> String {
    format!("(local {})", "i32 ".repeat(count))
}

/// A function in which so many loops lie in each other, and all locals change in the innermost.
fn loops(depth: usize, values: usize) -> String {
    let changes: String = (1..=values)
        .map(|i| format!("(local.set {i} (i32.add (local.get {i}) (i32.const 1)))"))
        .collect();
    format!(
        "(func (param i32) {} {} {changes} {})",
        locals(values),
        "(loop ".repeat(depth),
        format!("(br_if 0 {GET}))").repeat(depth)
    )
}

/// A function with so many branches, each of which changes a local that is used far below.
fn branches(count: usize, values: usize) -> String {
    let branches: String = (0..count)
        .map(|i| {
            format!(
                "(if {GET} (then (local.set {} (i32.const {i}))))",
                i % values + 1
            )
        })
        .collect();
    let uses: String = (1..=values)
        .map(|i| format!("(local.set 0 (local.get {i}))"))
        .collect();
    format!("(func (param i32) {} {branches} {uses})", locals(values))
}

/// A function whose branches hand on so many values each.
fn handing_on(count: usize, values: usize) -> String {
    let through = format!("(param {0}) (result {0})", "i32 ".repeat(values));
    format!(
        "(func (param i32) {} {} {})",
        GET.repeat(values),
        format!("{GET} (if {through} (then i32.eqz) (else i32.clz))").repeat(count),
        "drop ".repeat(values)
    )
}

/// A function that has so many values on its stack.
fn stacked(values: usize) -> String {
    format!(
        "(func (param i32) {} {})",
        GET.repeat(values),
        "drop ".repeat(values)
    )
}

fn with_function(function: &str) -> Result<(), SandboxError> {
    check(&parse(&plugin(function)))
}

#[test]
fn functions_that_take_long_to_compile_are_refused() {
    for (what, bomb, fine) in [
        ("loops", loops(101, 0), loops(50, 0)),
        ("values in loops", loops(90, 300), loops(20, 100)),
        ("branches", branches(12_000, 200), branches(500, 50)),
        ("handed on", handing_on(1000, 50), handing_on(50, 10)),
        ("stacked", stacked(401), stacked(300)),
    ] {
        is_too_large(with_function(&bomb), what);
        with_function(&fine).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

/// Each passes alone; together they would take as long as one that does not.
#[test]
fn what_functions_take_is_added_up() {
    for (what, one, times) in [
        ("values in loops", loops(99, 200), 12),
        ("branches", branches(4300, 200), 8),
        ("handed on", handing_on(240, 60), 13),
    ] {
        with_function(&one).unwrap_or_else(|error| panic!("{what}: {error}"));
        is_too_large(with_function(&one.repeat(times)), what);
    }
}

/// A core module with so many functions, of so many bytes each, as an unused part of a plugin.
fn bulk(functions: u32, bytes: u32) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    section(1, &[1, 0x60, 0, 0], &mut module);
    let mut types = Vec::new();
    leb(functions, &mut types);
    types.resize(types.len() + functions as usize, 0);
    section(3, &types, &mut module);
    // No locals, that many `nop`, `end`.
    let mut body = vec![0];
    body.resize(bytes as usize - 1, 1);
    body.push(0x0b);
    let mut code = Vec::new();
    leb(functions, &mut code);
    for _ in 0..functions {
        leb(bytes, &mut code);
        code.extend_from_slice(&body);
    }
    section(10, &code, &mut module);
    let mut component = parse(&plugin(""));
    section(1, &module, &mut component);
    component
}

#[test]
fn more_code_than_any_plugin_has_is_refused() {
    let mib = 1 << 20;
    is_too_large(check(&bulk(1, mib + 1)), "one function");
    is_too_large(check(&bulk(41, mib)), "all functions");
    is_too_large(check(&bulk(200_001, 2)), "how many");
    check(&bulk(3, mib)).unwrap();
    check(&bulk(2000, 2)).unwrap();
}

#[test]
fn wasi_of_any_0_2_is_taken_and_others_are_not() {
    for fine in [
        "wasi:io/poll@0.2.0",
        "wasi:http/types@0.2.12",
        "wasi:config/store@0.2.0-rc.1",
        "remit:connector/log@0.1.0",
    ] {
        assert!(check_import(fine).is_ok(), "{fine}");
    }
    for wrong in [
        "wasi:io/poll@0.3.0",
        "wasi:io/poll",
        "wasi:io/poll@0.2.x",
        "wasi:http/types@0.2.0-rc-2023-11-10",
        "remit:connector/log@0.2.0",
        "wasi:config/store@0.2.0-draft",
    ] {
        let error = check_import(wrong).unwrap_err();
        assert_eq!(error.code(), "import-version", "{wrong}");
        assert!(error.to_string().contains(wrong), "{error}");
    }
}

#[test]
fn an_unknown_interface_is_named() {
    for wrong in [
        "wasi:nn/graph@0.2.0",
        "evil",
        "wasi:http/incoming-handler@0.2.12",
        "wasi:io/pol@0.2.0",
    ] {
        let error = check_import(wrong).unwrap_err();
        assert_eq!(error.code(), "import-unknown");
        assert!(error.to_string().contains(wrong), "{error}");
    }
}
