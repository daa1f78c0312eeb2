//! Requests to where the skill's grants lead.
//!
//! The host resolves, dials and adds secrets; redirects come back as answers and are not followed.

const std = @import("std");
const host = @import("host.zig");
const Call = @import("call.zig").Call;
const Fault = @import("call.zig").Fault;

pub const Header = struct {
    name: []const u8,
    value: []const u8,
};

pub const Request = struct {
    method: []const u8 = "GET",
    /// Absolute, and sent as it is: what it holds is escaped already.
    url: []const u8,
    headers: []const Header = &.{},
    body: []const u8 = "",
    /// Refuses an answer of more bytes than this.
    max_body: usize = 8 << 20,
};

pub const Response = struct {
    status: u16,
    /// The names are in lower case.
    headers: []const Header = &.{},
    body: []const u8 = "",

    /// The first header of that name (lower case).
    pub fn header(response: Response, name: []const u8) ?[]const u8 {
        for (response.headers) |it| if (std.mem.eql(u8, it.name, name)) return it.value;
        return null;
    }

    pub fn isSuccess(response: Response) bool {
        return response.status >= 200 and response.status < 300;
    }

    /// The body as JSON of that type; what it has beyond that is passed over.
    pub fn json(response: Response, comptime T: type, call: *Call) Fault!T {
        return std.json.parseFromSliceLeaky(T, call.allocator, response.body, .{ .ignore_unknown_fields = true }) catch |failure|
            call.fail(error.Unavailable, "the service answered {d} with something that is not the JSON expected ({s}): {s}", .{
                response.status,
                @errorName(failure),
                response.body[0..@min(response.body.len, 200)],
            });
    }
};

/// Why no answer came; `send` makes a fault of it.
pub const Error = error{
    /// The host refused: no grant, need or policy covers the request.
    Refused,
    /// The request itself is malformed.
    Malformed,
    /// The answer is larger than the limit.
    TooLarge,
    /// No connection, no whole answer, or not in time.
    Unavailable,
    OutOfMemory,
};

/// Sends a request and waits for the whole answer, whatever its status.
pub fn send(call: *Call, request: Request) (Fault || error{OutOfMemory})!Response {
    var words: []const u8 = "no answer";
    const answer: Error!Response = if (Url.of(request.url)) |url|
        host.send(call, request, url, &words)
    else malformed: {
        words = "the URL has no scheme or no host";
        break :malformed error.Malformed;
    };
    return answer catch |failure| {
        const fault: Fault = switch (failure) {
            error.Refused => error.Denied,
            error.Malformed => error.InvalidInput,
            error.TooLarge, error.Unavailable => error.Unavailable,
            error.OutOfMemory => return error.OutOfMemory,
        };
        return call.fail(fault, "{s} {s}: {s}", .{ request.method, request.url, words });
    };
}

pub fn get(call: *Call, url: []const u8) !Response {
    return send(call, .{ .url = url });
}

pub fn post(call: *Call, url: []const u8, content_type: []const u8, body: []const u8) !Response {
    return send(call, .{
        .method = "POST",
        .url = url,
        .headers = &.{.{ .name = "content-type", .value = content_type }},
        .body = body,
    });
}

/// A text as one segment of a path or one value of a query: all but letters, digits and `-._~` as `%XX`.
pub fn escape(call: *Call, text: []const u8) error{OutOfMemory}![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    for (text) |byte| switch (byte) {
        'a'...'z', 'A'...'Z', '0'...'9', '-', '.', '_', '~' => try out.append(call.allocator, byte),
        else => try out.print(call.allocator, "%{X:0>2}", .{byte}),
    };
    return out.items;
}

/// The parts of a URL, taken apart and not repaired.
pub const Url = struct {
    scheme: []const u8,
    authority: []const u8,
    path: []const u8,

    pub fn of(url: []const u8) ?Url {
        const colon = std.mem.find(u8, url, "://") orelse return null;
        const rest = url[colon + 3 ..];
        const end = std.mem.findAny(u8, rest, "/?") orelse rest.len;
        if (colon == 0 or end == 0) return null;
        return .{ .scheme = url[0..colon], .authority = rest[0..end], .path = rest[end..] };
    }
};

test "a url is taken apart and not repaired" {
    const url = Url.of("http://127.0.0.1:9090/api?x=1").?;
    try std.testing.expectEqualStrings("http", url.scheme);
    try std.testing.expectEqualStrings("127.0.0.1:9090", url.authority);
    try std.testing.expectEqualStrings("/api?x=1", url.path);
    try std.testing.expectEqualStrings("?x", Url.of("https://example.org?x").?.path);
    try std.testing.expectEqualStrings("", Url.of("https://example.org").?.path);
    try std.testing.expectEqual(null, Url.of("example.org/x"));
    try std.testing.expectEqual(null, Url.of("http:///x"));
}

test "what could end a value is escaped" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var call: Call = .{ .allocator = arena.allocator() };
    try std.testing.expectEqualStrings("up%7Ba%26b%7D%20%C3%A9", try escape(&call, "up{a&b} é"));
}
