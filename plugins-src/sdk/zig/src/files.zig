//! Files in the folders that the skill mounts, by guest paths such as `/notes/todo.md`.
//!
//! Nothing outside a mounted folder can be named. Reads take a limit, since a call has little memory.

const std = @import("std");
const host = @import("host.zig");
const Call = @import("call.zig").Call;
const Fault = @import("call.zig").Fault;

pub const Kind = enum { file, folder, other };

pub const Stat = struct {
    kind: Kind,
    size: u64,
    /// In seconds since 1970.
    modified: ?u64 = null,
};

pub const Entry = struct {
    name: []const u8,
    /// Links are not followed.
    kind: Kind,
};

/// What can be wrong with a path; the functions here make faults of it.
pub const Error = error{ NotMounted, NotFound, Denied, Exists, IsFolder, NotFolder, Quota, Other, OutOfMemory };

const Failure = Fault || error{OutOfMemory};

/// Reads a whole file of at most `limit` bytes.
pub fn read(call: *Call, path: []const u8, limit: usize) Failure![]u8 {
    const file = host.open(path) catch |it| return fault(call, path, it);
    defer file.close();
    const stat_ = file.stat() catch |it| return fault(call, path, it);
    if (stat_.kind == .folder) return fault(call, path, error.IsFolder);
    if (stat_.size > limit) return tooLarge(call, path, limit);
    // One more, to see the end; should the file grow meanwhile, so does this.
    var bytes: std.ArrayList(u8) = try .initCapacity(call.allocator, @as(usize, @intCast(stat_.size)) + 1);
    while (true) {
        try bytes.ensureUnusedCapacity(call.allocator, 1);
        const space = bytes.unusedCapacitySlice();
        const count = file.read(space[0..@min(space.len, 1 << 20)], bytes.items.len) catch |it| return fault(call, path, it);
        if (count == 0) return bytes.items;
        bytes.items.len += count;
        if (bytes.items.len > limit) return tooLarge(call, path, limit);
    }
}

/// Reads a whole UTF-8 file of at most `limit` bytes.
pub fn readText(call: *Call, path: []const u8, limit: usize) Failure![]u8 {
    const bytes = try read(call, path, limit);
    if (!std.unicode.utf8ValidateSlice(bytes)) return call.fail(error.InvalidInput, "`{s}` is not UTF-8 text", .{path});
    return bytes;
}

/// Writes a whole file, new or in place of another. Readers see the old one or the new one, never a half.
pub fn write(call: *Call, path: []const u8, bytes: []const u8) Failure!void {
    host.write(call.allocator, path, bytes) catch |it| return fault(call, path, it);
}

/// Makes a folder and those above it, where they are not there yet.
pub fn makeFolders(call: *Call, path: []const u8) Failure!void {
    host.makeFolders(path) catch |it| return fault(call, path, it);
}

/// The entries of a folder, by name.
pub fn list(call: *Call, path: []const u8) Failure![]Entry {
    const entries = host.list(call.allocator, path) catch |it| return fault(call, path, it);
    std.mem.sort(Entry, entries, {}, struct {
        fn before(_: void, a: Entry, b: Entry) bool {
            return std.mem.lessThan(u8, a.name, b.name);
        }
    }.before);
    return entries;
}

/// About a file or folder.
pub fn stat(call: *Call, path: []const u8) Failure!Stat {
    return host.stat(path) catch |it| fault(call, path, it);
}

fn tooLarge(call: *Call, path: []const u8, limit: usize) Fault {
    return call.fail(error.InvalidInput, "`{s}` is larger than {d} bytes", .{ path, limit });
}

fn fault(call: *Call, path: []const u8, it: Error) Failure {
    return switch (it) {
        error.NotMounted => call.fail(error.Denied, "no folder is mounted at `{s}`", .{path}),
        error.Denied => call.fail(error.Denied, "`{s}` is not allowed", .{path}),
        error.Quota => call.fail(error.Denied, "`{s}` does not fit into what the grant allows to add", .{path}),
        error.NotFound => call.fail(error.NotFound, "there is no `{s}`", .{path}),
        error.Exists => call.fail(error.Conflict, "`{s}` exists already", .{path}),
        error.IsFolder => call.fail(error.InvalidInput, "`{s}` is a folder", .{path}),
        error.NotFolder => call.fail(error.InvalidInput, "`{s}` is not a folder", .{path}),
        error.Other => call.fail(error.Unavailable, "`{s}` cannot be reached", .{path}),
        error.OutOfMemory => error.OutOfMemory,
    };
}
