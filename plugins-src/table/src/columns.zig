//! The columns of a table: their names, and what type all of their cells have.

const std = @import("std");
const csv = @import("csv.zig");
const text_ = @import("text.zig");
const table_ = @import("table.zig");
const decimal = @import("decimal.zig");
const Value = @import("value.zig").Value;
const Rows = @import("rows.zig").Rows;
const Error = table_.Error;
const Source = table_.Source;
const Table = table_.Table;

/// The type of a column: what all of its cells are, but for those that are null.
pub const Type = enum {
    integer,
    decimal,
    boolean,
    date,
    text,
    /// Lists or objects.
    json,
    /// Values of several kinds; only in JSON.
    mixed,
    /// Nothing but null.
    empty,
};

pub const Column = struct {
    name: []const u8,
    type: Type = .empty,
    nulls: u64 = 0,
};

pub fn openCsv(table: *Table, source: Source) Error!void {
    if (source.delimiter) |it| {
        if (std.mem.findScalar(u8, csv.delimiters, it[0]) == null) {
            return table.call.fail(error.InvalidInput, "`{s}` is no delimiter: one of , ; | and a tab is", .{it});
        }
        table.delimiter = it[0];
    } else table.delimiter = csv.sniff(table.text);
    var reader: csv.Reader = .init(table.text, table.delimiter);
    const cells = try table.call.allocator.alloc(csv.Cell, table_.max_columns);
    const count = reader.next(cells) orelse return table.call.fail(error.InvalidInput, "the table is empty", .{});
    if (count > cells.len) return table.call.fail(error.InvalidInput, "the table has more than {d} columns", .{cells.len});
    const columns = try table.call.allocator.alloc(Column, count);
    for (columns, cells[0..count], 1..) |*column, cell, number| {
        column.* = .{ .name = try table.call.print("c{d}", .{number}) };
        if (!source.header) continue;
        const name = if (cell.doubled) try table.call.allocator.dupe(u8, cell.raw) else cell.raw;
        const length = if (cell.doubled) cell.copy(@constCast(name)) else name.len;
        const trimmed = std.mem.trim(u8, name[0..length], " \t");
        if (trimmed.len > 0) column.name = trimmed;
    }
    if (source.header) {
        table.start = reader.at;
        table.start_line = reader.line;
    }
    table.columns = columns;
    try makeUnique(table);
}

/// Each column's name is a key of the rows that are put out.
fn makeUnique(table: *Table) Error!void {
    try table.index.ensureTotalCapacity(table.call.allocator, @intCast(table.columns.len));
    for (table.columns, 0..) |*column, at| {
        var number: usize = 1;
        const name = column.name;
        while (table.index.contains(column.name)) {
            number += 1;
            column.name = try table.call.print("{s}_{d}", .{ name, number });
        }
        if (number > 1) try table.addProblem(1, "there is more than one column `{s}`: one is called `{s}` here", .{ name, column.name });
        table.index.putAssumeCapacity(column.name, at);
    }
}

/// An array of objects, or an object with `rows`, which are objects, or lists as `columns` says.
pub fn openJson(table: *Table) Error!void {
    const call = table.call;
    text_.check(call.allocator, table.text, table_.max_depth) catch |failure| return switch (failure) {
        error.OutOfMemory => error.OutOfMemory,
        error.NotJson => call.fail(error.InvalidInput, "the table is no JSON text", .{}),
        error.TooDeep => call.fail(error.InvalidInput, "the table is nested more than {d} deep", .{table_.max_depth}),
    };
    var reader: text_.Reader = .{ .text = table.text };
    var names: ?text_.Reader = null;
    var found = reader.peek() == '[';
    if (!found and reader.sign('{')) {
        while (reader.peek() == '"') {
            const key = reader.string();
            _ = reader.sign(':');
            _ = reader.peek();
            if (std.mem.eql(u8, key, "columns")) names = reader;
            if (std.mem.eql(u8, key, "rows")) {
                table.start = reader.at;
                found = true;
            }
            _ = reader.value();
            _ = reader.sign(',');
        }
    } else table.start = reader.at;
    reader.at = table.start;
    if (!found or !reader.sign('[')) {
        return call.fail(error.InvalidInput, "the table is neither a list of objects nor an object with `columns` and `rows`", .{});
    }
    table.start = reader.at;
    if (names) |*list| try takeNames(table, list) else try collectNames(table);
}

fn takeNames(table: *Table, reader: *text_.Reader) Error!void {
    var columns: std.ArrayList(Column) = .empty;
    if (!reader.sign('[')) return table.call.fail(error.InvalidInput, "`columns` is not a list of names", .{});
    while (reader.peek() == '"') {
        const name = try unescaped(table, reader.string());
        try columns.append(table.call.allocator, .{ .name = name });
        if (columns.items.len > table_.max_columns) return table.call.fail(error.InvalidInput, "the table has more than {d} columns", .{table_.max_columns});
        _ = reader.sign(',');
    }
    if (!reader.sign(']')) return table.call.fail(error.InvalidInput, "`columns` is not a list of names", .{});
    table.columns = columns.items;
    try makeUnique(table);
}

/// The keys of all objects, in the order in which they first stand there.
fn collectNames(table: *Table) Error!void {
    var columns: std.ArrayList(Column) = .empty;
    var known: std.StringHashMapUnmanaged(void) = .empty;
    var reader: text_.Reader = .{ .text = table.text, .at = table.start };
    var row: u64 = 1;
    while (reader.peek() != ']' and reader.peek() != 0) : (row += 1) {
        if (!reader.sign('{')) return table.call.fail(error.InvalidInput, "row {d} is no object: lists need `columns` to name them", .{row});
        while (reader.peek() == '"') {
            const raw = reader.string();
            const entry = try known.getOrPut(table.call.allocator, raw);
            if (!entry.found_existing) {
                const name = try unescaped(table, raw);
                if (columns.items.len == table_.max_columns) return table.call.fail(error.InvalidInput, "the table has more than {d} columns", .{table_.max_columns});
                // The same name may be written in several ways.
                const column = try table.index.getOrPut(table.call.allocator, name);
                if (!column.found_existing) {
                    column.value_ptr.* = columns.items.len;
                    try columns.append(table.call.allocator, .{ .name = name });
                }
            }
            _ = reader.sign(':');
            _ = reader.value();
            _ = reader.sign(',');
        }
        _ = reader.sign('}');
        _ = reader.sign(',');
    }
    table.columns = columns.items;
}

fn unescaped(table: *Table, raw: []const u8) Error![]const u8 {
    if (std.mem.findScalar(u8, raw, '\\') == null) return raw;
    const to = try table.call.allocator.alloc(u8, raw.len);
    return to[0..text_.unescape(raw, to)];
}

/// Looks at every cell once: types, nulls, and what is wrong with the rows.
pub fn infer(table: *Table) Error!void {
    const seen = try table.call.allocator.alloc(std.EnumSet(Type), table.columns.len);
    @memset(seen, .empty);
    var rows: Rows = try .init(table);
    while (try rows.next()) |row| {
        table.row_count += 1;
        if (rows.flaw) |flaw| try table.addProblem(row.line, "{s}", .{switch (flaw) {
            .unclosed_quote => "a quote is never closed: all that follows is one cell",
            .after_quote => "something stands behind a closing quote: the cell is taken as it is written",
        }});
        if (rows.ragged) |count| {
            try table.addProblem(row.line, "{d} cells instead of {d}: {s}", .{
                count,
                table.columns.len,
                if (count < table.columns.len) "the missing ones are null" else "those beyond are left out",
            });
        }
        for (row.values, table.columns, seen) |value, *column, *kinds| {
            const kind = typeOf(value, table.format);
            if (kind == .empty) column.nulls += 1 else kinds.insert(kind);
        }
    }
    for (table.columns, seen) |*column, *kinds| {
        if (kinds.contains(.decimal)) kinds.remove(.integer);
        // A date is a text that looks like one.
        if (kinds.contains(.text)) kinds.remove(.date);
        var all = kinds.iterator();
        column.type = switch (kinds.count()) {
            0, 1 => all.next() orelse .empty,
            else => if (table.format == .csv) .text else .mixed,
        };
    }
}

fn typeOf(value: Value, format: table_.Format) Type {
    return switch (value) {
        .null => .empty,
        .boolean => .boolean,
        .json => .json,
        .number => |it| if (decimal.kindOf(it) == .integer) .integer else .decimal,
        .text => |it| if (format == .csv) typeOfText(it) else if (isDate(it)) .date else .text,
    };
}

/// What a cell of CSV would be. Numbers are as in JSON: `007` and `1,000` are texts, so that nothing of them is lost.
fn typeOfText(raw: []const u8) Type {
    const it = std.mem.trim(u8, raw, " \t");
    if (it.len == 0) return .text;
    switch (it[0]) {
        't', 'f' => return if (std.mem.eql(u8, it, "true") or std.mem.eql(u8, it, "false")) .boolean else .text,
        '0'...'9', '-' => {},
        else => return .text,
    }
    if (isDate(it)) return .date;
    return switch (decimal.kindOf(it)) {
        .integer => .integer,
        .decimal => .decimal,
        .none => .text,
    };
}

/// `2026-11-25`
fn isDate(it: []const u8) bool {
    if (it.len != 10 or it[4] != '-' or it[7] != '-') return false;
    for (it, 0..) |byte, at| if (at != 4 and at != 7 and !std.ascii.isDigit(byte)) return false;
    const year = std.fmt.parseInt(u16, it[0..4], 10) catch return false;
    const month = std.fmt.parseInt(u8, it[5..7], 10) catch return false;
    const day = std.fmt.parseInt(u8, it[8..10], 10) catch return false;
    const leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0);
    const days = [_]u8{ 31, if (leap) 29 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month >= 1 and month <= 12 and day >= 1 and day <= days[month - 1];
}

test "a date is one that there is" {
    for ([_][]const u8{ "2026-11-25", "2024-02-29" }) |it| try std.testing.expect(isDate(it));
    for ([_][]const u8{ "2026-13-01", "2026-02-29", "2026-1-01", "2026-00-10", "26-01-0001" }) |it| try std.testing.expect(!isDate(it));
}
