//! The rows of a table, one by one, in memory only while they are looked at.

const std = @import("std");
const csv = @import("csv.zig");
const text_ = @import("text.zig");
const Table = @import("table.zig").Table;
const Error = @import("table.zig").Error;
const Value = @import("value.zig").Value;

pub const Row = struct {
    /// Where it stands in the text.
    at: usize,
    /// The line in CSV, the row in JSON.
    line: u64,
    /// One for each column. They last until the next row is read.
    values: []Value,

    /// Whether a text is in the table's own memory, and lasts as long as that.
    pub fn lasts(table: *const Table, it: []const u8) bool {
        const start = @intFromPtr(table.text.ptr);
        return @intFromPtr(it.ptr) >= start and @intFromPtr(it.ptr) <= start + table.text.len;
    }
};

pub const Rows = struct {
    table: *const Table,
    reader: csv.Reader,
    json: text_.Reader,
    count: u64 = 0,
    cells: []csv.Cell,
    values: []Value,
    scratch: std.ArrayList(u8) = .empty,
    /// How many cells the last row had, where it were not as many as there are columns.
    ragged: ?usize = null,
    flaw: ?csv.Flaw = null,

    pub fn init(table: *const Table) Error!Rows {
        const allocator = table.call.allocator;
        var rows: Rows = .{
            .table = table,
            .reader = .init(table.text, table.delimiter),
            .json = .{ .text = table.text, .at = table.start },
            .cells = try allocator.alloc(csv.Cell, table.columns.len),
            .values = try allocator.alloc(Value, table.columns.len),
        };
        rows.reader.at = table.start;
        rows.reader.line = table.start_line;
        return rows;
    }

    pub fn next(rows: *Rows) Error!?Row {
        rows.count += 1;
        return if (rows.table.format == .csv) rows.nextCsv() else rows.nextJson();
    }

    /// The row that stands at that place, which is one that a row said.
    pub fn read(rows: *Rows, at: usize) Error!Row {
        rows.reader.at = at;
        rows.json.at = at;
        return try rows.next() orelse .{ .at = at, .line = 0, .values = rows.values };
    }

    fn nextCsv(rows: *Rows) Error!?Row {
        const at = rows.reader.at;
        const line = rows.reader.line;
        const count = rows.reader.next(rows.cells) orelse return null;
        rows.flaw = rows.reader.flaw;
        rows.ragged = if (count == rows.cells.len) null else count;
        const there = @min(count, rows.cells.len);
        var escaped: usize = 0;
        for (rows.cells[0..there]) |cell| escaped += if (cell.doubled) cell.raw.len else 0;
        try rows.makeRoom(escaped);
        for (rows.values[0..there], rows.cells[0..there], rows.table.columns[0..there]) |*value, cell, column| {
            const it = if (cell.doubled) rows.add(cell, csv.Cell.copy) else cell.raw;
            const trimmed = std.mem.trim(u8, it, " \t");
            value.* = if (trimmed.len == 0) .null else switch (column.type) {
                .integer, .decimal => .{ .number = trimmed },
                .boolean => .{ .boolean = std.mem.eql(u8, trimmed, "true") },
                .date => .{ .text = trimmed },
                else => .{ .text = it },
            };
        }
        @memset(rows.values[there..], .null);
        return .{ .at = at, .line = line, .values = rows.values };
    }

    fn nextJson(rows: *Rows) Error!?Row {
        _ = rows.json.sign(',');
        const first = rows.json.peek();
        if (first == ']' or first == 0) return null;
        const at = rows.json.at;
        const end = end: {
            const whole = rows.json.value();
            rows.json.at = at;
            try rows.makeRoom(whole.len);
            break :end at + whole.len;
        };
        rows.ragged = null;
        @memset(rows.values, .null);
        if (rows.json.sign('{')) {
            rows.takeMembers();
        } else if (rows.json.sign('[')) {
            rows.takeItems();
        } else {
            return rows.table.call.fail(error.InvalidInput, "row {d} is neither an object nor a list", .{rows.count});
        }
        rows.json.at = end;
        return .{ .at = at, .line = rows.count, .values = rows.values };
    }

    fn takeMembers(rows: *Rows) void {
        var guess: usize = 0;
        while (rows.json.peek() == '"') {
            const raw = rows.json.string();
            const key = if (std.mem.findScalar(u8, raw, '\\') == null) raw else rows.add(raw, text_.unescape);
            _ = rows.json.sign(':');
            const value = rows.valueOf(rows.json.value());
            // Objects mostly have their keys in the order of the columns.
            const columns = rows.table.columns;
            const is_next = guess < columns.len and std.mem.eql(u8, columns[guess].name, key);
            if (if (is_next) guess else rows.table.index.get(key)) |column| {
                rows.values[column] = value;
                guess = column + 1;
            }
            _ = rows.json.sign(',');
        }
    }

    fn takeItems(rows: *Rows) void {
        var count: usize = 0;
        while (rows.json.peek() != ']' and rows.json.peek() != 0) : (count += 1) {
            const value = rows.valueOf(rows.json.value());
            if (count < rows.values.len) rows.values[count] = value;
            _ = rows.json.sign(',');
        }
        if (count != rows.values.len) rows.ragged = count;
    }

    fn valueOf(rows: *Rows, raw: []const u8) Value {
        if (raw.len == 0) return .null;
        return switch (raw[0]) {
            'n' => .null,
            't' => .{ .boolean = true },
            'f' => .{ .boolean = false },
            '[', '{' => .{ .json = raw },
            '"' => {
                const inner = raw[1 .. raw.len - 1];
                if (std.mem.findScalar(u8, inner, '\\') == null) return .{ .text = inner };
                return .{ .text = rows.add(inner, text_.unescape) };
            },
            else => .{ .number = raw },
        };
    }

    /// Room for what is unescaped of one row, which is never more than the row.
    fn makeRoom(rows: *Rows, size: usize) Error!void {
        rows.scratch.clearRetainingCapacity();
        try rows.scratch.ensureTotalCapacity(rows.table.call.allocator, size);
    }

    fn add(rows: *Rows, from: anytype, comptime copy: fn (@TypeOf(from), []u8) usize) []const u8 {
        const to = rows.scratch.unusedCapacitySlice();
        const length = copy(from, to);
        rows.scratch.items.len += length;
        return to[0..length];
    }
};
