//! Configuration, log and clock.

const abi = @import("abi.zig");

/// The value under `key`, or none. On a failure, the host's words.
pub fn config(key: []const u8, words: *[]const u8) error{Unavailable}!?[]const u8 {
    var got: abi.config.Got = undefined;
    abi.config.get(key.ptr, key.len, &got);
    if (got.failed != 0) {
        words.* = got.text.start[0..got.text.length];
        return error.Unavailable;
    }
    return if (got.is == 0) null else got.text.start[0..got.text.length];
}

/// `level`: debug, info, warn, error, from 0.
pub fn log(level: u2, message: []const u8) void {
    abi.log.log(level, message.ptr, message.len);
}

/// Milliseconds since 1970.
pub fn now() u64 {
    var time: abi.clock.Time = undefined;
    abi.clock.now(&time);
    return time.seconds * 1000 + time.nanoseconds / 1_000_000;
}
