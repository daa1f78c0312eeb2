//! What the operations give.

const std = @import("std");
const remit = @import("remit");
const plugin = @import("plugin.zig").plugin;

/// A call that ends with the test.
pub const Test = struct {
    arena: std.heap.ArenaAllocator,
    call: remit.Call,

    pub fn init(it: *Test) void {
        it.arena = .init(std.testing.allocator);
        it.call = .{ .allocator = it.arena.allocator() };
    }

    pub fn deinit(it: *Test) void {
        it.arena.deinit();
    }

    /// Calls an operation on a table given as text; `rest` is what else there is in the input.
    pub fn on(it: *Test, operation: []const u8, text: []const u8, rest: []const u8) ![]const u8 {
        const table = try remit.encode(&it.call, .{ .text = text });
        const comma = if (rest.len == 0) "" else ",";
        const input = try it.call.print("{{\"table\":{s}{s}{s}}}", .{ table, comma, rest });
        it.call.message = "";
        return plugin.invoke(&it.call, operation, input);
    }

    pub fn gives(it: *Test, operation: []const u8, text: []const u8, rest: []const u8, rows: []const u8) !void {
        const output = it.on(operation, text, rest) catch |failure| {
            std.debug.print("{s}\n", .{it.call.message});
            return failure;
        };
        const parsed = try std.json.parseFromSliceLeaky(struct { rows: std.json.Value }, it.call.allocator, output, .{ .ignore_unknown_fields = true, .parse_numbers = false });
        try std.testing.expectEqualStrings(rows, try remit.encode(&it.call, parsed.rows));
    }

    pub fn refuses(it: *Test, operation: []const u8, text: []const u8, rest: []const u8, message: []const u8) !void {
        try std.testing.expectError(error.InvalidInput, it.on(operation, text, rest));
        try std.testing.expectEqualStrings(message, it.call.message);
    }
};

const sales =
    \\day,region,price,count
    \\2026-11-02,north,0.10,3
    \\2026-11-03,south,0.20,
    \\2026-11-04,north,10,1
    \\2026-11-05,"west, far",1.5,2
    \\
;

test "describe says what is in a table" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    try std.testing.expectEqualStrings(
        "{\"format\":\"csv\",\"delimiter\":\",\",\"rows\":4,\"columns\":[" ++
            "{\"name\":\"day\",\"type\":\"date\",\"nulls\":0,\"distinct\":4,\"distinct_is_exact\":true,\"min\":\"2026-11-02\",\"max\":\"2026-11-05\"}," ++
            "{\"name\":\"region\",\"type\":\"text\",\"nulls\":0,\"distinct\":3,\"distinct_is_exact\":true,\"min\":\"north\",\"max\":\"west, far\"}," ++
            "{\"name\":\"price\",\"type\":\"decimal\",\"nulls\":0,\"distinct\":4,\"distinct_is_exact\":true,\"min\":0.10,\"max\":10}," ++
            "{\"name\":\"count\",\"type\":\"integer\",\"nulls\":1,\"distinct\":3,\"distinct_is_exact\":true,\"min\":1,\"max\":3}]," ++
            "\"problems\":[],\"problem_count\":0}",
        try it.on("describe", sales, ""),
    );
}

test "what is wrong with a text is said" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    const output = try it.on("describe", "a,a\n1\n2,3,4\n\"x\"y,\"z", "");
    for ([_][]const u8{
        "\"name\":\"a_2\"",
        "{\"line\":1,\"message\":\"there is more than one column `a`: one is called `a_2` here\"}",
        "{\"line\":2,\"message\":\"1 cells instead of 2: the missing ones are null\"}",
        "{\"line\":3,\"message\":\"3 cells instead of 2: those beyond are left out\"}",
        "{\"line\":4,\"message\":\"a quote is never closed: all that follows is one cell\"}",
        "\"problem_count\":4",
    }) |part| {
        if (std.mem.find(u8, output, part) == null) std.debug.print("{s}\nlacks {s}\n", .{ output, part });
        try std.testing.expect(std.mem.find(u8, output, part) != null);
    }
}

test "select gives columns and rows in order" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    try it.gives("select", sales, "\"columns\":[\"price\",\"region\"],\"limit\":1,\"offset\":3", "[{\"price\":1.5,\"region\":\"west, far\"}]");
    try it.gives("select", sales, "\"columns\":[\"price\"],\"order_by\":[{\"column\":\"price\"}]", "[{\"price\":0.10},{\"price\":0.20},{\"price\":1.5},{\"price\":10}]");
    // Null is last, both ways.
    try it.gives("select", sales, "\"columns\":[\"count\"],\"order_by\":[{\"column\":\"count\",\"descending\":true}]", "[{\"count\":3},{\"count\":2},{\"count\":1},{\"count\":null}]");
    try it.gives("select", sales, "\"columns\":[\"day\"],\"limit\":1,\"order_by\":[{\"column\":\"region\",\"descending\":true},{\"column\":\"price\"}]", "[{\"day\":\"2026-11-05\"}]");
    try it.gives("select", sales, "\"limit\":0", "[]");
    try it.refuses("select", sales, "\"columns\":[\"prize\"]", "there is no column `prize`: there are day, region, price, count");
    try it.refuses("select", "", "", "the table is empty");
}

test "a bounded order is the whole order's beginning" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    var text: std.ArrayList(u8) = .empty;
    try text.appendSlice(it.call.allocator, "n\n");
    var random: std.Random.DefaultPrng = .init(3);
    for (0..5000) |_| try text.print(it.call.allocator, "{d}\n", .{random.random().uintLessThan(u32, 1000)});
    const all = try it.on("select", text.items, "\"order_by\":[{\"column\":\"n\"}],\"limit\":5000");
    const some = try it.on("select", text.items, "\"order_by\":[{\"column\":\"n\"}],\"limit\":20");
    const end = std.mem.find(u8, some, "]").?;
    try std.testing.expectEqualStrings(some[0..end], all[0..end]);
}

test "filter compares by type" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    const cases = [_][2][]const u8{
        .{ "{\"column\":\"price\",\"op\":\"eq\",\"value\":0.1}", "[{\"day\":\"2026-11-02\"}]" },
        .{ "{\"column\":\"price\",\"op\":\"eq\",\"value\":\"0.100\"}", "[{\"day\":\"2026-11-02\"}]" },
        .{ "{\"column\":\"price\",\"op\":\"gt\",\"value\":1}", "[{\"day\":\"2026-11-04\"},{\"day\":\"2026-11-05\"}]" },
        .{ "{\"column\":\"price\",\"op\":\"in\",\"value\":[1.50,0.2]}", "[{\"day\":\"2026-11-03\"},{\"day\":\"2026-11-05\"}]" },
        .{ "{\"column\":\"count\",\"op\":\"is_null\"}", "[{\"day\":\"2026-11-03\"}]" },
        .{ "{\"column\":\"count\",\"op\":\"ne\",\"value\":3}", "[{\"day\":\"2026-11-04\"},{\"day\":\"2026-11-05\"}]" },
        .{ "{\"column\":\"count\",\"op\":\"not_in\",\"value\":[]}", "[{\"day\":\"2026-11-02\"},{\"day\":\"2026-11-04\"},{\"day\":\"2026-11-05\"}]" },
        .{ "{\"column\":\"region\",\"op\":\"contains\",\"value\":\"t, \"}", "[{\"day\":\"2026-11-05\"}]" },
        .{ "{\"column\":\"region\",\"op\":\"ends_with\",\"value\":\"th\"},{\"column\":\"day\",\"op\":\"ge\",\"value\":\"2026-11-04\"}", "[{\"day\":\"2026-11-04\"}]" },
    };
    for (cases) |case| {
        try it.gives("filter", sales, try it.call.print("\"columns\":[\"day\"],\"conditions\":[{s}]", .{case[0]}), case[1]);
    }
    try it.gives("filter", sales, "\"columns\":[\"day\"],\"match\":\"any\",\"conditions\":[{\"column\":\"price\",\"op\":\"gt\",\"value\":5},{\"column\":\"price\",\"op\":\"lt\",\"value\":0.15}]", "[{\"day\":\"2026-11-02\"},{\"day\":\"2026-11-04\"}]");
    try it.refuses("filter", sales, "\"conditions\":[{\"column\":\"price\",\"op\":\"eq\",\"value\":\"cheap\"}]", "the column `price` is of type decimal: compare it with a number");
    try it.refuses("filter", sales, "\"conditions\":[{\"column\":\"region\",\"op\":\"lt\",\"value\":3}]", "the column `region` is of type text: compare it with a text");
    try it.refuses("filter", sales, "\"conditions\":[{\"column\":\"region\",\"op\":\"eq\"}]", "`eq` on `region` needs a value; whether there is none is asked with is_null");
}

test "sums and means are exact" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    try it.gives(
        "group",
        sales,
        "\"by\":[\"region\"],\"aggregates\":[{\"function\":\"sum\",\"column\":\"price\"},{\"function\":\"mean\",\"column\":\"price\",\"as\":\"m\"},{\"function\":\"max\",\"column\":\"day\"},{\"function\":\"count\",\"column\":\"count\"}]",
        "[{\"region\":\"north\",\"sum_price\":10.10,\"m\":5.05,\"max_day\":\"2026-11-04\",\"count_count\":2}," ++
            "{\"region\":\"south\",\"sum_price\":0.20,\"m\":0.2,\"max_day\":\"2026-11-03\",\"count_count\":0}," ++
            "{\"region\":\"west, far\",\"sum_price\":1.5,\"m\":1.5,\"max_day\":\"2026-11-05\",\"count_count\":1}]",
    );
    try it.gives("group", "x\n0.1\n0.2\n", "\"aggregates\":[{\"function\":\"sum\",\"column\":\"x\"}]", "[{\"sum_x\":0.3}]");
    // More digits than readers of JSON keep: a text, so that none is lost.
    try it.gives("group", "x\n9007199254740993\n0.01\n", "\"aggregates\":[{\"function\":\"sum\",\"column\":\"x\"}]", "[{\"sum_x\":\"9007199254740993.01\"}]");
    try it.gives("select", "x\n9007199254740993\n1\n", "", "[{\"x\":\"9007199254740993\"},{\"x\":1}]");
    try it.gives("group", "x\n", "\"aggregates\":[{\"function\":\"mean\",\"column\":\"x\"},{\"function\":\"sum\",\"column\":\"x\"},{\"function\":\"count\"}]", "[{\"mean_x\":null,\"sum_x\":0,\"count\":0}]");
    try it.refuses("group", sales, "\"aggregates\":[{\"function\":\"sum\",\"column\":\"region\"}]", "the column `region` is of type text: a sum needs numbers");
}

test "two tables are joined on their keys" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    const inputs =
        \\"left":{"text":"id,name\n1,a\n2.0,b\n,c\n2,d\n9,e"},"right":{"text":"[{\"key\":2,\"name\":\"two\"},{\"key\":1,\"name\":\"one\"},{\"key\":2.00,\"name\":\"zwei\"},{\"key\":null}]"},"on":[{"left":"id","right":"key"}]
    ;
    const inner = try plugin.invoke(&it.call, "join", "{" ++ inputs ++ "}");
    try std.testing.expectEqualStrings(
        "{\"rows\":[{\"id\":1,\"name\":\"a\",\"right.name\":\"one\"},{\"id\":2.0,\"name\":\"b\",\"right.name\":\"two\"},{\"id\":2.0,\"name\":\"b\",\"right.name\":\"zwei\"}," ++
            "{\"id\":2,\"name\":\"d\",\"right.name\":\"two\"},{\"id\":2,\"name\":\"d\",\"right.name\":\"zwei\"}],\"total\":5,\"problem_count\":0}",
        inner,
    );
    const left = try plugin.invoke(&it.call, "join", "{" ++ inputs ++ ",\"kind\":\"left\",\"offset\":3,\"limit\":1}");
    try std.testing.expectEqualStrings("{\"rows\":[{\"id\":null,\"name\":\"c\",\"right.name\":null}],\"total\":7,\"problem_count\":0}", left);
}

test "JSON tables keep their values" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    const rows = "[{\"a\":\"007\",\"b\":[1,{\"c\":null}]},{\"b\":1.0e2,\"\\u0061\":\"x\\n\"},{}]";
    try it.gives("select", rows, "", "[{\"a\":\"007\",\"b\":[1,{\"c\":null}]},{\"a\":\"x\\n\",\"b\":1.0e2},{\"a\":null,\"b\":null}]");
    const table = "{\"note\":[1],\"columns\":[\"a\",\"b\"],\"rows\":[[1,true],[2],[3,false,4]]}";
    try it.gives("select", table, "", "[{\"a\":1,\"b\":true},{\"a\":2,\"b\":null},{\"a\":3,\"b\":false}]");
    try it.gives("filter", table, "\"conditions\":[{\"column\":\"b\",\"op\":\"eq\",\"value\":true}]", "[{\"a\":1,\"b\":true}]");
    try it.gives("select", "[]", "", "[]");
    try it.refuses("select", "[1]", "", "row 1 is no object: lists need `columns` to name them");
    try it.refuses("select", "{\"a\":1}", "", "the table is neither a list of objects nor an object with `columns` and `rows`");
    try it.refuses("select", "[{\"a\":01}]", "", "the table is no JSON text");
    try it.refuses("select", "[{\"a\":\"\\ud800\"}]", "", "the table is no JSON text");
}

test "a text is read as what it is" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    try it.gives("select", "\xef\xbb\xbfa;b\r\n\"1,5\";007\r\n", "", "[{\"a\":\"1,5\",\"b\":\"007\"}]");
    try it.gives("select", "a|true\n|false", "\"limit\":5", "[{\"a\":null,\"true\":false}]");
    const input = "{\"table\":{\"text\":\"1,2\\n3,4\",\"header\":false}}";
    try std.testing.expectEqualStrings("{\"rows\":[{\"c1\":1,\"c2\":2},{\"c1\":3,\"c2\":4}],\"total\":2,\"problem_count\":0}", try plugin.invoke(&it.call, "select", input));
}

test "a path is below the folder" {
    var it: Test = undefined;
    it.init();
    defer it.deinit();
    try std.testing.expectError(error.Denied, plugin.invoke(&it.call, "describe", "{\"table\":{\"path\":\"sales.csv\"}}"));
    try std.testing.expectEqualStrings("no folder is mounted at `/tables/sales.csv`", it.call.message);
    var folder = std.testing.tmpDir(.{});
    defer folder.cleanup();
    try folder.dir.writeFile(std.testing.io, .{ .sub_path = "sales.csv", .data = sales });
    try folder.dir.writeFile(std.testing.io, .{ .sub_path = "utf16.csv", .data = "\xff\xfea\x00" });
    try folder.dir.writeFile(std.testing.io, .{ .sub_path = "latin.csv", .data = "a\n\xe4\n" });
    var world: remit.testing.World = .{ .config = &.{.{ "folder", "/data" }}, .mounts = &.{.{ "/data", folder.dir }} };
    world.enter();
    defer world.leave();
    _ = try plugin.invoke(&it.call, "describe", "{\"table\":{\"path\":\"sales.csv\"}}");
    _ = try plugin.invoke(&it.call, "describe", "{\"table\":{\"path\":\"/data/sales.csv\"}}");
    const cases = [_][2][]const u8{
        .{ "utf16.csv", "the table is UTF-16: save it as UTF-8" },
        .{ "latin.csv", "the table is not UTF-8 text: save it as UTF-8" },
    };
    for (cases) |case| {
        const input = try it.call.print("{{\"table\":{{\"path\":\"{s}\"}}}}", .{case[0]});
        try std.testing.expectError(error.InvalidInput, plugin.invoke(&it.call, "describe", input));
        try std.testing.expectEqualStrings(case[1], it.call.message);
    }
    try std.testing.expectError(error.NotFound, plugin.invoke(&it.call, "describe", "{\"table\":{\"path\":\"none.csv\"}}"));
}
