//! Values that the skill configures.

const host = @import("host.zig");
const Call = @import("call.zig").Call;
const Fault = @import("call.zig").Fault;

/// The value under `key`; none where the skill configures none, or grants no reading of it.
pub fn get(call: *Call, key: []const u8) Fault!?[]const u8 {
    var words: []const u8 = "";
    return host.config(key, &words) catch
        call.fail(error.Unavailable, "the configuration `{s}`: {s}", .{ key, words });
}

/// The value under `key`, which the plugin cannot do without.
pub fn require(call: *Call, key: []const u8) Fault![]const u8 {
    return try get(call, key) orelse call.fail(
        error.Denied,
        "the configuration `{s}` is not granted: the skill must say `config {s}=…` for this plugin",
        .{ key, key },
    );
}
