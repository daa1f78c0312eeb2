//! Files over wasi:filesystem.

const std = @import("std");
const abi = @import("abi.zig");
const memory = @import("../memory.zig");
const files = @import("../files.zig");
const Error = files.Error;

const wit = abi.files;

var mounts: ?[]const wit.Mount = null;

fn allMounts() []const wit.Mount {
    if (mounts) |known| return known;
    var all: abi.List = undefined;
    wit.@"get-directories"(&all);
    const start: [*]const wit.Mount = @ptrCast(@alignCast(all.start));
    mounts = start[0..all.length];
    return start[0..all.length];
}

/// A place below a mount: the innermost, where several hold the path.
const Place = struct {
    mount: u32,
    rest: []const u8,

    fn of(path: []const u8) Error!Place {
        var best: ?Place = null;
        for (allMounts()) |mount| {
            const at = std.mem.trimEnd(u8, mount.path.start[0..mount.path.length], "/");
            if (!std.mem.startsWith(u8, path, at)) continue;
            const below = path[at.len..];
            if (below.len > 0 and below[0] != '/') continue;
            const rest = std.mem.trim(u8, below, "/");
            if (best == null or rest.len < best.?.rest.len) best = .{ .mount = mount.descriptor, .rest = rest };
        }
        var place = best orelse return error.NotMounted;
        if (place.rest.len == 0) place.rest = ".";
        return place;
    }

    fn open(place: Place, how: u32, flags: u32) Error!u32 {
        var result: abi.Opened = undefined;
        wit.@"[method]descriptor.open-at"(place.mount, wit.follow_links, place.rest.ptr, place.rest.len, how, flags, &result);
        return if (result.failed != 0) failure(result.value.code) else result.value.handle;
    }
};

pub const OpenFile = struct {
    descriptor: u32,

    pub fn close(file: OpenFile) void {
        wit.@"[resource-drop]descriptor"(file.descriptor);
    }

    pub fn stat(file: OpenFile) Error!files.Stat {
        var result: wit.StatResult = undefined;
        wit.@"[method]descriptor.stat"(file.descriptor, &result);
        return if (result.failed != 0) failure(result.value.code) else about(result.value.stat);
    }

    /// Reads into `buffer`: how many bytes, none at the end.
    pub fn read(file: OpenFile, buffer: []u8, offset: u64) Error!usize {
        var result: wit.ReadResult = undefined;
        memory.destination = buffer;
        defer memory.destination = &.{};
        wit.@"[method]descriptor.read"(file.descriptor, buffer.len, offset, &result);
        if (result.failed != 0) return failure(result.value.code);
        const bytes = result.value.read.bytes;
        if (bytes.length > buffer.len) return error.Other;
        if (bytes.length > 0 and bytes.start != buffer.ptr) @memcpy(buffer[0..bytes.length], bytes.start);
        return bytes.length;
    }

    fn writeAll(file: OpenFile, bytes: []const u8) Error!void {
        var at: usize = 0;
        while (at < bytes.len) {
            const chunk = bytes[at..@min(at + (256 << 10), bytes.len)];
            var result: wit.WriteResult = undefined;
            wit.@"[method]descriptor.write"(file.descriptor, chunk.ptr, chunk.len, at, &result);
            if (result.failed != 0) return failure(result.value.code);
            if (result.value.written == 0) return error.Other;
            at += @intCast(@min(result.value.written, chunk.len));
        }
    }
};

pub fn open(path: []const u8) Error!OpenFile {
    const place: Place = try .of(path);
    return .{ .descriptor = try place.open(0, wit.for_reading) };
}

pub fn stat(path: []const u8) Error!files.Stat {
    const place: Place = try .of(path);
    var result: wit.StatResult = undefined;
    wit.@"[method]descriptor.stat-at"(place.mount, wit.follow_links, place.rest.ptr, place.rest.len, &result);
    return if (result.failed != 0) failure(result.value.code) else about(result.value.stat);
}

pub fn list(allocator: std.mem.Allocator, path: []const u8) Error![]files.Entry {
    const place: Place = try .of(path);
    const folder = try place.open(wit.open_folder, wit.for_reading);
    defer wit.@"[resource-drop]descriptor"(folder);
    var stream: abi.Opened = undefined;
    wit.@"[method]descriptor.read-directory"(folder, &stream);
    if (stream.failed != 0) return failure(stream.value.code);
    defer wit.@"[resource-drop]directory-entry-stream"(stream.value.handle);
    var entries: std.ArrayList(files.Entry) = .empty;
    while (true) {
        var result: wit.EntryResult = undefined;
        wit.@"[method]directory-entry-stream.read-directory-entry"(stream.value.handle, &result);
        if (result.failed != 0) return failure(result.value.code);
        const entry = result.value.entry;
        if (entry.is == 0) return entries.items;
        const name = entry.name.start[0..entry.name.length];
        try entries.append(allocator, .{ .name = name, .kind = kind(entry.kind) });
    }
}

/// Readers see the old file or the new one, never a half: it is written beside, and renamed.
pub fn write(allocator: std.mem.Allocator, path: []const u8, bytes: []const u8) Error!void {
    const place: Place = try .of(path);
    const folder, const name = if (std.mem.findScalarLast(u8, place.rest, '/')) |slash|
        .{ place.rest[0 .. slash + 1], place.rest[slash + 1 ..] }
    else
        .{ "", place.rest };
    const beside: Place = .{
        .mount = place.mount,
        .rest = std.fmt.allocPrint(allocator, "{s}.{s}.new", .{ folder, name }) catch return error.Other,
    };
    var ignored: abi.Done = undefined;
    // Left over from a call that was stopped.
    wit.@"[method]descriptor.unlink-file-at"(beside.mount, beside.rest.ptr, beside.rest.len, &ignored);
    const file: OpenFile = .{ .descriptor = try beside.open(wit.open_create | wit.open_exclusive, wit.for_writing) };
    errdefer wit.@"[method]descriptor.unlink-file-at"(beside.mount, beside.rest.ptr, beside.rest.len, &ignored);
    {
        defer file.close();
        try file.writeAll(bytes);
    }
    var result: abi.Done = undefined;
    wit.@"[method]descriptor.rename-at"(beside.mount, beside.rest.ptr, beside.rest.len, place.mount, place.rest.ptr, place.rest.len, &result);
    if (result.failed != 0) return failure(result.code);
}

pub fn makeFolders(path: []const u8) Error!void {
    const place: Place = try .of(path);
    if (std.mem.eql(u8, place.rest, ".")) return;
    var end: usize = 0;
    while (end < place.rest.len) {
        end = std.mem.findScalarPos(u8, place.rest, end + 1, '/') orelse place.rest.len;
        var result: abi.Done = undefined;
        wit.@"[method]descriptor.create-directory-at"(place.mount, place.rest.ptr, end, &result);
        if (result.failed != 0) {
            const code = failure(result.code);
            if (code != error.Exists) return code;
        }
    }
}

fn about(it: wit.Stat) files.Stat {
    return .{
        .kind = kind(it.kind),
        .size = it.size,
        .modified = if (it.modified.is != 0) it.modified.time.seconds else null,
    };
}

fn kind(it: u8) files.Kind {
    return switch (it) {
        3 => .folder,
        6 => .file,
        else => .other,
    };
}

/// The order of wasi:filesystem's `error-code`.
fn failure(code: u8) Error {
    return switch (code) {
        0, 31, 33 => error.Denied,
        6, 23 => error.Quota,
        7 => error.Exists,
        14 => error.IsFolder,
        20 => error.NotFound,
        24 => error.NotFolder,
        else => error.Other,
    };
}
