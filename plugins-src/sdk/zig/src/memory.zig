//! The memory of one call: it grows to the end of the sandbox's memory and is given back with the sandbox.
//!
//! Every call has a sandbox of its own, so nothing is worth collecting. What was handed out last can still grow,
//! shrink and be given back in place, which is what lists and readers do; so a text of many megabytes needs no
//! second copy of itself.

const std = @import("std");
const builtin = @import("builtin");
const Alignment = std.mem.Alignment;

const page_size = 64 << 10;

extern const __heap_base: u8;

var next: usize = 0;
var end: usize = 0;
var last: usize = 0;

/// Where there is no more memory, an allocation fails; the call's limit is the host's.
pub const allocator: std.mem.Allocator = .{ .ptr = undefined, .vtable = &vtable };

const vtable: std.mem.Allocator.VTable = .{
    .alloc = alloc,
    .resize = resize,
    .remap = remap,
    .free = free,
};

fn alloc(_: *anyopaque, length: usize, alignment: Alignment, _: usize) ?[*]u8 {
    if (end == 0) {
        next = @intFromPtr(&__heap_base);
        end = @wasmMemorySize(0) * page_size;
    }
    const start = alignment.forward(next);
    if (!reach(start, length)) return null;
    last = start;
    return @ptrFromInt(start);
}

/// Makes room for `length` bytes at `start`, and takes it.
fn reach(start: usize, length: usize) bool {
    const wanted = std.math.add(usize, start, length) catch return false;
    if (wanted > end) {
        const pages = std.math.divCeil(usize, wanted - end, page_size) catch return false;
        if (@wasmMemoryGrow(0, pages) < 0) return false;
        end += pages * page_size;
    }
    next = wanted;
    return true;
}

fn resize(_: *anyopaque, memory: []u8, _: Alignment, length: usize, _: usize) bool {
    const start = @intFromPtr(memory.ptr);
    if (start == last) return reach(start, length);
    return length <= memory.len;
}

fn remap(context: *anyopaque, memory: []u8, alignment: Alignment, length: usize, address: usize) ?[*]u8 {
    return if (resize(context, memory, alignment, length, address)) memory.ptr else null;
}

fn free(_: *anyopaque, memory: []u8, _: Alignment, _: usize) void {
    const start = @intFromPtr(memory.ptr);
    if (start == last) next = start;
}

/// Where the next list that the host hands over goes, if it fits: into a place that the plugin has made for it,
/// instead of into a new one that would have to be copied from.
pub var destination: []u8 = &.{};

/// The canonical ABI's allocator. The host has no way to be told that there is no memory, so that is a trap.
pub fn reallocate(old: ?[*]u8, old_length: usize, alignment: usize, length: usize) callconv(.c) [*]u8 {
    if (old == null and length > 0 and length <= destination.len and alignment == 1) {
        defer destination = &.{};
        return destination.ptr;
    }
    if (length == 0) return @ptrFromInt(alignment);
    const wanted = Alignment.fromByteUnits(alignment);
    const memory = (old orelse return alloc(undefined, length, wanted, 0) orelse @trap())[0..old_length];
    if (resize(undefined, memory, wanted, length, 0)) return memory.ptr;
    const new = alloc(undefined, length, wanted, 0) orelse @trap();
    @memcpy(new[0..old_length], memory);
    return new;
}
