//! JSON Schemas (2020-12) of Zig types, made at compile time.
//!
//! A struct may say more about its fields in a declaration `fields`:
//! ```zig
//! const Input = struct {
//!     top: u32 = 5,
//!     pub const fields = .{ .top = .{ .description = "How many, at most", .minimum = 1, .maximum = 50 } };
//! };
//! ```
//! Known there are `description`; `minimum` and `maximum` of a number; `min_length` and `max_length` of a text;
//! `min_items` and `max_items` of a list.

const std = @import("std");

/// Which way a value goes.
pub const Direction = enum {
    /// To the plugin: what has a default or is optional may be left out.
    input,
    /// From the plugin: every field is there, and an optional one may be null.
    output,
};

const options = [_]struct { []const u8, []const u8 }{
    .{ "description", "description" },
    .{ "minimum", "minimum" },
    .{ "maximum", "maximum" },
    .{ "min_length", "minLength" },
    .{ "max_length", "maxLength" },
    .{ "min_items", "minItems" },
    .{ "max_items", "maxItems" },
};

/// The schema of a type as JSON text.
pub fn of(comptime T: type, comptime direction: Direction) []const u8 {
    @setEvalBranchQuota(1_000_000);
    return comptime "{" ++ members(T, direction) ++ "}";
}

/// What stands between the braces of a schema.
fn members(comptime T: type, comptime direction: Direction) []const u8 {
    switch (@typeInfo(T)) {
        .bool => return "\"type\":\"boolean\"",
        .int => |int| return "\"type\":\"integer\"" ++ if (int.signedness == .unsigned) ",\"minimum\":0" else "",
        .float => return "\"type\":\"number\"",
        .optional => |optional| return orNull(optional.child, direction),
        .@"enum" => |info| {
            var names: []const u8 = "";
            for (info.field_names, 0..) |name, at| names = names ++ comma(at) ++ quote(name);
            return "\"type\":\"string\",\"enum\":[" ++ names ++ "]";
        },
        .array => |array| return list(array.child, direction) ++ std.fmt.comptimePrint(
            ",\"minItems\":{d},\"maxItems\":{d}",
            .{ array.len, array.len },
        ),
        .pointer => |pointer| {
            if (pointer.size != .slice) @compileError(@typeName(T) ++ " has no JSON Schema: only slices do");
            if (pointer.child == u8) return "\"type\":\"string\"";
            return list(pointer.child, direction);
        },
        .@"struct" => return if (@hasDecl(T, "json_schema")) T.json_schema else object(T, direction),
        else => @compileError(@typeName(T) ++ " has no JSON Schema"),
    }
}

fn list(comptime Item: type, comptime direction: Direction) []const u8 {
    return "\"type\":\"array\",\"items\":" ++ of(Item, direction);
}

fn orNull(comptime T: type, comptime direction: Direction) []const u8 {
    const inner = members(T, direction);
    const key = "\"type\":\"";
    // A plain type takes null beside itself; what is more than that gets a choice.
    if (!std.mem.startsWith(u8, inner, key) or @typeInfo(T) == .@"enum") {
        return "\"anyOf\":[{" ++ inner ++ "},{\"type\":\"null\"}]";
    }
    const end = std.mem.findScalarPos(u8, inner, key.len, '"').?;
    return "\"type\":[\"" ++ inner[key.len..end] ++ "\",\"null\"]" ++ inner[end + 1 ..];
}

fn object(comptime T: type, comptime direction: Direction) []const u8 {
    const info = @typeInfo(T).@"struct";
    if (info.is_tuple) @compileError(@typeName(T) ++ " has no JSON Schema: name its fields");
    checkFields(T);
    var properties: []const u8 = "";
    var required: []const u8 = "";
    for (info.field_names, info.field_types, info.field_attrs, 0..) |name, Field, attrs, at| {
        var schema: []const u8 = members(Field, direction);
        if (@hasDecl(T, "fields") and @hasField(@TypeOf(T.fields), name)) {
            schema = narrowed(schema, @field(T.fields, name));
        }
        const default = attrs.defaultValue(Field);
        if (direction == .input) if (default) |value| if (plain(Field, value)) |text| {
            schema = schema ++ ",\"default\":" ++ text;
        };
        const may_be_absent = default != null or @typeInfo(Field) == .optional;
        if (direction == .output or !may_be_absent) {
            required = required ++ comma(required.len) ++ quote(name);
        }
        properties = properties ++ comma(at) ++ quote(name) ++ ":{" ++ schema ++ "}";
    }
    const needed = if (required.len == 0) "" else ",\"required\":[" ++ required ++ "]";
    return "\"type\":\"object\",\"properties\":{" ++ properties ++ "}" ++ needed ++ ",\"additionalProperties\":false";
}

/// A field's schema with what its struct says about it; that replaces what its type says.
fn narrowed(comptime schema: []const u8, comptime said: anytype) []const u8 {
    var text = schema;
    for (options) |option| {
        if (!@hasField(@TypeOf(said), option[0])) continue;
        const value = @field(said, option[0]);
        const key = "," ++ quote(option[1]) ++ ":";
        const number = if (std.mem.eql(u8, option[0], "description"))
            quote(value)
        else
            std.fmt.comptimePrint("{d}", .{value});
        if (std.mem.eql(u8, option[0], "minimum") and std.mem.endsWith(u8, text, ",\"minimum\":0")) {
            text = text[0 .. text.len - ",\"minimum\":0".len];
        }
        text = text ++ key ++ number;
    }
    return text;
}

/// A mistyped name in `fields` would say nothing without a word.
fn checkFields(comptime T: type) void {
    if (!@hasDecl(T, "fields")) return;
    for (@typeInfo(@TypeOf(T.fields)).@"struct".field_names) |name| {
        if (!@hasField(T, name)) @compileError(@typeName(T) ++ " has no field `" ++ name ++ "`");
        said: for (@typeInfo(@TypeOf(@field(T.fields, name))).@"struct".field_names) |option| {
            for (options) |known| if (std.mem.eql(u8, known[0], option)) continue :said;
            @compileError("`" ++ option ++ "` is nothing that can be said about the field `" ++ name ++ "`");
        }
    }
}

/// A default value as JSON, where it is a plain one.
fn plain(comptime T: type, comptime value: T) ?[]const u8 {
    return switch (@typeInfo(T)) {
        .bool => if (value) "true" else "false",
        .int, .float => std.fmt.comptimePrint("{d}", .{value}),
        .@"enum" => quote(@tagName(value)),
        .pointer => |pointer| if (pointer.child == u8) quote(value) else null,
        else => null,
    };
}

fn comma(comptime count: usize) []const u8 {
    return if (count == 0) "" else ",";
}

fn quote(comptime text: []const u8) []const u8 {
    var out: []const u8 = "\"";
    for (text) |byte| out = out ++ switch (byte) {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        0...'\n' - 1, '\n' + 1...0x1f => @compileError("a control character in a text of a schema"),
        else => &[_]u8{byte},
    };
    return out ++ "\"";
}

test "a schema is plain and strict" {
    const Input = struct {
        text: []const u8,
        top: u32 = 5,
        order: enum { up, down } = .up,
        limit: ?i64 = null,
        tags: []const []const u8 = &.{},
        pub const fields = .{
            .text = .{ .description = "Some \"text\"" },
            .top = .{ .minimum = 1, .maximum = 50 },
        };
    };
    try std.testing.expectEqualStrings(
        \\{"type":"object","properties":{"text":{"type":"string","description":"Some \"text\""},"top":{"type":"integer","minimum":1,"maximum":50,"default":5},"order":{"type":"string","enum":["up","down"],"default":"up"},"limit":{"type":["integer","null"]},"tags":{"type":"array","items":{"type":"string"}}},"required":["text"],"additionalProperties":false}
    , of(Input, .input));
    const Output = struct { title: ?[]const u8, kind: ?enum { a }, pair: [2]f64 };
    try std.testing.expectEqualStrings(
        \\{"type":"object","properties":{"title":{"type":["string","null"]},"kind":{"anyOf":[{"type":"string","enum":["a"]},{"type":"null"}]},"pair":{"type":"array","items":{"type":"number"},"minItems":2,"maxItems":2}},"required":["title","kind","pair"],"additionalProperties":false}
    , of(Output, .output));
}
