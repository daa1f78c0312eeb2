//! Conditions on rows.

const std = @import("std");
const remit = @import("remit");
const table_ = @import("table.zig");
const Decimal = @import("decimal.zig").Decimal;
const Value = @import("value.zig").Value;
const tooLong = @import("value.zig").tooLong;
const Table = table_.Table;
const Error = table_.Error;

pub const Op = enum { eq, ne, lt, le, gt, ge, in, not_in, contains, starts_with, ends_with, is_null, not_null };

/// What operations take.
pub const Condition = struct {
    column: []const u8,
    op: Op,
    value: ?remit.Json = null,

    pub const fields = .{
        .op = .{ .description = "Nothing but `is_null` is true of a null" },
        .value = .{ .description = "A number, a text, true or false; for `in` and `not_in` a list of them. A number may be given as a text, with as many digits as it takes" },
    };
};

pub const Match = enum { all, any };

/// What a cell is compared with.
const Operand = union(enum) {
    boolean: bool,
    number: Decimal,
    text: []const u8,
};

const Test = struct {
    column: usize,
    op: Op,
    operands: []const Operand,
};

/// Conditions whose columns were found and whose values fit them.
pub const Filter = struct {
    tests: []const Test,
    match: Match,

    pub fn init(table: *const Table, conditions: []const Condition, match: Match) Error!Filter {
        const tests = try table.call.allocator.alloc(Test, conditions.len);
        for (tests, conditions) |*to, from| to.* = try prepare(table, from);
        return .{ .tests = tests, .match = match };
    }

    pub fn accepts(filter: Filter, call: *remit.Call, row: []const Value) Error!bool {
        for (filter.tests) |it| {
            if (try holds(call, it, row[it.column]) != (filter.match == .all)) return filter.match == .any;
        }
        // Without conditions there is nothing to miss.
        return filter.match == .all or filter.tests.len == 0;
    }
};

fn prepare(table: *const Table, condition: Condition) Error!Test {
    const call = table.call;
    const column = try table.column(condition.column);
    const of_null = condition.op == .is_null or condition.op == .not_null;
    if (of_null) {
        if (condition.value != null) return call.fail(error.InvalidInput, "`{s}` takes no value", .{@tagName(condition.op)});
        return .{ .column = column, .op = condition.op, .operands = &.{} };
    }
    const given = condition.value orelse return call.fail(error.InvalidInput, "`{s}` on `{s}` needs a value; whether there is none is asked with is_null", .{ @tagName(condition.op), condition.column });
    // Without its text, a number with a point would be a double.
    const parsed = std.json.parseFromSliceLeaky(std.json.Value, call.allocator, given.text, .{ .parse_numbers = false });
    const value = parsed catch |failure| return if (failure == error.OutOfMemory)
        error.OutOfMemory
    else
        call.fail(error.InvalidInput, "the value for `{s}` cannot be read", .{condition.column});
    const of_list = condition.op == .in or condition.op == .not_in;
    const values: []const std.json.Value = switch (value) {
        .array => |list| if (of_list) list.items else return call.fail(error.InvalidInput, "only in and not_in take a list", .{}),
        else => if (of_list) return call.fail(error.InvalidInput, "`{s}` takes a list", .{@tagName(condition.op)}) else &.{value},
    };
    const operands = try call.allocator.alloc(Operand, values.len);
    for (operands, values) |*to, from| to.* = try operand(table, column, condition.op, from);
    return .{ .column = column, .op = condition.op, .operands = operands };
}

/// The value as the column's type wants it; one that could never be equal is a mistake, and said.
fn operand(table: *const Table, column: usize, op: Op, value: std.json.Value) Error!Operand {
    const call = table.call;
    const it = table.columns[column];
    const of_text = op == .contains or op == .starts_with or op == .ends_with;
    const given: Operand = switch (value) {
        .bool => |boolean| .{ .boolean = boolean },
        .string => |text| .{ .text = text },
        .number_string => |number| .{ .number = Decimal.parse(number) orelse return tooLong(call, number) },
        .integer, .float => unreachable,
        .null => return call.fail(error.InvalidInput, "nothing is equal to null: ask with is_null", .{}),
        .array, .object => return call.fail(error.InvalidInput, "the value for `{s}` is neither a number, a text, true nor false", .{it.name}),
    };
    if (of_text) {
        if (given != .text) return call.fail(error.InvalidInput, "`{s}` takes a text", .{@tagName(op)});
        return given;
    }
    const wanted: []const u8 = switch (it.type) {
        .mixed, .empty => return given,
        .integer, .decimal => if (given == .number) return given else if (given == .text) number: {
            if (Decimal.parse(given.text)) |number| return .{ .number = number };
            break :number "a number";
        } else "a number",
        .boolean => if (given == .boolean) return given else "true or false",
        .text, .date, .json => if (given == .text) return given else "a text",
    };
    return call.fail(error.InvalidInput, "the column `{s}` is of type {s}: compare it with {s}", .{ it.name, @tagName(it.type), wanted });
}

fn holds(call: *remit.Call, it: Test, value: Value) Error!bool {
    if (value == .null) return it.op == .is_null;
    switch (it.op) {
        .is_null => return false,
        .not_null => return true,
        .in, .not_in => {
            for (it.operands) |one| if (try compare(call, value, one) == .eq) return it.op == .in;
            return it.op == .not_in;
        },
        .contains, .starts_with, .ends_with => {
            const text = switch (value) {
                .text, .number, .json => |text| text,
                .boolean => |boolean| if (boolean) "true" else "false",
                .null => unreachable,
            };
            const part = it.operands[0].text;
            return switch (it.op) {
                .contains => std.mem.find(u8, text, part) != null,
                .starts_with => std.mem.startsWith(u8, text, part),
                else => std.mem.endsWith(u8, text, part),
            };
        },
        else => {},
    }
    const order = try compare(call, value, it.operands[0]) orelse return it.op == .ne;
    return switch (it.op) {
        .eq => order == .eq,
        .ne => order != .eq,
        .lt => order == .lt,
        .le => order != .gt,
        .gt => order == .gt,
        else => order != .lt,
    };
}

/// None for two that are not of one kind.
fn compare(call: *remit.Call, value: Value, with: Operand) Error!?std.math.Order {
    return switch (with) {
        .boolean => |it| if (value == .boolean) std.math.order(@intFromBool(value.boolean), @intFromBool(it)) else null,
        .number => |it| if (value == .number) (Decimal.parse(value.number) orelse return tooLong(call, value.number)).order(it) else null,
        .text => |it| switch (value) {
            .text, .json => |text| std.mem.order(u8, text, it),
            else => null,
        },
    };
}
