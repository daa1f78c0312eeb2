//! `join`: two tables side by side, where their keys are the same.

const std = @import("std");
const remit = @import("remit");
const output = @import("output.zig");
const select = @import("select.zig");
const table_ = @import("table.zig");
const Key = @import("value.zig").Key;
const Value = @import("value.zig").Value;
const Table = table_.Table;
const Error = table_.Error;

const On = struct { left: []const u8, right: []const u8 };

pub const Input = struct {
    left: table_.Source,
    right: table_.Source,
    on: []const On,
    kind: enum { inner, left } = .inner,
    limit: u32 = 100,
    offset: u32 = 0,

    pub const fields = .{
        .on = .{ .description = "The columns whose cells must be the same: numbers by their worth, texts by their bytes; a null is like nothing", .min_items = 1, .max_items = 8 },
        .kind = .{ .description = "`left` also gives the rows of the left table that have no match, with nulls" },
        .limit = select.Select.fields.limit,
        .offset = select.Select.fields.offset,
    };
};

pub const Output = struct {
    rows: output.RowList,
    total: u64,
    problem_count: u64,

    pub const fields = .{
        .total = select.Output.fields.total,
        .problem_count = select.Output.fields.problem_count,
    };
};

/// The rows of the right table by a hash of their keys: where they stand, and which has the same hash next.
const Index = struct {
    at: []u32,
    next: []u32,
    first: std.AutoHashMapUnmanaged(u64, u32) = .empty,

    const none = std.math.maxInt(u32);
};

pub fn join(call: *remit.Call, input: Input) !Output {
    var left: Table = try .open(call, input.left);
    var right: Table = try .open(call, input.right);
    const left_keys = try call.allocator.alloc(usize, input.on.len);
    const right_keys = try call.allocator.alloc(usize, input.on.len);
    for (input.on, left_keys, right_keys) |on, *a, *b| {
        a.* = try left.column(on.left);
        b.* = try right.column(on.right);
        try checkTypes(call, left.columns[a.*], right.columns[b.*]);
    }
    const others = try otherColumns(&left, &right, right_keys);
    const index = try build(&right, right_keys);

    const out: output.Writer = try .init(call);
    var total: u64 = 0;
    var rows = try left.rows();
    var matches = try right.rows();
    const keys = try call.allocator.alloc(Key, left_keys.len);
    while (try rows.next()) |row| {
        const before = total;
        if (try hashOf(call, row.values, left_keys, keys)) |hash| {
            var at = index.first.get(hash) orelse Index.none;
            while (at != Index.none) : (at = index.next[at]) {
                const match = try matches.read(index.at[at]);
                if (!try same(call, keys, match.values, right_keys)) continue;
                if (wanted(input, total)) try put(out, &left, row.values, others, match.values);
                total += 1;
            }
        }
        if (total == before and input.kind == .left) {
            if (wanted(input, total)) try put(out, &left, row.values, others, null);
            total += 1;
        }
    }
    return .{ .rows = try out.finish(), .total = total, .problem_count = left.problem_count + right.problem_count };
}

fn wanted(input: Input, number: u64) bool {
    return number >= input.offset and number - input.offset < input.limit;
}

/// Numbers are never like texts: that no row matches would be no answer.
fn checkTypes(call: *remit.Call, left: table_.Column, right: table_.Column) Error!void {
    const one, const other = .{ kindOf(left), kindOf(right) };
    if (one != null and other != null and one.? != other.?) {
        return call.fail(error.InvalidInput, "`{s}` is of type {s} and `{s}` of type {s}: no row would match", .{
            left.name,
            @tagName(left.type),
            right.name,
            @tagName(right.type),
        });
    }
}

fn kindOf(column: table_.Column) ?enum { number, text, boolean } {
    return switch (column.type) {
        .integer, .decimal => .number,
        .text, .date, .json => .text,
        .boolean => .boolean,
        .mixed, .empty => null,
    };
}

const Other = struct { column: usize, name: []const u8 };

fn otherColumns(left: *const Table, right: *const Table, keys: []const usize) Error![]const Other {
    var others: std.ArrayList(Other) = try .initCapacity(left.call.allocator, right.columns.len);
    for (right.columns, 0..) |column, at| {
        if (std.mem.findScalar(usize, keys, at) != null) continue;
        var name = column.name;
        while (left.index.contains(name) or (name.ptr != column.name.ptr and right.index.contains(name))) {
            name = try left.call.print("right.{s}", .{name});
        }
        others.appendAssumeCapacity(.{ .column = at, .name = name });
    }
    return others.items;
}

fn build(right: *const Table, columns: []const usize) Error!Index {
    const call = right.call;
    var index: Index = .{
        .at = try call.allocator.alloc(u32, @intCast(right.row_count)),
        .next = try call.allocator.alloc(u32, @intCast(right.row_count)),
    };
    @memset(index.next, Index.none);
    const keys = try call.allocator.alloc(Key, columns.len);
    var rows = try right.rows();
    var count: u32 = 0;
    // The last row of each hash, so that matches come in the order of the table.
    var last: std.AutoHashMapUnmanaged(u64, u32) = .empty;
    while (try rows.next()) |row| : (count += 1) {
        index.at[count] = @intCast(row.at);
        const hash = try hashOf(call, row.values, columns, keys) orelse continue;
        const entry = try last.getOrPut(call.allocator, hash);
        if (entry.found_existing) {
            index.next[entry.value_ptr.*] = count;
        } else {
            try index.first.put(call.allocator, hash, count);
        }
        entry.value_ptr.* = count;
    }
    return index;
}

/// None where a key is null.
fn hashOf(call: *remit.Call, row: []const Value, columns: []const usize, keys: []Key) Error!?u64 {
    var hasher: std.hash.Wyhash = .init(0);
    for (keys, columns) |*key, column| {
        key.* = try .of(call, row[column]);
        if (key.* == .null) return null;
        key.hash(&hasher);
    }
    return hasher.final();
}

fn same(call: *remit.Call, keys: []const Key, row: []const Value, columns: []const usize) Error!bool {
    for (keys, columns) |key, column| {
        if (key.order(try Key.of(call, row[column])) != .eq) return false;
    }
    return true;
}

fn put(out: output.Writer, left: *const Table, row: []const Value, others: []const Other, match: ?[]const Value) Error!void {
    try out.begin();
    for (left.columns, row) |column, value| try out.field(column.name, value);
    for (others) |other| try out.field(other.name, if (match) |values| values[other.column] else @as(Value, .null));
    try out.end();
}
