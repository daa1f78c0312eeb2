//! What the component exports: `describe` and `invoke` of remit:connector/connector, by the canonical ABI.

const std = @import("std");
const builtin = @import("builtin");
const memory = @import("memory.zig");
const List = @import("wasi/abi.zig").List;
const Call = @import("call.zig").Call;
const Plugin = @import("plugin.zig").Plugin;

const Operation = extern struct {
    name: List,
    summary: List,
    input_schema: List,
    output_schema: List,
    effect: u8,
    idempotent: u8,
};

const Need = extern struct { grant: List, reason: List };

const Description = extern struct {
    name: List,
    version: List,
    summary: List,
    operations: List,
    needs: List,
};

/// `result<string, fault>`
const Outcome = extern struct {
    failed: u8 = 0,
    value: extern union { output: List, fault: extern struct { kind: u8, message: List } },
};

/// Makes `plugin` the plugin that this component is. Built for any other target it does nothing, so that a
/// plugin has ordinary unit tests.
pub fn exportPlugin(comptime plugin: Plugin) void {
    if (!builtin.cpu.arch.isWasm()) return;
    const operations = plugin.operations.len;
    const exported = struct {
        var outcome: Outcome = undefined;
        // Addresses are known when the module is linked, not before: so these are filled in at the call.
        var said: [operations]Operation = undefined;
        var needs: [plugin.needs.len]Need = undefined;
        var description: Description = undefined;

        fn describe() callconv(.c) *const Description {
            inline for (plugin.operations, &said) |from, *to| to.* = .{
                .name = list(from.name),
                .summary = list(from.summary),
                .input_schema = list(from.input_schema),
                .output_schema = list(from.output_schema),
                .effect = @backingInt(from.effect),
                .idempotent = @intFromBool(from.idempotent),
            };
            inline for (plugin.needs, &needs) |from, *to| to.* = .{ .grant = list(from.grant), .reason = list(from.reason) };
            description = .{
                .name = list(plugin.name),
                .version = list(plugin.version),
                .summary = list(plugin.summary),
                .operations = .{ .start = @ptrCast(&said), .length = operations },
                .needs = .{ .start = @ptrCast(&needs), .length = plugin.needs.len },
            };
            return &description;
        }

        fn invoke(name: [*]u8, name_length: usize, input: [*]u8, input_length: usize) callconv(.c) *const Outcome {
            var call: Call = .{ .allocator = memory.allocator };
            if (plugin.invokeOn(&call, name[0..name_length], input[0..input_length])) |output| {
                outcome = .{ .value = .{ .output = list(output) } };
            } else |fault| {
                const kind: u8 = switch (fault) {
                    error.InvalidInput => 0,
                    error.Denied => 1,
                    error.NotFound => 2,
                    error.Conflict => 3,
                    error.Unavailable => 4,
                    error.Internal => 5,
                };
                outcome = .{ .failed = 1, .value = .{ .fault = .{ .kind = kind, .message = list(call.message) } } };
            }
            return &outcome;
        }
    };
    @export(&memory.reallocate, .{ .name = "cabi_realloc" });
    @export(&exported.describe, .{ .name = "remit:connector/connector@0.1.0#describe" });
    @export(&exported.invoke, .{ .name = "remit:connector/connector@0.1.0#invoke" });
}

fn list(text: []const u8) List {
    return .{ .start = @constCast(text.ptr), .length = text.len };
}
