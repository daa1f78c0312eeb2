//! Delimited text as in RFC 4180: quotes, doubled quotes, line ends inside of quotes; also with `;`, tabs or `|`.
//!
//! It is read record by record, where it stands: a table of many megabytes is in memory once.

const std = @import("std");

pub const delimiters = ",;\t|";

/// What is not as it should be, and is read all the same.
pub const Flaw = enum {
    /// A quote is never closed: the rest of the text is one cell.
    unclosed_quote,
    /// Something stands behind a closing quote.
    after_quote,
};

/// A cell where it stands.
pub const Cell = struct {
    /// Without the quotes around it.
    raw: []const u8,
    /// Whether quotes in it are doubled.
    doubled: bool = false,

    /// Copies the cell to `to`, with its quotes single; how much that is.
    pub fn copy(cell: Cell, to: []u8) usize {
        var count: usize = 0;
        var at: usize = 0;
        while (at < cell.raw.len) : (at += 1) {
            to[count] = cell.raw[at];
            count += 1;
            if (cell.raw[at] == '"' and at + 1 < cell.raw.len and cell.raw[at + 1] == '"') at += 1;
        }
        return count;
    }
};

pub const Reader = struct {
    text: []const u8,
    delimiter: u8,
    at: usize = 0,
    /// The line on which the next record begins, from 1.
    line: usize = 1,
    /// Where no line feed is in the whole text, a carriage return alone ends a line.
    returns: bool,
    flaw: ?Flaw = null,

    pub fn init(text: []const u8, delimiter: u8) Reader {
        return .{
            .text = text,
            .delimiter = delimiter,
            .returns = std.mem.findScalar(u8, text, '\n') == null,
        };
    }

    /// Takes off the cells of one record; how many there were. At most `cells.len` are kept. None at the end.
    pub fn next(reader: *Reader, cells: []Cell) ?usize {
        reader.flaw = null;
        while (reader.at < reader.text.len and reader.ends()) reader.endLine();
        if (reader.at >= reader.text.len) return null;
        var count: usize = 0;
        while (true) {
            const it = reader.take();
            if (count < cells.len) cells[count] = it;
            count += 1;
            if (reader.at >= reader.text.len) return count;
            if (reader.text[reader.at] != reader.delimiter) {
                reader.endLine();
                return count;
            }
            reader.at += 1;
        }
    }

    fn ends(reader: *Reader) bool {
        return switch (reader.text[reader.at]) {
            '\n' => true,
            '\r' => reader.returns or (reader.at + 1 < reader.text.len and reader.text[reader.at + 1] == '\n'),
            else => false,
        };
    }

    fn endLine(reader: *Reader) void {
        if (reader.text[reader.at] == '\r' and !reader.returns) reader.at += 1;
        reader.at += 1;
        reader.line += 1;
    }

    fn take(reader: *Reader) Cell {
        const start = reader.at;
        if (start >= reader.text.len or reader.text[start] != '"') return .{ .raw = reader.bare() };
        var doubled = false;
        reader.at += 1;
        while (std.mem.findScalarPos(u8, reader.text, reader.at, '"')) |quote| {
            reader.countLines(reader.at, quote);
            reader.at = quote + 1;
            if (reader.at >= reader.text.len or reader.text[reader.at] != '"') {
                const raw = reader.text[start + 1 .. quote];
                if (reader.bare().len == 0) return .{ .raw = raw, .doubled = doubled };
                // What is meant cannot be known, so all of it is the cell, quotes as well.
                reader.flaw = .after_quote;
                return .{ .raw = reader.text[start..reader.at] };
            }
            doubled = true;
            reader.at += 1;
        }
        reader.flaw = .unclosed_quote;
        reader.countLines(reader.at, reader.text.len);
        reader.at = reader.text.len;
        return .{ .raw = reader.text[start + 1 ..], .doubled = doubled };
    }

    /// All up to the next delimiter or line end.
    fn bare(reader: *Reader) []const u8 {
        const start = reader.at;
        while (reader.at < reader.text.len) : (reader.at += 1) {
            const byte = reader.text[reader.at];
            if (byte == reader.delimiter or (byte <= '\r' and reader.ends())) break;
        }
        return reader.text[start..reader.at];
    }

    fn countLines(reader: *Reader, from: usize, to: usize) void {
        reader.line += std.mem.countScalar(u8, reader.text[from..to], '\n');
    }
};

/// The delimiter with which the first records have the most cells, and all as many; a comma where none has two.
pub fn sniff(text: []const u8) u8 {
    var best: u8 = ',';
    var best_score: usize = 0;
    for (delimiters) |delimiter| {
        var reader: Reader = .init(text[0..@min(text.len, 64 << 10)], delimiter);
        var none: [0]Cell = .{};
        const first = reader.next(&none) orelse continue;
        if (first < 2) continue;
        var alike: usize = 1;
        var records: usize = 1;
        // The last one may be cut.
        while (records < 20 and reader.at < reader.text.len) : (records += 1) {
            if ((reader.next(&none) orelse break) == first) alike += 1;
        }
        const score = alike * 1000 / records * 1000 + @min(first, 999);
        if (score > best_score) {
            best = delimiter;
            best_score = score;
        }
    }
    return best;
}

fn expectRecords(text: []const u8, delimiter: u8, expected: []const []const []const u8) !void {
    var reader: Reader = .init(text, delimiter);
    var cells: [8]Cell = undefined;
    for (expected) |record| {
        const count = reader.next(&cells).?;
        try std.testing.expectEqual(record.len, count);
        for (record, cells[0..count]) |want, cell| {
            var buffer: [64]u8 = undefined;
            const length = if (cell.doubled) cell.copy(&buffer) else plain: {
                @memcpy(buffer[0..cell.raw.len], cell.raw);
                break :plain cell.raw.len;
            };
            try std.testing.expectEqualStrings(want, buffer[0..length]);
        }
    }
    try std.testing.expectEqual(null, reader.next(&cells));
}

test "records are as in RFC 4180" {
    try expectRecords("a,b\r\n1,\"x, \"\"y\"\"\r\nz\"\r\n,\r\n", ',', &.{ &.{ "a", "b" }, &.{ "1", "x, \"y\"\r\nz" }, &.{ "", "" } });
    try expectRecords("a\n\n\nb", ',', &.{ &.{"a"}, &.{"b"} });
    try expectRecords("a;b\rc;\"d\"", ';', &.{ &.{ "a", "b" }, &.{ "c", "d" } });
    try expectRecords("a\"b,c\rd\n\"\"\n", ',', &.{ &.{ "a\"b", "c\rd" }, &.{""} });
    try expectRecords("", ',', &.{});
}

test "a flaw is read and said" {
    var cells: [4]Cell = undefined;
    var reader: Reader = .init("\"a\"x,b\n\"c,\nd", ',');
    try std.testing.expectEqual(2, reader.next(&cells));
    try std.testing.expectEqual(.after_quote, reader.flaw);
    try std.testing.expectEqualStrings("\"a\"x", cells[0].raw);
    try std.testing.expectEqual(2, reader.line);
    try std.testing.expectEqual(1, reader.next(&cells));
    try std.testing.expectEqual(.unclosed_quote, reader.flaw);
    try std.testing.expectEqualStrings("c,\nd", cells[0].raw);
}

test "the delimiter is found" {
    try std.testing.expectEqual(',', sniff("a,b\n1,2\n"));
    try std.testing.expectEqual(';', sniff("a;b\n1,5;2,5\n3,5;4,5\n"));
    try std.testing.expectEqual('\t', sniff("a\tb\tc\n1, 2\t3\t4\n"));
    try std.testing.expectEqual('|', sniff("a|\"b,c,d\"\n1|2"));
    try std.testing.expectEqual(',', sniff("alone\nx\n"));
    try std.testing.expectEqual(',', sniff(""));
}
