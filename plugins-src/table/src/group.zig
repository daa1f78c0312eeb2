//! `group`: rows that are alike in some columns, and what they add up to.

const std = @import("std");
const remit = @import("remit");
const condition = @import("condition.zig");
const output = @import("output.zig");
const select = @import("select.zig");
const table_ = @import("table.zig");
const decimal = @import("decimal.zig");
const Key = @import("value.zig").Key;
const Row = @import("rows.zig").Row;
const Value = @import("value.zig").Value;
const writeDecimal = @import("value.zig").writeDecimal;
const Table = table_.Table;
const Error = table_.Error;

const Function = enum { count, sum, mean, min, max };

const Aggregate = struct {
    function: Function,
    column: ?[]const u8 = null,
    as: ?[]const u8 = null,

    pub const fields = .{
        .function = .{ .description = "Nulls are passed over. Sums are exact; a mean has six digits more behind the point than the longest of its numbers, rounded half to even" },
        .column = .{ .description = "Of `count` it may be left out: then all rows are counted" },
        .as = .{ .description = "What it is called: `sum_price` unless said" },
    };
};

pub const Input = struct {
    table: table_.Source,
    by: []const []const u8 = &.{},
    aggregates: []const Aggregate = &.{},
    conditions: []const condition.Condition = &.{},
    match: condition.Match = .all,
    limit: u32 = 1000,

    pub const fields = .{
        .by = .{ .description = "The columns; without any, all rows are one group", .max_items = 16 },
        .aggregates = .{ .description = "The number of rows unless said", .max_items = 50 },
        .conditions = select.Filter.fields.conditions,
        .limit = .{ .description = "How many groups to give, the first by their columns", .minimum = 0, .maximum = select.max_limit },
    };
};

pub const Output = struct {
    rows: output.RowList,
    total: u64,
    problem_count: u64,

    pub const fields = .{
        .total = .{ .description = "How many groups there are" },
        .problem_count = select.Output.fields.problem_count,
    };
};

/// An aggregate whose column was found.
const Prepared = struct { function: Function, column: ?usize, name: []const u8 };

const Sum = struct {
    count: u64 = 0,
    sum: decimal.Sum = .{},
    extreme: Key = .null,

    fn add(sum: *Sum, table: *const Table, it: Prepared, value: Value) Error!void {
        if (value == .null) return;
        sum.count += 1;
        if (it.function == .count) return;
        var key = try Key.of(table.call, value);
        if (it.function == .sum or it.function == .mean) {
            if (key != .number) return table.call.fail(error.InvalidInput, "the column `{s}` holds something that is no number", .{table.columns[it.column.?].name});
            sum.sum.add(key.number);
            return;
        }
        const order = key.order(sum.extreme);
        if (sum.extreme != .null and order != (if (it.function == .min) std.math.Order.lt else .gt)) return;
        if (key == .text and !Row.lasts(table, key.text)) key.text = try table.call.allocator.dupe(u8, key.text);
        sum.extreme = key;
    }
};

const Result = struct {
    it: Prepared,
    sum: Sum,

    pub fn write(result: Result, out: *std.json.Stringify) !void {
        const sum = result.sum;
        switch (result.it.function) {
            .count => try out.write(sum.count),
            .sum => try writeDecimal(sum.sum.total(), out),
            .mean => if (sum.count == 0) try out.write(null) else try writeDecimal(sum.sum.mean(sum.count), out),
            .min, .max => try sum.extreme.write(out),
        }
    }
};

const Group = struct { keys: []const Key, sums: []Sum };

const Groups = std.ArrayHashMapUnmanaged([]const Key, []Sum, struct {
    pub fn hash(_: @This(), keys: []const Key) u32 {
        var hasher: std.hash.Wyhash = .init(0);
        for (keys) |key| key.hash(&hasher);
        return @truncate(hasher.final());
    }
    pub fn eql(_: @This(), a: []const Key, b: []const Key, _: usize) bool {
        for (a, b) |one, other| if (one.order(other) != .eq) return false;
        return true;
    }
}, true);

pub fn group(call: *remit.Call, input: Input) !Output {
    var table: Table = try .open(call, input.table);
    const by = if (input.by.len == 0) &[_]usize{} else try output.pick(&table, input.by);
    const aggregates = try prepare(&table, by, input.aggregates);
    const accepted: condition.Filter = try .init(&table, input.conditions, input.match);
    var groups: Groups = .empty;
    const keys = try call.allocator.alloc(Key, by.len);
    if (by.len == 0) try groups.put(call.allocator, keys, try start(call, aggregates.len));
    var rows = try table.rows();
    while (try rows.next()) |row| {
        if (!try accepted.accepts(call, row.values)) continue;
        for (keys, by) |*key, column| key.* = try .of(call, row.values[column]);
        const entry = try groups.getOrPut(call.allocator, keys);
        if (!entry.found_existing) {
            const kept = try call.allocator.dupe(Key, keys);
            for (kept) |*key| {
                if (key.* == .text and !Row.lasts(&table, key.text)) key.text = try call.allocator.dupe(u8, key.text);
            }
            entry.key_ptr.* = kept;
            entry.value_ptr.* = try start(call, aggregates.len);
        }
        for (entry.value_ptr.*, aggregates) |*sum, it| {
            if (it.column) |column| try sum.add(&table, it, row.values[column]) else sum.count += 1;
        }
    }
    return put(call, &table, by, aggregates, &groups, input.limit);
}

fn start(call: *remit.Call, count: usize) Error![]Sum {
    const sums = try call.allocator.alloc(Sum, count);
    @memset(sums, .{});
    return sums;
}

fn put(call: *remit.Call, table: *const Table, by: []const usize, aggregates: []const Prepared, groups: *Groups, limit: u32) Error!Output {
    const sorted = try call.allocator.alloc(Group, groups.count());
    for (sorted, groups.keys(), groups.values()) |*to, keys, sums| to.* = .{ .keys = keys, .sums = sums };
    std.mem.sortUnstable(Group, sorted, {}, struct {
        fn before(_: void, a: Group, b: Group) bool {
            for (a.keys, b.keys) |one, other| switch (one.order(other)) {
                .lt => return true,
                .gt => return false,
                .eq => {},
            };
            return false;
        }
    }.before);
    const out: output.Writer = try .init(call);
    for (sorted[0..@min(sorted.len, limit)]) |it| {
        try out.begin();
        for (by, it.keys) |column, key| try out.field(table.columns[column].name, key);
        for (aggregates, it.sums) |aggregate, sum| try out.field(aggregate.name, Result{ .it = aggregate, .sum = sum });
        try out.end();
    }
    return .{ .rows = try out.finish(), .total = sorted.len, .problem_count = table.problem_count };
}

fn prepare(table: *const Table, by: []const usize, aggregates: []const Aggregate) Error![]const Prepared {
    const call = table.call;
    const wanted: []const Aggregate = if (aggregates.len == 0) &.{.{ .function = .count }} else aggregates;
    const prepared = try call.allocator.alloc(Prepared, wanted.len);
    for (prepared, wanted, 0..) |*to, from, at| {
        const function = @tagName(from.function);
        to.* = .{ .function = from.function, .column = null, .name = from.as orelse function };
        if (from.column) |name| {
            const number = try table.column(name);
            to.column = number;
            if (from.as == null) to.name = try call.print("{s}_{s}", .{ function, name });
            const sums = from.function == .sum or from.function == .mean;
            switch (table.columns[number].type) {
                .integer, .decimal, .empty, .mixed => {},
                else => |it| if (sums) return call.fail(error.InvalidInput, "the column `{s}` is of type {s}: a {s} needs numbers", .{ name, @tagName(it), function }),
            }
        } else if (from.function != .count) return call.fail(error.InvalidInput, "a {s} needs a column", .{function});
        const taken = for (prepared[0..at]) |other| {
            if (std.mem.eql(u8, other.name, to.name)) break true;
        } else for (by) |column| {
            if (std.mem.eql(u8, table.columns[column].name, to.name)) break true;
        } else false;
        if (taken) return call.fail(error.InvalidInput, "there would be two columns `{s}`: say another name in `as`", .{to.name});
    }
    return prepared;
}
