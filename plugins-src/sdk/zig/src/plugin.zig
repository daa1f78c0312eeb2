//! A plugin as data: its operations and what is said about them.

const std = @import("std");
const Call = @import("call.zig").Call;
const Fault = @import("call.zig").Fault;
const schema = @import("schema.zig");
const decode = @import("decode.zig").decode;

/// What an operation does to the world outside the plugin.
pub const Effect = enum(u8) {
    /// Changes nothing.
    read,
    /// Adds or changes something that can be undone by hand.
    write,
    /// Removes or sends something for good.
    destructive,
};

/// Something that the plugin asks for, with its reason. Needs narrow, they never grant; a plugin that declares
/// some can use nothing beyond them.
pub const Need = struct {
    /// In the compact form of a grant: `http GET https://api.github.com/repos/**`.
    grant: []const u8,
    /// In one sentence, for the person who decides.
    reason: []const u8,
};

pub const Plugin = struct {
    /// Lower-case letters, digits and `-`.
    name: []const u8,
    /// As in semver.org.
    version: []const u8,
    /// What it is for, in one sentence.
    summary: []const u8,
    needs: []const Need = &.{},
    /// What it can do, in the order in which to show it.
    operations: []const Operation,

    /// Does one operation on a JSON text. The text is copied, and so is any that a test has at hand.
    pub fn invoke(plugin: Plugin, call: *Call, operation: []const u8, input: []const u8) Fault![]const u8 {
        const text = call.allocator.dupe(u8, input) catch |failure| return call.faultOf(failure);
        return plugin.invokeOn(call, operation, text);
    }

    /// As `invoke`, on a text that it may change.
    pub fn invokeOn(plugin: Plugin, call: *Call, operation: []const u8, input: []u8) Fault![]const u8 {
        for (plugin.operations) |it| {
            if (std.mem.eql(u8, it.name, operation)) {
                return it.run(call, input) catch |failure| return call.faultOf(failure);
            }
        }
        return call.fail(error.NotFound, "{s} has no operation `{s}`", .{ plugin.name, operation });
    }
};

/// One thing that a plugin can do. Make one with `read`, `write` or `destructive`.
pub const Operation = struct {
    name: []const u8,
    summary: []const u8,
    effect: Effect,
    /// Whether calling it twice with the same input has the effect of calling it once.
    idempotent: bool,
    input_schema: []const u8,
    output_schema: []const u8,
    /// From an input as JSON to an output as JSON.
    run: *const fn (call: *Call, input: []u8) anyerror![]const u8,

    /// Says that calling it twice has the effect of calling it once.
    pub fn andIdempotent(operation: Operation) Operation {
        var it = operation;
        it.idempotent = true;
        return it;
    }
};

/// An operation that changes nothing. `function` is a `fn (*Call, Input) !Output`.
pub fn read(comptime name: []const u8, comptime summary: []const u8, comptime function: anytype) Operation {
    return make(.read, name, summary, function).andIdempotent();
}

/// An operation that adds or changes something that can be undone by hand.
pub fn write(comptime name: []const u8, comptime summary: []const u8, comptime function: anytype) Operation {
    return make(.write, name, summary, function);
}

/// An operation that removes or sends something for good.
pub fn destructive(comptime name: []const u8, comptime summary: []const u8, comptime function: anytype) Operation {
    return make(.destructive, name, summary, function);
}

fn make(comptime effect: Effect, comptime name: []const u8, comptime summary: []const u8, comptime function: anytype) Operation {
    const info = @typeInfo(@TypeOf(function)).@"fn";
    if (info.param_types.len != 2 or info.param_types[0] != *Call) {
        @compileError("the function of `" ++ name ++ "` is not a `fn (*remit.Call, Input) !Output`");
    }
    const Input = info.param_types[1].?;
    const Output = @typeInfo(info.return_type.?).error_union.payload;
    const generated = struct {
        fn run(call: *Call, input: []u8) anyerror![]const u8 {
            const output: Output = try function(call, try decode(Input, call, input));
            return encode(call, output);
        }
    };
    return .{
        .name = name,
        .summary = summary,
        .effect = effect,
        .idempotent = false,
        .input_schema = schema.of(Input, .input),
        .output_schema = schema.of(Output, .output),
        .run = generated.run,
    };
}

/// A value as JSON text.
pub fn encode(call: *Call, value: anytype) error{OutOfMemory}![]const u8 {
    var out: std.Io.Writer.Allocating = .init(call.allocator);
    std.json.Stringify.value(value, .{}, &out.writer) catch return error.OutOfMemory;
    return out.written();
}

test "an operation is its function, its schemas and its words" {
    const Half = struct { number: i64 };
    const functions = struct {
        fn half(call: *Call, input: Half) !Half {
            if (@rem(input.number, 2) != 0) return call.fail(error.InvalidInput, "{d} is odd", .{input.number});
            return .{ .number = @divExact(input.number, 2) };
        }
    };
    const plugin: Plugin = .{
        .name = "half",
        .version = "1.0.0",
        .summary = "Halves",
        .operations = &.{read("half", "Halves an even number", functions.half)},
    };
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var call: Call = .{ .allocator = arena.allocator() };
    try std.testing.expectEqualStrings("{\"number\":4}", try plugin.invoke(&call, "half", "{\"number\":8}"));
    try std.testing.expectError(error.InvalidInput, plugin.invoke(&call, "half", "{\"number\":7}"));
    try std.testing.expectEqualStrings("7 is odd", call.message);
    try std.testing.expectError(error.NotFound, plugin.invoke(&call, "third", "{}"));
    try std.testing.expectEqualStrings("half has no operation `third`", call.message);
}
