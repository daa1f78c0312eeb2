//! Whoever runs the plugin: the sandbox, or a test's world.

const builtin = @import("builtin");

const wasi = struct {
    const values = @import("wasi/values.zig");
    const files = @import("wasi/files.zig");
    const http = @import("wasi/http.zig");
};
const native = @import("testing.zig");

const in_sandbox = builtin.cpu.arch.isWasm();

const values = if (in_sandbox) wasi.values else native.host;
const files = if (in_sandbox) wasi.files else native.host;
const http = if (in_sandbox) wasi.http else native.host;

pub const config = values.config;
pub const log = values.log;
pub const now = values.now;
pub const open = files.open;
pub const stat = files.stat;
pub const list = files.list;
pub const write = files.write;
pub const makeFolders = files.makeFolders;
pub const send = http.send;
