//! Lines for the person who runs the skill, through `std.log`. The host keeps 64 KiB of them unless the skill
//! says otherwise.

const std = @import("std");
const host = @import("host.zig");

/// For `pub const std_options: std.Options = .{ .logFn = remit.logFn };` in the plugin's root.
pub fn logFn(
    comptime level: std.log.Level,
    comptime scope: @EnumLiteral(),
    comptime format: []const u8,
    arguments: anytype,
) void {
    const prefix = if (scope == .default) "" else "(" ++ @tagName(scope) ++ ") ";
    var buffer: [4096]u8 = undefined;
    var out: std.Io.Writer = .fixed(&buffer);
    // What is longer than the buffer is cut.
    out.print(prefix ++ format, arguments) catch {};
    host.log(switch (level) {
        .debug => 0,
        .info => 1,
        .warn => 2,
        .err => 3,
    }, out.buffered());
}

/// For `pub const panic = remit.panic;` in the plugin's root: the words of a panic, which ends the call as a
/// trap, reach the log.
pub const panic = std.debug.FullPanic(struct {
    fn panic(message: []const u8, _: ?usize) noreturn {
        host.log(3, message);
        @trap();
    }
}.panic);
