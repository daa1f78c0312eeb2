//! `fetch_title`: a request goes where a grant of the skill leads, and nowhere else.

const std = @import("std");
const remit = @import("remit");

const Input = struct {
    url: []const u8,

    pub const fields = .{ .url = .{ .description = "The page, for example `https://example.org/`" } };
};

const Output = struct {
    status: u16,
    title: ?[]const u8,

    pub const fields = .{
        .status = .{ .description = "The HTTP status of the answer" },
        .title = .{ .description = "What stands in the page's <title>; null if it has none" },
    };
};

pub fn fetchTitle(call: *remit.Call, input: Input) !Output {
    // Where no grant covers the request, `try` hands on the host's refusal as a fault of the kind `denied`.
    const response = try remit.http.get(call, input.url);
    // What a server sends need not be UTF-8, and an output must be.
    const is_text = std.unicode.utf8ValidateSlice(response.body);
    return .{
        .status = response.status,
        .title = if (is_text) try title(call, response.body) else null,
    };
}

/// The text between `<title>` and `</title>`, its blanks put together.
fn title(call: *remit.Call, html: []const u8) !?[]const u8 {
    const tag = std.ascii.findIgnoreCase(html, "<title") orelse return null;
    const start = (std.mem.findScalarPos(u8, html, tag, '>') orelse return null) + 1;
    const length = std.ascii.findIgnoreCase(html[start..], "</title") orelse return null;
    var words = std.mem.tokenizeAny(u8, html[start..][0..length], " \t\r\n");
    var out: std.ArrayList(u8) = .empty;
    while (words.next()) |word| {
        if (out.items.len > 0) try out.append(call.allocator, ' ');
        try out.appendSlice(call.allocator, word);
    }
    return out.items;
}

fn answer(request: remit.http.Request) remit.http.Response {
    if (!std.mem.endsWith(u8, request.url, "/")) return .{ .status = 404, .body = "nothing here" };
    return .{ .status = 200, .body = "<html><TITLE lang=en>\n An  example </title>" };
}

fn fetch(call: *remit.Call, url: []const u8) ![]const u8 {
    const input = try call.print("{{\"url\":\"{s}\"}}", .{url});
    return @import("plugin.zig").plugin.invoke(call, "fetch_title", input);
}

test "a page's title is found" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var call: remit.Call = .{ .allocator = arena.allocator() };
    var world: remit.testing.World = .{ .answer = answer };
    world.enter();
    defer world.leave();
    try std.testing.expectEqualStrings("{\"status\":200,\"title\":\"An example\"}", try fetch(&call, "https://example.org/"));
    try std.testing.expectEqualStrings("{\"status\":404,\"title\":null}", try fetch(&call, "https://example.org/x"));
}

test "a refusal is a fault" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var call: remit.Call = .{ .allocator = arena.allocator() };
    var world: remit.testing.World = .{};
    world.enter();
    defer world.leave();
    try std.testing.expectError(error.Denied, fetch(&call, "https://example.org/"));
}
