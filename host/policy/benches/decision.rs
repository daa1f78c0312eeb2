//! What a decision costs, against a lookup of the same URL in a plain HashMap.
//!
//! `cargo bench -p remit-policy`

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use remit_policy::{Authority, Grant, Grants, HttpAsk, Layer, Limits, Needs, OperatorPolicy};

const GRANTS: usize = 100;

/// `one_host`: all grants are of one host, and differ by their path; else each has a host of its own.
fn authority(one_host: bool) -> Option<Authority> {
    let grants: Result<Vec<Grant>, _> = (0..GRANTS)
        .map(|n| match one_host {
            true => format!("http GET,HEAD https://api.example.org/repos/r{n}/**"),
            false => format!("http GET,HEAD https://api{n}.example.org/repos/**"),
        })
        .map(|text| Grant::parse(Layer::Grant, &text))
        .collect();
    let needs = Needs::parse([("http * https://*.example.org/repos/**", "")]).ok()?;
    let policy = OperatorPolicy {
        allow: Some(vec![Grant::parse(Layer::Policy, "http * https://*").ok()?]),
        ..OperatorPolicy::default()
    };
    let grants = Grants::new(grants.ok()?).ok()?;
    Some(Authority::new(
        grants,
        Some(needs),
        &policy,
        Limits::default(),
    ))
}

/// In nanoseconds; the best of many short rounds, so that a busy machine does not show.
fn per_call(mut work: impl FnMut()) -> f64 {
    const CALLS: u32 = 200;
    let round = |_| {
        let started = Instant::now();
        for _ in 0..CALLS {
            work();
        }
        started.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    (0..2_000).map(round).fold(f64::INFINITY, f64::min)
}

fn decision(c: &mut Criterion) {
    let mut floor: HashMap<String, usize> = (0..GRANTS)
        .map(|n| {
            (
                format!("https://api{n}.example.org/repos/r{n}/issues?page=2"),
                n,
            )
        })
        .collect();
    let url = "https://api.example.org/repos/r50/issues?page=2";
    floor.insert(url.to_owned(), GRANTS);
    c.bench_function("floor: a lookup in a HashMap", |b| {
        b.iter(|| black_box(floor.get(black_box(url))));
    });
    for (name, one_host, host, path) in [
        (
            "100 hosts",
            false,
            "api50.example.org",
            "/repos/r50/issues?page=2",
        ),
        (
            "1 host, 100 paths",
            true,
            "api.example.org",
            "/repos/r50/issues?page=2",
        ),
        ("denied", true, "api.example.org", "/admin"),
    ] {
        let Some(authority) = authority(one_host) else {
            continue;
        };
        let asked = HttpAsk {
            method: "GET",
            scheme: "https",
            authority: host,
            path_and_query: path,
        };
        c.bench_function(&format!("decision: {name}"), |b| {
            b.iter(|| black_box(authority.http(black_box(&asked))));
        });
        let floor = per_call(|| {
            black_box(floor.get(black_box(url)));
        });
        let cost = per_call(|| {
            let _ = black_box(authority.http(black_box(&asked)));
        });
        println!(
            "decision: {name}: {cost:.0} ns, {:.1} times the floor of {floor:.0} ns\n",
            cost / floor
        );
    }
}

criterion_group!(benches, decision);
criterion_main!(benches);
