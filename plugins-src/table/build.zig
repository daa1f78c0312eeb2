const std = @import("std");
const remit = @import("remit");

/// `zig build test` runs the tests; `remit build` makes the component.
pub fn build(b: *std.Build) void {
    remit.addPlugin(b, .{
        .name = "table",
        .root_source_file = b.path("src/plugin.zig"),
    });
}
