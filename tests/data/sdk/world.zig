//! Does one of each thing that the SDK offers: tests/it/native_sdks.rs calls it.

const std = @import("std");
const remit = @import("remit");

pub const std_options: std.Options = .{ .logFn = remit.logFn };

const Input = struct { base: []const u8 };

const Output = struct {
    file: []const u8,
    names: []const u8,
    status: u16,
    got: []const u8,
    posted: []const u8,
    mark: []const u8,
    too_large: bool,
    late: bool,
};

fn world(call: *remit.Call, input: Input) !Output {
    const folder = try remit.config.require(call, "folder");
    const path = try call.print("{s}/out.txt", .{folder});
    try remit.files.write(call, path, "first");
    try remit.files.write(call, path, "second");
    var names: []const u8 = "";
    for (try remit.files.list(call, folder)) |entry| {
        names = try call.print("{s}{s}{s} ", .{ names, entry.name, if (entry.kind == .folder) "/" else "" });
    }
    const got = try remit.http.get(call, try call.print("{s}/get?x=1", .{input.base}));
    const body = try call.allocator.alloc(u8, 20_000);
    @memset(body, 'b');
    const posted = try remit.http.post(call, try call.print("{s}/post", .{input.base}), "text/plain", body);
    const large = remit.http.send(call, .{ .url = try call.print("{s}/large", .{input.base}), .max_body = 10 });
    const too_large = if (large) |_| false else |failure| failure == error.Unavailable;
    std.log.warn("{s}", .{call.message});
    return .{
        .file = try remit.files.readText(call, path, 100),
        .names = names,
        .status = got.status,
        .got = got.body,
        .posted = posted.body,
        .mark = got.header("x-mark") orelse "none",
        .too_large = too_large,
        .late = remit.now() > 1_700_000_000_000,
    };
}

pub const plugin: remit.Plugin = .{
    .name = "world",
    .version = "0.1.0",
    .summary = "For tests",
    .operations = &.{remit.read("world", "Does one of each", world)},
};

comptime {
    remit.exportPlugin(plugin);
}
