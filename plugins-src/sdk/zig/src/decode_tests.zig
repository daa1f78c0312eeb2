//! What a plugin's input may be.

const std = @import("std");
const Call = @import("call.zig").Call;
const Json = @import("json.zig").Json;
const decode = @import("decode.zig").decode;

const Order = enum { up, down };

const Input = struct {
    text: []const u8,
    top: u32 = 5,
    order: ?Order = null,
    tags: []const Tag = &.{},
    any: ?Json = null,
    ratio: f64 = 0,

    const Tag = struct { name: []const u8, yes: bool = false };

    pub const fields = .{
        .text = .{ .max_length = 8 },
        .top = .{ .minimum = 1, .maximum = 50 },
        .tags = .{ .max_items = 2 },
    };
};

fn read(arena: *std.heap.ArenaAllocator, call: *Call, text: []const u8) !Input {
    return decode(Input, call, try arena.allocator().dupe(u8, text));
}

test "an input is what its type says" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var call: Call = .{ .allocator = arena.allocator() };
    const it = try read(&arena, &call,
        \\ {"tags":[{"name":"a\tb"},{"name":"","yes":true}],"t\u0065xt":"\u00e9\ud83d\ude00\"/\/","top":5.0e1,
        \\  "order":"down","any":{"x":[1,"]"]},"ratio":-1.5e2}
    );
    try std.testing.expectEqualStrings("é😀\"//", it.text);
    try std.testing.expectEqual(50, it.top);
    try std.testing.expectEqual(.down, it.order);
    try std.testing.expectEqualStrings("a\tb", it.tags[0].name);
    try std.testing.expect(it.tags[1].yes);
    try std.testing.expectEqualStrings("{\"x\":[1,\"]\"]}", it.any.?.text);
    try std.testing.expectEqual(-150, it.ratio);
    try std.testing.expectEqual(null, (try read(&arena, &call, "{\"text\":\"\",\"order\":null}")).order);
}

test "what is wrong is said, with its place" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    const cases = [_][2][]const u8{
        .{ "", "the input is no JSON text: at byte 0" },
        .{ "{\"text\":\"\\ud800\"}", "the input is no JSON text: at byte 15" },
        .{ "{\"text\":\"\xff\"}", "the input is no JSON text: at byte 9" },
        .{ "{\"text\":\"\"} x", "the input is no JSON text: at byte 12" },
        .{ "[]", "input: expected an object, found a list" },
        .{ "{}", "input: lacks `text`" },
        .{ "{\"text\":1}", "input.text: expected a text, found a number" },
        .{ "{\"text\":\"\",\"txt\":1}", "input: has no field `txt`" },
        .{ "{\"text\":\"\",\"text\":\"\"}", "input.text: is there twice" },
        .{ "{\"text\":\"123456789\"}", "input.text: has 9 characters, more than 8" },
        .{ "{\"text\":\"\",\"top\":51}", "input.top: 51 is more than 50" },
        .{ "{\"text\":\"\",\"top\":0}", "input.top: 0 is less than 1" },
        .{ "{\"text\":\"\",\"top\":-1}", "input.top: -1 is out of range" },
        .{ "{\"text\":\"\",\"top\":1e99}", "input.top: 1e99 is out of range" },
        .{ "{\"text\":\"\",\"top\":1.5}", "input.top: 1.5 is no whole number" },
        .{ "{\"text\":\"\",\"top\":\"1\"}", "input.top: expected a whole number, found a text" },
        .{ "{\"text\":\"\",\"ratio\":1e999}", "input.ratio: a number that is too large" },
        .{ "{\"text\":\"\",\"order\":\"sideways\"}", "input.order: `sideways` is none of up, down" },
        .{ "{\"text\":\"\",\"tags\":[{\"name\":\"\"},{\"name\":null}]}", "input.tags[1].name: expected a text, found null" },
        .{ "{\"text\":\"\",\"tags\":[{\"name\":\"\"},{\"name\":\"\"},{\"name\":\"\"}]}", "input.tags: has 3 items, more than 2" },
    };
    for (cases) |case| {
        var call: Call = .{ .allocator = arena.allocator() };
        try std.testing.expectError(error.InvalidInput, read(&arena, &call, case[0]));
        try std.testing.expectEqualStrings(case[1], call.message);
    }
}

fn nested(arena: *std.heap.ArenaAllocator, depth: usize) ![]u8 {
    const lists = try arena.allocator().alloc(u8, 2 * depth);
    @memset(lists[0..depth], '[');
    @memset(lists[depth..], ']');
    return std.fmt.allocPrint(arena.allocator(), "{{\"text\":\"\",\"any\":{s}}}", .{lists});
}

test "depth is bounded" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var call: Call = .{ .allocator = arena.allocator() };
    const deep = try nested(&arena, 100_000);
    try std.testing.expectError(error.InvalidInput, read(&arena, &call, deep));
    try std.testing.expectEqualStrings("the input is nested more than 128 deep", call.message);
    _ = try read(&arena, &call, try nested(&arena, 127));
}

test "no bytes end in a trap" {
    var random: std.Random.DefaultPrng = .init(7);
    const whole = "{\"text\":\"\\u00e9\",\"top\":12,\"tags\":[{\"name\":\"a\"}],\"any\":[{}],\"ratio\":1e5}";
    for (0..20_000) |_| {
        var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
        defer arena.deinit();
        var call: Call = .{ .allocator = arena.allocator() };
        const text = try arena.allocator().dupe(u8, whole);
        for (0..random.random().uintLessThan(usize, 4)) |_| {
            text[random.random().uintLessThan(usize, text.len)] = "\"\\{}[],:u0e9d8\xff\x00 "[random.random().uintLessThan(usize, 17)];
        }
        const cut = random.random().uintLessThan(usize, text.len + 1);
        _ = decode(Input, &call, text[0..cut]) catch |failure| {
            try std.testing.expectEqual(error.InvalidInput, failure);
            try std.testing.expect(call.message.len > 0);
        };
    }
}
