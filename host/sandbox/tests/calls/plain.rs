//! Plain components that return what is small in the guest and large in the host.

use crate::builder::*;
use remit_sandbox::{Call, CallReport};

/// Returns `n` values of the type `head` defines as `$t`, at `size` bytes each, all of whose bits are set to `fill`.
fn returning(head: &str, size: u32, fill: u32) -> String {
    format!(
        r#"(component
            (core module $m
                (memory (export "memory") 900)
                (func (export "f") (param i32) (result i32)
                    (memory.fill (i32.const 64) (i32.const {fill})
                        (i32.mul (local.get 0) (i32.const {size})))
                    (i32.store (i32.const 0) (i32.const 64))
                    (i32.store (i32.const 4) (local.get 0))
                    (i32.const 0)))
            (core instance $i (instantiate $m))
            {head}
            (func $f (param "n" u32) (result (list $t))
                (canon lift (core func $i "f") (memory (core memory $i "memory"))))
            (export "f" (func $f)))"#
    )
}

/// As many flags as there can be in four bytes, with the shortest names.
fn flags() -> String {
    let one = ('a'..='z').map(String::from);
    let two = ('a'..='f').map(|c| format!("a{c}"));
    let names: String = one.chain(two).map(|name| format!("\"{name}\" ")).collect();
    format!("(type $t0 (flags {names})) (export $t \"t\" (type $t0))")
}

async fn call(bench: &Bench, function: &str, input: &str) -> CallReport<String> {
    let call = Call {
        operation: function.to_owned(),
        ..bench.request(input, limits())
    };
    bench.sandbox.call(&bench.plugin, call).await
}

async fn ask(bench: &Bench, n: u32) -> CallReport<String> {
    call(bench, "f", &format!("{{\"n\":{n}}}")).await
}

#[tokio::test]
async fn small_values_that_are_large_in_the_host_are_not_read_without_end() {
    let tuple = "(type $t (tuple bool bool bool bool bool bool bool bool))";
    for (head, size, fill) in [(flags(), 4, 255), (tuple.to_owned(), 8, 1)] {
        let bench = text(&returning(&head, size, fill)).await;
        let few = ask(&bench, 100).await;
        assert!(few.outcome.is_ok(), "{:?}", few.outcome);
        let before = peak();
        // As many as fit into the guest's memory, and as many as are just refused or read.
        for n in [7_000_000, 2_000_000, 500_000, 150_000, 50_000] {
            let report = ask(&bench, n).await;
            match &report.outcome {
                // Those that are read fit into the output.
                Ok(output) => assert!(n <= 50_000 && output.len() <= 4 << 20, "{n}"),
                Err(error) => assert_eq!(error.code(), "limit-output", "{n}"),
            }
        }
        let grown = peak() - before;
        assert!(grown < 256 << 20, "{head}: {} MiB", grown >> 20);
    }
}

#[tokio::test]
async fn an_input_that_does_not_fit_runs_nothing() {
    let bench = text(&returning("(type $t u8)", 1, 0)).await;
    let report = ask(&bench, 1).await;
    assert_eq!(report.outcome.unwrap(), "\"AA==\"");
    for input in ["{}", "{\"n\":-1}", "{\"n\":1,\"m\":1}", "[1]", "nonsense"] {
        let report = call(&bench, "f", input).await;
        assert_eq!(report.outcome.unwrap_err().code(), "input-unfit", "{input}");
        assert_eq!(report.usage.memory_peak, 0);
    }
    for name in [
        "g",
        "f#f",
        "#f",
        "",
        "t#f",
        "remit:connector/connector@0.1.0#invoke",
    ] {
        let report = call(&bench, name, "{\"n\":1}").await;
        assert_eq!(report.outcome.unwrap_err().code(), "input-unfit", "{name}");
    }
}

#[tokio::test]
async fn what_points_out_of_the_guest_is_no_output() {
    let wat = returning("(type $t u8)", 1, 0).replace(
        "(i32.store (i32.const 0) (i32.const 64))",
        "(i32.store (i32.const 0) (i32.const -64))",
    );
    let report = ask(&text(&wat).await, 1000).await;
    assert_eq!(report.outcome.unwrap_err().code(), "plugin-output");
}

/// The most memory that this process had, in bytes. Each test is a process of its own.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}
