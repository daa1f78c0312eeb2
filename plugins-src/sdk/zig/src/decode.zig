//! From JSON text to Zig values, as their schema says, with the place of what is wrong.
//!
//! Texts are unescaped where they stand, so that a text of many megabytes is in memory once.

const std = @import("std");
const Call = @import("call.zig").Call;
const Fault = @import("call.zig").Fault;
const Json = @import("json.zig").Json;

/// Deeper values are refused: a plugin may walk them by recursion.
pub const max_depth = 128;

const Error = Fault || error{OutOfMemory};

/// Decodes a whole text, which it changes.
pub fn decode(comptime T: type, call: *Call, text: []u8) Error!T {
    var decoder: Decoder = .{
        .call = call,
        .text = text,
        .scanner = .initCompleteInput(call.allocator, text),
    };
    const value = try decoder.value(T, 0);
    if (try decoder.next() != .end_of_document) return decoder.notJson();
    return value;
}

/// Where the decoder is: a field or an item.
const Place = union(enum) { field: []const u8, item: usize };

const Decoder = struct {
    call: *Call,
    text: []u8,
    scanner: std.json.Scanner,
    /// Types are finite, so are these.
    places: [32]Place = undefined,

    fn value(self: *Decoder, comptime T: type, comptime depth: usize) Error!T {
        if (T == Json) return self.raw();
        switch (@typeInfo(T)) {
            .bool => return switch (try self.next()) {
                .true => true,
                .false => false,
                else => |token| self.wrong(depth, "true or false", token),
            },
            .int => return self.integer(T, depth),
            .float => switch (try self.next()) {
                .number => |number| {
                    const float = std.fmt.parseFloat(T, number) catch unreachable;
                    if (!std.math.isFinite(float)) return self.refuse(depth, "a number that is too large", .{});
                    return float;
                },
                else => |token| return self.wrong(depth, "a number", token),
            },
            .optional => |optional| {
                if (try self.peek() == .null) {
                    _ = try self.next();
                    return null;
                }
                return try self.value(optional.child, depth);
            },
            .@"enum" => |info| {
                const name = try self.string(depth);
                if (std.meta.stringToEnum(T, name)) |found| return found;
                const names = comptime list: {
                    var all: []const u8 = info.field_names[0];
                    for (info.field_names[1..]) |it| all = all ++ ", " ++ it;
                    break :list all;
                };
                return self.refuse(depth, "`{s}` is none of " ++ names, .{name});
            },
            .array => |array| {
                const wrong_count = std.fmt.comptimePrint("does not have {d} items", .{array.len});
                var items: T = undefined;
                try self.begin(.array_begin, depth, "a list");
                for (&items, 0..) |*item, at| {
                    if (try self.peek() == .array_end) return self.refuse(depth, wrong_count, .{});
                    self.places[depth] = .{ .item = at };
                    item.* = try self.value(array.child, depth + 1);
                }
                if (try self.next() != .array_end) return self.refuse(depth, wrong_count, .{});
                return items;
            },
            .pointer => |pointer| {
                if (pointer.child == u8) return self.string(depth);
                var items: std.ArrayList(pointer.child) = .empty;
                try self.begin(.array_begin, depth, "a list");
                while (try self.peek() != .array_end) {
                    self.places[depth] = .{ .item = items.items.len };
                    try items.append(self.call.allocator, try self.value(pointer.child, depth + 1));
                }
                _ = try self.next();
                return items.toOwnedSlice(self.call.allocator);
            },
            .@"struct" => return self.object(T, depth),
            else => @compileError("no value of " ++ @typeName(T) ++ " can be read from JSON"),
        }
    }

    fn object(self: *Decoder, comptime T: type, comptime depth: usize) Error!T {
        const info = @typeInfo(T).@"struct";
        var result: T = undefined;
        var seen: [info.field_names.len]bool = @splat(false);
        try self.begin(.object_begin, depth, "an object");
        members: while (try self.peek() != .object_end) {
            const key = try self.string(depth);
            inline for (info.field_names, info.field_types, 0..) |name, Field, at| {
                if (std.mem.eql(u8, name, key)) {
                    self.places[depth] = .{ .field = name };
                    if (seen[at]) return self.refuse(depth + 1, "is there twice", .{});
                    seen[at] = true;
                    @field(result, name) = try self.value(Field, depth + 1);
                    if (@hasDecl(T, "fields") and @hasField(@TypeOf(T.fields), name)) {
                        try self.check(@field(result, name), @field(T.fields, name), depth + 1);
                    }
                    continue :members;
                }
            }
            return self.refuse(depth, "has no field `{s}`", .{key});
        }
        _ = try self.next();
        inline for (info.field_names, info.field_types, info.field_attrs, 0..) |name, Field, attrs, at| {
            if (!seen[at]) {
                if (attrs.defaultValue(Field)) |default| {
                    @field(result, name) = default;
                } else if (@typeInfo(Field) == .optional) {
                    @field(result, name) = null;
                } else return self.refuse(depth, "lacks `" ++ name ++ "`", .{});
            }
        }
        return result;
    }

    /// Holds a value to what its struct says of the field.
    fn check(self: *Decoder, it: anytype, comptime said: anytype, comptime depth: usize) Error!void {
        const T = @TypeOf(it);
        switch (@typeInfo(T)) {
            .optional => if (it) |inner| return self.check(inner, said, depth),
            .int, .float => {
                if (@hasField(@TypeOf(said), "minimum") and it < said.minimum) {
                    return self.refuse(depth, "{d} is less than {d}", .{ it, said.minimum });
                }
                if (@hasField(@TypeOf(said), "maximum") and it > said.maximum) {
                    return self.refuse(depth, "{d} is more than {d}", .{ it, said.maximum });
                }
            },
            .pointer => |pointer| {
                // The schema counts characters, not bytes.
                const is_text = pointer.child == u8;
                const count = if (is_text) std.unicode.utf8CountCodepoints(it) catch it.len else it.len;
                const least, const most = if (is_text) .{ "min_length", "max_length" } else .{ "min_items", "max_items" };
                const what = if (is_text) "characters" else "items";
                if (@hasField(@TypeOf(said), least) and count < @field(said, least)) {
                    return self.refuse(depth, "has {d} " ++ what ++ ", fewer than {d}", .{ count, @field(said, least) });
                }
                if (@hasField(@TypeOf(said), most) and count > @field(said, most)) {
                    return self.refuse(depth, "has {d} " ++ what ++ ", more than {d}", .{ count, @field(said, most) });
                }
            },
            else => {},
        }
    }

    fn integer(self: *Decoder, comptime T: type, comptime depth: usize) Error!T {
        const number = switch (try self.next()) {
            .number => |number| number,
            else => |token| return self.wrong(depth, "a whole number", token),
        };
        if (std.json.isNumberFormattedLikeAnInteger(number)) {
            return std.fmt.parseInt(T, number, 10) catch self.refuse(depth, "{s} is out of range", .{number});
        }
        // 5.0 and 5e0 are whole numbers to JSON Schema.
        const float = std.fmt.parseFloat(f64, number) catch unreachable;
        if (@floor(float) != float) return self.refuse(depth, "{s} is no whole number", .{number});
        if (@abs(float) > 1 << 53) return self.refuse(depth, "{s} is out of range", .{number});
        const whole: i64 = @intFromFloat(float);
        return std.math.cast(T, whole) orelse self.refuse(depth, "{s} is out of range", .{number});
    }

    /// A text, unescaped over itself: an escape is never shorter than what it stands for.
    fn string(self: *Decoder, comptime depth: usize) Error![]const u8 {
        switch (try self.peek()) {
            .string => {},
            else => return self.wrong(depth, "a text", try self.next()),
        }
        const start = self.scanner.cursor + 1;
        var end = start;
        while (true) {
            const token = try self.next();
            switch (token) {
                .string, .partial_string => |part| {
                    const from = @intFromPtr(part.ptr) - @intFromPtr(self.text.ptr);
                    if (from != end) @memmove(self.text[end..][0..part.len], self.text[from..][0..part.len]);
                    end += part.len;
                    if (token == .string) return self.text[start..end];
                },
                inline .partial_string_escaped_1,
                .partial_string_escaped_2,
                .partial_string_escaped_3,
                .partial_string_escaped_4,
                => |part| {
                    @memcpy(self.text[end..][0..part.len], &part);
                    end += part.len;
                },
                else => unreachable,
            }
        }
    }

    /// Any value, as its text.
    fn raw(self: *Decoder) Error!Json {
        _ = try self.peek();
        const start = self.scanner.cursor;
        const outside = self.scanner.stackHeight();
        while (true) {
            switch (try self.next()) {
                .partial_string,
                .partial_string_escaped_1,
                .partial_string_escaped_2,
                .partial_string_escaped_3,
                .partial_string_escaped_4,
                => continue,
                else => {},
            }
            const height = self.scanner.stackHeight();
            if (height > max_depth) return self.call.fail(error.InvalidInput, "the input is nested more than {d} deep", .{max_depth});
            if (height == outside) break;
        }
        return .{ .text = self.text[start..self.scanner.cursor] };
    }

    fn begin(self: *Decoder, comptime wanted: std.json.TokenType, comptime depth: usize, comptime name: []const u8) Error!void {
        const found = try self.peek();
        if (found != wanted) return self.wrong(depth, name, try self.next());
        _ = try self.next();
    }

    fn next(self: *Decoder) Error!std.json.Token {
        return self.scanner.next() catch |failure| switch (failure) {
            error.OutOfMemory => error.OutOfMemory,
            else => self.notJson(),
        };
    }

    fn peek(self: *Decoder) Error!std.json.TokenType {
        return self.scanner.peekNextTokenType() catch self.notJson();
    }

    fn notJson(self: *Decoder) Error {
        return self.call.fail(error.InvalidInput, "the input is no JSON text: at byte {d}", .{self.scanner.cursor});
    }

    fn wrong(self: *Decoder, comptime depth: usize, comptime wanted: []const u8, token: std.json.Token) Error {
        const found = switch (token) {
            .object_begin => "an object",
            .array_begin => "a list",
            .true, .false => "true or false",
            .null => "null",
            .number => "a number",
            .end_of_document, .object_end, .array_end => return self.notJson(),
            else => "a text",
        };
        return self.refuse(depth, "expected " ++ wanted ++ ", found {s}", .{found});
    }

    fn refuse(self: *Decoder, comptime depth: usize, comptime format: []const u8, arguments: anytype) Error {
        var out: std.Io.Writer.Allocating = .init(self.call.allocator);
        self.explain(&out.writer, depth, format, arguments) catch return error.OutOfMemory;
        self.call.message = out.written();
        return error.InvalidInput;
    }

    fn explain(self: *Decoder, out: *std.Io.Writer, comptime depth: usize, comptime format: []const u8, arguments: anytype) !void {
        try out.writeAll("input");
        for (self.places[0..depth]) |place| switch (place) {
            .field => |name| try out.print(".{s}", .{name}),
            .item => |at| try out.print("[{d}]", .{at}),
        };
        try out.print(": " ++ format, arguments);
    }
};

test {
    _ = @import("decode_tests.zig");
}
