# Developers' recipes. `just` lists them; `just ci` is what CI runs, after scripts/setup.
set shell := ["bash", "-euo", "pipefail", "-c"]

_list:
    @just --list --unsorted

# Everything that must hold before a change lands, cheapest first.
ci: fmt-check deny clippy plugins-check test doc skills-check first-command

# Format all Rust code.
fmt:
    cargo fmt --all
    cd plugins-src && cargo fmt --all

fmt-check:
    cargo fmt --all --check
    cd plugins-src && cargo fmt --all --check

# Licences, sources and bans. Advisories need their database: `cargo deny check advisories` where it can be reached.
deny:
    cargo deny --locked check licenses bans sources
    cd plugins-src && cargo deny --locked --config ../deny.toml check licenses bans sources

clippy:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# All tests of the host, through the library, the command line and the wire.
test *ARGS:
    cargo nextest run --workspace --locked {{ ARGS }}

# Documentation: its examples run, its links hold.
doc:
    cargo test --doc --workspace --locked
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Build the plugins in plugins/ from plugins-src/.
plugins *NAMES:
    cargo run --locked -p xtask -- plugins {{ NAMES }}

# The committed plugins are what their source says, the policy builds for wasm32, the plugins' own tests pass.
plugins-check:
    # What the tests need is built here already: one package alone would be built with other features, and all twice.
    cargo build --locked --workspace --tests --bins
    target/debug/xtask plugins --check
    target/debug/xtask policy-wasm
    cd plugins-src && cargo nextest run --workspace --locked && cargo test --doc --workspace --locked

# The sample skills are valid Agent Skills, and valid to Remit.
skills-check:
    cargo build --locked --workspace --tests --bins
    for skill in skills/*/; do agentskills validate "$skill"; target/debug/remit check "$skill"; done

# README's first command, as a newcomer gives it.
first-command:
    cargo run --release --locked -- run skills/weekly-report --out target/first-command --json </dev/null
    test -s target/first-command/report.html

# The benchmarks: each prints its ratio to a floor that is measured in the same run.
bench *ARGS:
    cargo bench --workspace --locked {{ ARGS }}

# What a plugin costs by its language: the same project made, built and measured in each of them.
bench-languages:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release --locked
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    mkdir "$folder/built"
    remit=$PWD/target/release/remit
    for language in rust c cpp zig js ts python go; do
      (cd "$folder" && "$remit" new "hello-$language" --lang "$language" && cd "hello-$language" && "$remit" build)
      cp "$folder/hello-$language/build/hello-$language.wasm" "$folder/built/$language.wasm"
    done
    REMIT_LANGUAGES=$folder/built cargo bench --locked --workspace --bench languages
