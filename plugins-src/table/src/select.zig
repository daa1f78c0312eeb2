//! `select` and `filter`: some rows and columns of a table, in some order.

const std = @import("std");
const remit = @import("remit");
const condition = @import("condition.zig");
const output = @import("output.zig");
const table_ = @import("table.zig");
const Key = @import("value.zig").Key;
const Row = @import("rows.zig").Row;
const Table = table_.Table;
const Error = table_.Error;

pub const max_limit = 10_000;

pub const Order = struct {
    column: []const u8,
    descending: bool = false,
};

pub const Select = struct {
    table: table_.Source,
    columns: []const []const u8 = &.{},
    order_by: []const Order = &.{},
    limit: u32 = 100,
    offset: u32 = 0,

    pub const fields = .{
        .columns = .{ .description = "The columns, in the order wanted; all unless said", .max_items = table_.max_columns },
        .order_by = .{ .description = "Numbers by their worth, texts by their bytes; null comes last", .max_items = 8 },
        .limit = .{ .minimum = 0, .maximum = max_limit },
        .offset = .{ .maximum = 1_000_000 },
    };
};

pub const Filter = struct {
    table: table_.Source,
    conditions: []const condition.Condition,
    match: condition.Match = .all,
    columns: []const []const u8 = &.{},
    order_by: []const Order = &.{},
    limit: u32 = 100,
    offset: u32 = 0,

    pub const fields = .{
        .conditions = .{ .max_items = 100 },
        .match = .{ .description = "Whether a row must meet all conditions, or any of them" },
        .columns = Select.fields.columns,
        .order_by = Select.fields.order_by,
        .limit = Select.fields.limit,
        .offset = Select.fields.offset,
    };
};

pub const Output = struct {
    rows: output.RowList,
    total: u64,
    problem_count: u64,

    pub const fields = .{
        .total = .{ .description = "How many rows there are, before limit and offset" },
        .problem_count = .{ .description = "How much in the table is not as it should be: `describe` says what" },
    };
};

pub fn select(call: *remit.Call, input: Select) !Output {
    return filter(call, .{
        .table = input.table,
        .conditions = &.{},
        .columns = input.columns,
        .order_by = input.order_by,
        .limit = input.limit,
        .offset = input.offset,
    });
}

pub fn filter(call: *remit.Call, input: Filter) !Output {
    var table: Table = try .open(call, input.table);
    const columns = try output.pick(&table, input.columns);
    const accepted: condition.Filter = try .init(&table, input.conditions, input.match);
    const out: output.Writer = try .init(call);
    var total: u64 = 0;
    var rows = try table.rows();
    if (input.order_by.len == 0) {
        while (try rows.next()) |row| {
            if (!try accepted.accepts(call, row.values)) continue;
            if (total >= input.offset and total - input.offset < input.limit) try put(out, &table, columns, row);
            total += 1;
        }
    } else {
        var first: First = try .init(&table, input.order_by, @as(usize, input.offset) + input.limit);
        while (try rows.next()) |row| {
            if (!try accepted.accepts(call, row.values)) continue;
            total += 1;
            try first.add(row);
        }
        const kept = first.finish();
        for (kept[@min(input.offset, kept.len)..]) |it| try put(out, &table, columns, try rows.read(it.at));
    }
    return .{ .rows = try out.finish(), .total = total, .problem_count = table.problem_count };
}

fn put(out: output.Writer, table: *const Table, columns: []const usize, row: Row) Error!void {
    try out.begin();
    for (columns) |it| try out.field(table.columns[it].name, row.values[it]);
    try out.end();
}

/// The first so many rows of an order: of the others nothing is kept.
const First = struct {
    table: *const Table,
    columns: []const usize,
    descending: []const bool,
    count: usize,
    /// All there is room for, each with its keys; the first so many are in use.
    entries: []Entry = &.{},
    used: usize = 0,

    const Entry = struct { at: usize, keys: []Key };

    fn init(table: *const Table, by: []const Order, count: usize) Error!First {
        const columns = try table.call.allocator.alloc(usize, by.len);
        const descending = try table.call.allocator.alloc(bool, by.len);
        for (by, columns, descending) |it, *column, *down| {
            column.* = try table.column(it.column);
            down.* = it.descending;
        }
        return .{ .table = table, .columns = columns, .descending = descending, .count = count };
    }

    fn add(first: *First, row: Row) Error!void {
        if (first.count == 0) return;
        const call = first.table.call;
        // Twice as many, then sorted and cut: that is quicker than to keep them sorted. What is cut off lends its
        // memory to what comes next.
        if (first.used == 2 * first.count) {
            first.sort();
            first.used = first.count;
        }
        if (first.used == first.entries.len) try first.grow();
        const entry = &first.entries[first.used];
        first.used += 1;
        entry.at = row.at;
        for (entry.keys, first.columns) |*key, column| {
            key.* = try .of(call, row.values[column]);
            if (key.* == .text and !Row.lasts(first.table, key.text)) key.text = try call.allocator.dupe(u8, key.text);
        }
    }

    fn grow(first: *First) Error!void {
        const allocator = first.table.call.allocator;
        const old = first.entries.len;
        const room = @min(2 * first.count, @max(64, 2 * old));
        const entries = try allocator.alloc(Entry, room);
        const keys = try allocator.alloc(Key, (room - old) * first.columns.len);
        @memcpy(entries[0..old], first.entries);
        for (entries[old..], 0..) |*entry, at| entry.keys = keys[at * first.columns.len ..][0..first.columns.len];
        first.entries = entries;
    }

    fn finish(first: *First) []const Entry {
        first.sort();
        return first.entries[0..@min(first.used, first.count)];
    }

    fn sort(first: *First) void {
        std.mem.sortUnstable(Entry, first.entries[0..first.used], first.*, before);
    }

    fn before(first: First, a: Entry, b: Entry) bool {
        for (a.keys, b.keys, first.descending) |one, other, down| {
            const order = one.order(other);
            if (order == .eq) continue;
            if (one == .null or other == .null) return other == .null;
            return if (down) order == .gt else order == .lt;
        }
        // As they stand in the table.
        return a.at < b.at;
    }
};
