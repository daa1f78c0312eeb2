//! A value of any shape, kept as its JSON text.

const std = @import("std");

/// Any JSON value, as its text: in an input it has been checked to be JSON of bounded depth; in an output it is
/// written as it is.
pub const Json = struct {
    text: []const u8,

    /// Nothing is said of it.
    pub const json_schema = "";

    pub fn jsonStringify(self: Json, out: anytype) !void {
        try out.beginWriteRaw();
        try out.writer.writeAll(self.text);
        out.endWriteRaw();
    }

    /// As a tree, for what walks it.
    pub fn parse(self: Json, allocator: std.mem.Allocator) !std.json.Value {
        return std.json.parseFromSliceLeaky(std.json.Value, allocator, self.text, .{});
    }
};
