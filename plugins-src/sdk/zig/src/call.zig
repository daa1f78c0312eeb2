//! One call of an operation: its memory, and the words of its fault.

const std = @import("std");

/// Why an operation could not be done. Return one with `Call.fail`, which keeps the words for the person who
/// runs the skill.
pub const Fault = error{
    /// The input is not what the operation takes, in a way that its schema cannot say.
    InvalidInput,
    /// The host or a service refused.
    Denied,
    /// The thing asked for is not there.
    NotFound,
    /// The thing is there already, or has changed meanwhile.
    Conflict,
    /// The service did not answer, or not now: trying again later may work.
    Unavailable,
    /// A fault of the plugin's own. Any other error becomes this one.
    Internal,
};

pub const Call = struct {
    /// Memory that lasts as long as the call: nothing has to be freed.
    allocator: std.mem.Allocator,
    /// The words of the last fault.
    message: []const u8 = "",

    /// A fault with its words: what was wrong, and with which value. `return call.fail(error.NotFound, …)`
    pub fn fail(call: *Call, fault: Fault, comptime format: []const u8, arguments: anytype) Fault {
        call.message = std.fmt.allocPrint(call.allocator, format, arguments) catch "no memory for the words of a fault";
        return fault;
    }

    /// A text made in the call's memory.
    pub fn print(call: *Call, comptime format: []const u8, arguments: anytype) error{OutOfMemory}![]u8 {
        return std.fmt.allocPrint(call.allocator, format, arguments);
    }

    /// What an operation's error is to the host.
    pub fn faultOf(call: *Call, failure: anyerror) Fault {
        inline for (@typeInfo(Fault).error_set.error_names.?) |name| {
            if (failure == @field(Fault, name)) {
                if (call.message.len == 0) call.message = name;
                return @field(Fault, name);
            }
        }
        // The words of an earlier fault that the plugin got over are not this one's.
        if (failure == error.OutOfMemory) {
            call.message = "there is too little memory for this: the skill's limit `memory` holds over all that a call keeps";
            return error.Internal;
        }
        call.message = @errorName(failure);
        return error.Internal;
    }
};

test "any other error is internal, by its name" {
    var call: Call = .{ .allocator = std.testing.allocator };
    try std.testing.expectEqual(error.Internal, call.faultOf(error.Overflow));
    try std.testing.expectEqualStrings("Overflow", call.message);
}
