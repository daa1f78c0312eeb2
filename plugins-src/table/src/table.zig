//! A table: where it comes from, its columns, its rows one by one.

const std = @import("std");
const remit = @import("remit");
const csv = @import("csv.zig");
const text_ = @import("text.zig");
const columns_ = @import("columns.zig");
const Rows = @import("rows.zig").Rows;

pub const Column = columns_.Column;

/// How much text a table may have. A call has 64 MiB of memory unless the skill says otherwise.
pub const max_text = 16 << 20;
/// More columns than a person ever looks at, and few enough that one row of them is little.
pub const max_columns = 2000;
/// Values in cells may be nested, and are put out below two more levels.
pub const max_depth = 100;
const max_problems = 20;

pub const Error = remit.Fault || error{OutOfMemory};

pub const Format = enum { csv, json };

/// Where a table comes from: what operations take.
pub const Source = struct {
    path: ?[]const u8 = null,
    text: ?[]const u8 = null,
    format: ?Format = null,
    delimiter: ?[]const u8 = null,
    header: bool = true,

    pub const fields = .{
        .path = .{ .description = "The file, below the mounted folder: `sales.csv`. This or `text` is needed" },
        .text = .{ .description = "The table itself" },
        .format = .{ .description = "Found by the ending of the file and the first character of the text unless said" },
        .delimiter = .{ .description = "Of CSV: `,`, `;`, `|` or a tab; found unless said", .min_length = 1, .max_length = 1 },
        .header = .{ .description = "Of CSV: whether the first record names the columns; else they are c1, c2, …" },
    };
};

/// Something in a text that is not as it should be, and was read all the same.
pub const Problem = struct {
    line: u64,
    message: []const u8,

    pub const fields = .{ .line = .{ .description = "The line of the text in CSV, the row in JSON, from 1" } };
};

pub const Table = struct {
    call: *remit.Call,
    text: []const u8,
    format: Format,
    /// Of CSV.
    delimiter: u8 = ',',
    /// Where the rows begin.
    start: usize = 0,
    start_line: usize = 1,
    columns: []Column = &.{},
    /// From a column's name to its number.
    index: std.StringHashMapUnmanaged(usize) = .empty,
    row_count: u64 = 0,
    problems: std.ArrayList(Problem) = .empty,
    problem_count: u64 = 0,

    /// Reads a table, and finds its columns and their types.
    pub fn open(call: *remit.Call, source: Source) Error!Table {
        const raw: []const u8 = if (source.path) |path| path: {
            if (source.text != null) return call.fail(error.InvalidInput, "a table has a `path` or a `text`, not both", .{});
            break :path try remit.files.read(call, try fullPath(call, path), max_text);
        } else source.text orelse return call.fail(error.InvalidInput, "a table needs a `path` or a `text`", .{});
        if (raw.len > max_text) return call.fail(error.InvalidInput, "the table has more than {d} MiB of text", .{max_text >> 20});
        if (std.mem.startsWith(u8, raw, "\xff\xfe") or std.mem.startsWith(u8, raw, "\xfe\xff")) {
            return call.fail(error.InvalidInput, "the table is UTF-16: save it as UTF-8", .{});
        }
        if (!std.unicode.utf8ValidateSlice(raw)) return call.fail(error.InvalidInput, "the table is not UTF-8 text: save it as UTF-8", .{});
        const text = if (std.mem.startsWith(u8, raw, "\xef\xbb\xbf")) raw[3..] else raw;
        var table: Table = .{ .call = call, .text = text, .format = source.format orelse guess(source.path, text) };
        switch (table.format) {
            .csv => try columns_.openCsv(&table, source),
            .json => try columns_.openJson(&table),
        }
        try columns_.infer(&table);
        return table;
    }

    pub fn rows(table: *const Table) Error!Rows {
        return .init(table);
    }

    /// The number of a column, by its name.
    pub fn column(table: *const Table, name: []const u8) Error!usize {
        if (table.index.get(name)) |at| return at;
        var names: std.ArrayList(u8) = .empty;
        for (table.columns[0..@min(table.columns.len, 30)], 0..) |it, at| {
            if (at > 0) try names.appendSlice(table.call.allocator, ", ");
            try names.appendSlice(table.call.allocator, it.name);
        }
        return table.call.fail(error.InvalidInput, "there is no column `{s}`: there are {s}", .{ name, names.items });
    }

    pub fn addProblem(table: *Table, line: u64, comptime format: []const u8, arguments: anytype) Error!void {
        table.problem_count += 1;
        if (table.problems.items.len >= max_problems) return;
        const message = try table.call.print(format, arguments);
        try table.problems.append(table.call.allocator, .{ .line = line, .message = message });
    }
};

fn guess(path: ?[]const u8, text: []const u8) Format {
    if (path) |it| {
        if (std.ascii.endsWithIgnoreCase(it, ".json")) return .json;
        if (std.ascii.endsWithIgnoreCase(it, ".csv") or std.ascii.endsWithIgnoreCase(it, ".tsv")) return .csv;
    }
    var reader: text_.Reader = .{ .text = text };
    return switch (reader.peek()) {
        '[', '{' => .json,
        else => .csv,
    };
}

/// Below the configured folder; a path that names it already is taken as it is.
fn fullPath(call: *remit.Call, path: []const u8) Error![]const u8 {
    const folder = std.mem.trimEnd(u8, try remit.config.get(call, "folder") orelse "/tables", "/");
    if (std.mem.startsWith(u8, path, "/")) return path;
    return call.print("{s}/{s}", .{ folder, path });
}
