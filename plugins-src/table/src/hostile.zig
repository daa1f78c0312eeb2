//! No bytes end in a trap: every answer is an output that is JSON, or a fault with words.

const std = @import("std");
const Test = @import("tests.zig").Test;

const operations = [_][2][]const u8{
    .{ "describe", "" },
    .{ "select", "\"order_by\":[{\"column\":\"a\"},{\"column\":\"b\",\"descending\":true}],\"limit\":3" },
    .{ "filter", "\"conditions\":[{\"column\":\"a\",\"op\":\"ge\",\"value\":\"1\"},{\"column\":\"b\",\"op\":\"contains\",\"value\":\"x\"}],\"match\":\"any\"" },
    .{ "group", "\"by\":[\"a\"],\"aggregates\":[{\"function\":\"sum\",\"column\":\"b\"},{\"function\":\"min\",\"column\":\"b\"}]" },
    .{ "group", "\"aggregates\":[{\"function\":\"mean\",\"column\":\"b\"}]" },
};

fn survive(text: []const u8) !void {
    for (operations) |operation| {
        var it: Test = undefined;
        it.init();
        defer it.deinit();
        const output = it.on(operation[0], text, operation[1]) catch |failure| {
            try std.testing.expect(failure != error.Internal);
            try std.testing.expect(it.call.message.len > 0);
            continue;
        };
        try std.testing.expect(try std.json.validate(it.call.allocator, output));
    }
}

test "random bytes" {
    var random: std.Random.DefaultPrng = .init(11);
    const letters = "ab,;|\t\"\"\r\n\n1290.-+eE {}[]:\\u\x00\xc3\xa4\xff";
    var buffer: [80]u8 = undefined;
    for (0..4000) |_| {
        const text = buffer[0..random.random().uintLessThan(usize, buffer.len)];
        for (text) |*byte| byte.* = letters[random.random().uintLessThan(usize, letters.len)];
        try survive(text);
    }
}

test "tables with some bytes changed" {
    var random: std.Random.DefaultPrng = .init(13);
    const tables = [_][]const u8{
        "a,b,c\n1,2.5,x\n-3,1e3,\"y \"\"z\"\"\"\n,,\n007,4,\n",
        "[{\"a\":1,\"b\":2.5},{\"a\":\"\\u00e9\\ud83d\\ude00\",\"b\":[1,{}]},{\"b\":-1e-5,\"c\":null}]",
        "{\"columns\":[\"a\",\"b\"],\"rows\":[[1,\"x\"],[2,true],[],[1e400,99999999999999999999999999999999999999.5]]}",
    };
    var buffer: [200]u8 = undefined;
    for (0..6000) |round| {
        const table = tables[round % tables.len];
        const text = buffer[0..table.len];
        @memcpy(text, table);
        for (0..1 + random.random().uintLessThan(usize, 3)) |_| {
            const at = random.random().uintLessThan(usize, text.len);
            text[at] = if (random.random().boolean()) text[random.random().uintLessThan(usize, text.len)] else random.random().int(u8);
        }
        try survive(text[0..if (round % 5 == 0) random.random().uintLessThan(usize, text.len) else text.len]);
    }
}

test "shapes that are too much" {
    const allocator = std.testing.allocator;
    const wide = try allocator.alloc(u8, 5000);
    defer allocator.free(wide);
    @memset(wide, ',');
    try survive(wide);
    const deep = try allocator.alloc(u8, 100_000);
    defer allocator.free(deep);
    @memset(deep, '[');
    try survive(deep);
    @memset(deep, '"');
    try survive(deep);
    @memset(deep, '1');
    try survive(deep);
    @memset(deep, '\n');
    try survive(deep);
}
