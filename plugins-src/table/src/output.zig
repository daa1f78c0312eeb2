//! Rows as they are put out: objects whose keys are the columns, in their order.

const std = @import("std");
const remit = @import("remit");
const Error = @import("table.zig").Error;
const Value = @import("value.zig").Value;

/// An output may have 4 MiB unless the skill says otherwise; what stands around the rows is little.
const max_bytes = 7 << 19;

/// A list of rows, which is JSON already.
pub const RowList = struct {
    text: []const u8,

    pub const json_schema =
        "\"type\":\"array\",\"items\":{\"type\":\"object\"},\"description\":\"Each an object whose keys are the columns, in their order. " ++
        "Numbers have exactly their digits; one with more than 15 significant digits is a text, since most readers of JSON keep no more\"";

    pub fn jsonStringify(list: RowList, out: anytype) !void {
        try out.beginWriteRaw();
        try out.writer.writeAll(list.text);
        out.endWriteRaw();
    }
};

pub const Writer = struct {
    call: *remit.Call,
    text: *std.Io.Writer.Allocating,
    json: *std.json.Stringify,

    pub fn init(call: *remit.Call) Error!Writer {
        const text = try call.allocator.create(std.Io.Writer.Allocating);
        text.* = .init(call.allocator);
        const json = try call.allocator.create(std.json.Stringify);
        json.* = .{ .writer = &text.writer };
        json.beginArray() catch return error.OutOfMemory;
        return .{ .call = call, .text = text, .json = json };
    }

    pub fn begin(writer: Writer) Error!void {
        if (writer.text.written().len > max_bytes) {
            return writer.call.fail(error.InvalidInput, "the rows make more than {d} KiB: ask for fewer rows with `limit`, or for fewer columns", .{max_bytes >> 10});
        }
        writer.json.beginObject() catch return error.OutOfMemory;
    }

    /// `value` is one with a `write`.
    pub fn field(writer: Writer, name: []const u8, value: anytype) Error!void {
        writer.json.objectField(name) catch return error.OutOfMemory;
        value.write(writer.json) catch return error.OutOfMemory;
    }

    pub fn end(writer: Writer) Error!void {
        writer.json.endObject() catch return error.OutOfMemory;
    }

    pub fn finish(writer: Writer) Error!RowList {
        writer.json.endArray() catch return error.OutOfMemory;
        return .{ .text = writer.text.written() };
    }
};

/// Some columns of a table, by their numbers; all where none are named.
pub fn pick(table: anytype, names: []const []const u8) Error![]const usize {
    const count = if (names.len == 0) table.columns.len else names.len;
    const picked = try table.call.allocator.alloc(usize, count);
    for (picked, 0..) |*to, at| to.* = if (names.len == 0) at else try table.column(names[at]);
    for (picked, 0..) |it, at| if (std.mem.findScalar(usize, picked[0..at], it) != null) {
        return table.call.fail(error.InvalidInput, "the column `{s}` is named twice", .{table.columns[it].name});
    };
    return picked;
}
