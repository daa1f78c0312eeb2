#!/usr/bin/env bash
# Makes internal/bindings anew from ../../../wit, and internal/wit from the runtime that wit-bindgen's generator for Go
# carries. Only needed when wit/ changes: what it makes is committed, and authors never run it.
#
#   cargo install wit-bindgen-cli --version 0.63.0 --locked --no-default-features --features go --root TOOLS
#   PATH=TOOLS/bin:$PATH ./generate.sh       (with go and gofmt on the PATH too)
set -euo pipefail
cd "$(dirname "$0")"
version=0.63.0
wit-bindgen --version | grep -q " $version" || { echo "wit-bindgen $version is needed" >&2; exit 2; }
runtime=$(ls -d "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/wit-bindgen-go-$version/src/pkg | head -n 1)

rm -rf internal/wit internal/bindings/imports internal/bindings/exports/wit_exports
mkdir -p internal/wit/runtime internal/wit/types
cp "$runtime/LICENSE" internal/wit/
cp "$runtime"/wit/runtime/{runtime.go,empty.s} internal/wit/runtime/
# Streams and futures, which 0.2 does not have, are left out, and with them what they need.
cp "$runtime"/wit/types/{option,result,tuple,unit}.go internal/wit/types/

wit-bindgen go --world plugin --pkg-name remit/internal/bindings --out-dir internal/bindings --quiet ../../../wit
rm -f internal/bindings/go.mod
# The standard library reaches these through wasip1, so that nobody calls the bindings.
cd internal/bindings/imports
rm -r wasi_cli_* wasi_filesystem_* wasi_random_* wasi_clocks_wall_clock remit_connector_connector
cd ../../..
find internal/bindings -name '*.go' -exec sed -i 's|go\.bytecodealliance\.org/pkg/wit/|remit/internal/wit/|' {} +
gofmt -w internal
