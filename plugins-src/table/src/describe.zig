//! `describe`: what is in a table.

const std = @import("std");
const remit = @import("remit");
const table_ = @import("table.zig");
const value_ = @import("value.zig");
const Type = @import("columns.zig").Type;
const Key = value_.Key;
const Row = @import("rows.zig").Row;

/// Different values are counted exactly up to this many in all columns together: each is kept to be told from others.
const max_distinct = 100_000;

pub const Input = struct {
    table: table_.Source,
};

/// A text, or a number as rows have it.
const Extreme = struct {
    key: ?Key,

    pub const json_schema = "\"type\":[\"number\",\"string\",\"boolean\",\"null\"]";

    pub fn jsonStringify(it: Extreme, out: anytype) !void {
        const key = it.key orelse return out.write(null);
        // A sample, not the whole cell.
        if (key == .text and key.text.len > 200) {
            var end: usize = 200;
            while (key.text[end] & 0xc0 == 0x80) end -= 1;
            return out.write(key.text[0..end]);
        }
        try key.write(out);
    }
};

const Described = struct {
    name: []const u8,
    type: Type,
    nulls: u64,
    distinct: u64,
    distinct_is_exact: bool,
    min: Extreme,
    max: Extreme,

    pub const fields = .{
        .type = .{ .description = "What all cells are that are not null. Numbers are as in JSON, so `007` and `1,000` are texts" },
        .distinct_is_exact = .{ .description = "Whether that is all of them, not only those counted before there were too many" },
    };
};

pub const Output = struct {
    format: table_.Format,
    delimiter: ?[]const u8,
    rows: u64,
    columns: []const Described,
    problems: []const table_.Problem,
    problem_count: u64,

    pub const fields = .{ .problems = .{ .description = "The first things that are not as they should be, and were read all the same" } };
};

const Distinct = std.HashMapUnmanaged(Key, void, struct {
    pub fn hash(_: @This(), key: Key) u64 {
        var hasher: std.hash.Wyhash = .init(0);
        key.hash(&hasher);
        return hasher.final();
    }
    pub fn eql(_: @This(), a: Key, b: Key) bool {
        return a.order(b) == .eq;
    }
}, 80);

const Seen = struct {
    distinct: Distinct = .empty,
    is_exact: bool = true,
    min: ?Key = null,
    max: ?Key = null,
};

pub fn describe(call: *remit.Call, input: Input) !Output {
    var table = try table_.Table.open(call, input.table);
    const seen = try call.allocator.alloc(Seen, table.columns.len);
    @memset(seen, .{});
    var kept: usize = 0;
    var rows = try table.rows();
    while (try rows.next()) |row| {
        for (row.values, seen) |value, *it| {
            if (value == .null) continue;
            var key = try Key.of(call, value);
            const is_new = it.is_exact and !it.distinct.contains(key);
            const is_least = it.min == null or key.order(it.min.?) == .lt;
            const is_most = it.max == null or key.order(it.max.?) == .gt;
            if (!is_new and !is_least and !is_most) continue;
            // What is kept must outlast the row.
            if (key == .text and !Row.lasts(&table, key.text)) key.text = try call.allocator.dupe(u8, key.text);
            if (is_least) it.min = key;
            if (is_most) it.max = key;
            if (is_new and kept < max_distinct) {
                kept += 1;
                try it.distinct.put(call.allocator, key, {});
            } else if (is_new) it.is_exact = false;
        }
    }
    const columns = try call.allocator.alloc(Described, table.columns.len);
    for (columns, table.columns, seen) |*to, column, it| to.* = .{
        .name = column.name,
        .type = column.type,
        .nulls = column.nulls,
        .distinct = it.distinct.count(),
        .distinct_is_exact = it.is_exact,
        .min = .{ .key = it.min },
        .max = .{ .key = it.max },
    };
    return .{
        .format = table.format,
        .delimiter = if (table.format == .csv) try call.allocator.dupe(u8, &.{table.delimiter}) else null,
        .rows = table.row_count,
        .columns = columns,
        .problems = table.problems.items,
        .problem_count = table.problem_count,
    };
}
