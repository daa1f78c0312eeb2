//! Write a Remit plugin in a page of Zig. See README.md for the page.

const builtin = @import("builtin");

const plugin = @import("plugin.zig");

pub const Plugin = plugin.Plugin;
pub const Operation = plugin.Operation;
pub const Effect = plugin.Effect;
pub const Need = plugin.Need;
pub const read = plugin.read;
pub const write = plugin.write;
pub const destructive = plugin.destructive;
pub const encode = plugin.encode;
pub const Call = @import("call.zig").Call;
pub const Fault = @import("call.zig").Fault;
pub const Json = @import("json.zig").Json;
pub const exportPlugin = @import("exports.zig").exportPlugin;

pub const config = @import("config.zig");
pub const files = @import("files.zig");
pub const http = @import("http.zig");
pub const testing = if (builtin.is_test) @import("testing.zig") else @compileError("for tests only");
pub const logFn = @import("log.zig").logFn;
pub const panic = @import("log.zig").panic;

/// Milliseconds since 1970, by the wall clock.
pub fn now() u64 {
    return @import("host.zig").now();
}

test {
    _ = @import("schema.zig");
    _ = @import("call.zig");
    _ = @import("decode.zig");
    _ = @import("plugin.zig");
    _ = @import("http.zig");
    _ = @import("testing.zig");
}
