//! A world for a plugin's unit tests: folders, configuration and http answers in place of the sandbox.
//!
//! ```zig
//! var world: remit.testing.World = .{ .config = &.{.{ "folder", "/notes" }} };
//! world.enter();
//! defer world.leave();
//! ```

const std = @import("std");
const files = @import("files.zig");
const http = @import("http.zig");
const Call = @import("call.zig").Call;

/// What a plugin finds around it. Nothing is there that was not put in.
pub const World = struct {
    /// Pairs of key and value.
    config: []const struct { []const u8, []const u8 } = &.{},
    /// Pairs of a guest path and a folder of this machine.
    mounts: []const struct { []const u8, std.Io.Dir } = &.{},
    /// Answers requests; without it they are refused.
    answer: ?*const fn (request: http.Request) http.Response = null,
    /// Enough for tests.
    io: std.Io = std.testing.io,
    before: ?*World = null,

    pub fn enter(world: *World) void {
        world.before = current;
        current = world;
    }

    pub fn leave(world: *World) void {
        current = world.before;
    }
};

threadlocal var current: ?*World = null;

/// What the sandbox is to a plugin, from the current world.
pub const host = struct {
    pub fn config(key: []const u8, _: *[]const u8) error{Unavailable}!?[]const u8 {
        const world = current orelse return null;
        for (world.config) |pair| if (std.mem.eql(u8, pair[0], key)) return pair[1];
        return null;
    }

    pub fn log(_: u2, message: []const u8) void {
        std.debug.print("{s}\n", .{message});
    }

    pub fn now() u64 {
        const world = current orelse return 0;
        return @intCast(@divTrunc(std.Io.Clock.real.now(world.io).nanoseconds, 1_000_000));
    }

    pub const OpenFile = struct {
        file: std.Io.File,
        io: std.Io,

        pub fn close(it: OpenFile) void {
            it.file.close(it.io);
        }

        pub fn stat(it: OpenFile) files.Error!files.Stat {
            return about(it.file.stat(it.io) catch |failure| return errorOf(failure));
        }

        pub fn read(it: OpenFile, buffer: []u8, offset: u64) files.Error!usize {
            return it.file.readPositionalAll(it.io, buffer, offset) catch |failure| errorOf(failure);
        }
    };

    pub fn open(path: []const u8) files.Error!OpenFile {
        const place: Place = try .of(path);
        const file = place.folder.openFile(place.io, place.rest, .{}) catch |failure| return errorOf(failure);
        return .{ .file = file, .io = place.io };
    }

    pub fn stat(path: []const u8) files.Error!files.Stat {
        const place: Place = try .of(path);
        return about(place.folder.statFile(place.io, place.rest, .{}) catch |failure| return errorOf(failure));
    }

    pub fn list(allocator: std.mem.Allocator, path: []const u8) files.Error![]files.Entry {
        const place: Place = try .of(path);
        const folder = place.folder.openDir(place.io, place.rest, .{ .iterate = true }) catch |failure| return errorOf(failure);
        defer folder.close(place.io);
        var entries: std.ArrayList(files.Entry) = .empty;
        var all = folder.iterate();
        while (all.next(place.io) catch |failure| return errorOf(failure)) |entry| {
            try entries.append(allocator, .{ .name = try allocator.dupe(u8, entry.name), .kind = kind(entry.kind) });
        }
        return entries.items;
    }

    pub fn write(_: std.mem.Allocator, path: []const u8, bytes: []const u8) files.Error!void {
        const place: Place = try .of(path);
        place.folder.writeFile(place.io, .{ .sub_path = place.rest, .data = bytes }) catch |failure| return errorOf(failure);
    }

    pub fn makeFolders(path: []const u8) files.Error!void {
        const place: Place = try .of(path);
        place.folder.createDirPath(place.io, place.rest) catch |failure| return errorOf(failure);
    }

    pub fn send(_: *Call, request: http.Request, _: http.Url, words: *[]const u8) http.Error!http.Response {
        if (current) |world| if (world.answer) |answer| return answer(request);
        words.* = "this world has no http";
        return error.Refused;
    }
};

const Place = struct {
    folder: std.Io.Dir,
    io: std.Io,
    rest: []const u8,

    fn of(path: []const u8) files.Error!Place {
        const world = current orelse return error.NotMounted;
        var parts = std.mem.splitScalar(u8, path, '/');
        while (parts.next()) |part| if (std.mem.eql(u8, part, "..")) return error.Denied;
        for (world.mounts) |mount| {
            if (!std.mem.startsWith(u8, path, mount[0])) continue;
            const below = path[mount[0].len..];
            if (below.len > 0 and below[0] != '/') continue;
            const rest = std.mem.trim(u8, below, "/");
            return .{ .folder = mount[1], .io = world.io, .rest = if (rest.len == 0) "." else rest };
        }
        return error.NotMounted;
    }
};

fn about(it: std.Io.File.Stat) files.Stat {
    return .{ .kind = kind(it.kind), .size = it.size };
}

fn kind(it: std.Io.File.Kind) files.Kind {
    return switch (it) {
        .file => .file,
        .directory => .folder,
        else => .other,
    };
}

fn errorOf(failure: anyerror) files.Error {
    return switch (failure) {
        error.FileNotFound => error.NotFound,
        error.AccessDenied, error.PermissionDenied => error.Denied,
        error.PathAlreadyExists => error.Exists,
        error.IsDir => error.IsFolder,
        error.NotDir => error.NotFolder,
        error.OutOfMemory => error.OutOfMemory,
        else => error.Other,
    };
}

test "a world holds what was put in" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var call: Call = .{ .allocator = arena.allocator() };
    try std.testing.expectError(error.Denied, files.read(&call, "/notes/a.md", 10));
    try std.testing.expectEqualStrings("no folder is mounted at `/notes/a.md`", call.message);

    var folder = std.testing.tmpDir(.{});
    defer folder.cleanup();
    const answers = struct {
        fn answer(request: http.Request) http.Response {
            return .{ .status = if (std.mem.endsWith(u8, request.url, "/x")) 200 else 404, .body = "[1]" };
        }
    };
    var world: World = .{
        .config = &.{.{ "folder", "/notes" }},
        .mounts = &.{.{ "/notes", folder.dir }},
        .answer = answers.answer,
    };
    world.enter();
    defer world.leave();
    try files.makeFolders(&call, "/notes/sub");
    try files.write(&call, "/notes/sub/a.md", "some words");
    try std.testing.expectEqualStrings("some words", try files.readText(&call, "/notes/sub/a.md", 10));
    try std.testing.expectError(error.InvalidInput, files.read(&call, "/notes/sub/a.md", 9));
    try std.testing.expectError(error.NotFound, files.read(&call, "/notes/b.md", 9));
    try std.testing.expectError(error.InvalidInput, files.read(&call, "/notes/sub", 9));
    try std.testing.expectError(error.Denied, files.read(&call, "/notes/../x", 9));
    try std.testing.expectError(error.Denied, files.read(&call, "/notesx", 9));
    try std.testing.expectEqualStrings("a.md", (try files.list(&call, "/notes/sub"))[0].name);
    try std.testing.expectEqual(.folder, (try files.stat(&call, "/notes")).kind);
    try std.testing.expectEqualStrings("/notes", (try @import("config.zig").get(&call, "folder")).?);
    const answer = try http.get(&call, "https://example.org/x");
    try std.testing.expectEqual(1, (try answer.json([1]u8, &call))[0]);
    try std.testing.expectError(error.InvalidInput, http.get(&call, "example.org"));
}
