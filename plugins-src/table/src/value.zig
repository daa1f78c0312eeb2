//! What stands in a cell, how it is compared, and how it is put out.

const std = @import("std");
const remit = @import("remit");
const decimal = @import("decimal.zig");
const Decimal = decimal.Decimal;

pub const Value = union(enum) {
    null,
    boolean: bool,
    /// As it is written.
    number: []const u8,
    text: []const u8,
    /// A list or an object, as it is written.
    json: []const u8,

    /// Writes it as JSON. A number of more digits than readers keep is written as a text, so that none is lost.
    pub fn write(value: Value, out: *std.json.Stringify) !void {
        switch (value) {
            .null => try out.write(null),
            .boolean => |it| try out.write(it),
            .number => |it| if (decimal.isPortable(it) and Decimal.parse(it) != null) {
                try out.beginWriteRaw();
                try out.writer.writeAll(it);
                out.endWriteRaw();
            } else try out.write(it),
            .text => |it| try out.write(it),
            .json => |it| {
                try out.beginWriteRaw();
                try out.writer.writeAll(it);
                out.endWriteRaw();
            },
        }
    }
};

/// Writes a number as JSON, by the same rule.
pub fn writeDecimal(number: Decimal, out: *std.json.Stringify) !void {
    var buffer: [128]u8 = undefined;
    var text: std.Io.Writer = .fixed(&buffer);
    number.format(&text) catch unreachable;
    if (!decimal.isPortable(text.buffered())) return out.write(@as([]const u8, text.buffered()));
    try out.beginWriteRaw();
    try out.writer.writeAll(text.buffered());
    out.endWriteRaw();
}

/// A value to order and group by: numbers by what they are worth, texts by their bytes.
pub const Key = union(enum) {
    boolean: bool,
    number: Decimal,
    text: []const u8,
    /// After all others, whichever way they are ordered.
    null,

    /// The key of a value; a number must be one that can be reckoned with.
    pub fn of(call: *remit.Call, value: Value) remit.Fault!Key {
        return switch (value) {
            .null => .null,
            .boolean => |it| .{ .boolean = it },
            .number => |it| .{ .number = Decimal.parse(it) orelse return tooLong(call, it) },
            .text, .json => |it| .{ .text = it },
        };
    }

    pub fn order(a: Key, b: Key) std.math.Order {
        const of_kind = std.math.order(@backingInt(std.meta.activeTag(a)), @backingInt(std.meta.activeTag(b)));
        if (of_kind != .eq) return of_kind;
        return switch (a) {
            .null => .eq,
            .boolean => |it| std.math.order(@intFromBool(it), @intFromBool(b.boolean)),
            .number => |it| it.order(b.number),
            .text => |it| std.mem.order(u8, it, b.text),
        };
    }

    pub fn hash(key: Key, hasher: *std.hash.Wyhash) void {
        hasher.update(&.{@backingInt(std.meta.activeTag(key))});
        switch (key) {
            .null => {},
            .boolean => |it| hasher.update(&.{@intFromBool(it)}),
            .number => |it| it.hash(hasher),
            .text => |it| {
                hasher.update(it);
                hasher.update(&.{0xff});
            },
        }
    }

    pub fn write(key: Key, out: *std.json.Stringify) !void {
        switch (key) {
            .null => try out.write(null),
            .boolean => |it| try out.write(it),
            .number => |it| try writeDecimal(it, out),
            .text => |it| try out.write(it),
        }
    }
};

pub fn tooLong(call: *remit.Call, number: []const u8) remit.Fault {
    return call.fail(error.InvalidInput, "the number {s} has more than {d} digits before or behind the point: it cannot be reckoned with exactly", .{
        number[0..@min(number.len, 100)],
        decimal.max_digits,
    });
}

test "keys are ordered by kind and worth" {
    const in_order = [_]Key{
        .{ .boolean = false },
        .{ .boolean = true },
        .{ .number = Decimal.parse("-2").? },
        .{ .number = Decimal.parse("1.5").? },
        .{ .text = "" },
        .{ .text = "a" },
        .null,
    };
    for (in_order, 0..) |a, i| for (in_order, 0..) |b, j| try std.testing.expectEqual(std.math.order(i, j), a.order(b));
}
