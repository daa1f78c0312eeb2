//! `word_count`: an operation is a function from a struct to a struct.

const std = @import("std");
const remit = @import("remit");
const letters = @import("letters.zig");

const Input = struct {
    text: []const u8,
    top: u32 = 5,

    pub const fields = .{
        .text = .{ .description = "The text to count in" },
        .top = .{ .description = "How many of the most frequent words to list", .minimum = 1, .maximum = 50 },
    };
};

const Output = struct {
    words: usize,
    characters: usize,
    lines: usize,
    most_frequent: []const Frequency,

    const Frequency = struct { word: []const u8, count: usize };

    pub const fields = .{
        .most_frequent = .{ .description = "The most frequent first; words of one count by the alphabet" },
    };
};

pub fn wordCount(call: *remit.Call, input: Input) !Output {
    var counts: std.StringArrayHashMapUnmanaged(usize) = .empty;
    var words: usize = 0;
    var word: std.ArrayList(u8) = .empty;
    var characters: std.unicode.Utf8Iterator = .{ .bytes = input.text, .i = 0 };
    var count: usize = 0;
    while (true) {
        const character = characters.nextCodepoint();
        if (character != null) count += 1;
        if (character) |it| if (letters.isLetter(it)) {
            var buffer: [4]u8 = undefined;
            const length = try std.unicode.utf8Encode(letters.lower(it), &buffer);
            try word.appendSlice(call.allocator, buffer[0..length]);
            continue;
        };
        if (word.items.len > 0) {
            words += 1;
            const entry = try counts.getOrPutValue(call.allocator, word.items, 0);
            entry.value_ptr.* += 1;
            // The word is the map's key now, where it is a new one.
            if (entry.value_ptr.* == 1) word = .empty else word.clearRetainingCapacity();
        }
        if (character == null) break;
    }

    const frequent = try call.allocator.alloc(Output.Frequency, counts.count());
    for (frequent, counts.keys(), counts.values()) |*to, key, value| to.* = .{ .word = key, .count = value };
    std.mem.sort(Output.Frequency, frequent, {}, moreFrequent);
    return .{
        .words = words,
        .characters = count,
        .lines = lines(input.text),
        .most_frequent = frequent[0..@min(frequent.len, input.top)],
    };
}

fn moreFrequent(_: void, a: Output.Frequency, b: Output.Frequency) bool {
    return if (a.count != b.count) a.count > b.count else std.mem.lessThan(u8, a.word, b.word);
}

/// A last line counts without its line feed, too.
fn lines(text: []const u8) usize {
    const feeds = std.mem.count(u8, text, "\n");
    return if (text.len == 0 or text[text.len - 1] == '\n') feeds else feeds + 1;
}

fn expectOutput(input: []const u8, expected: []const u8) !void {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var call: remit.Call = .{ .allocator = arena.allocator() };
    const output = try @import("plugin.zig").plugin.invoke(&call, "word_count", input);
    try std.testing.expectEqualStrings(expected, output);
}

test "words are counted without their case, ties by the word" {
    try expectOutput(
        "{\"text\":\"The cat and the Äpfel.\\nÄPFEL and I\",\"top\":4}",
        "{\"words\":8,\"characters\":34,\"lines\":2,\"most_frequent\":[{\"word\":\"and\",\"count\":2}," ++
            "{\"word\":\"the\",\"count\":2},{\"word\":\"äpfel\",\"count\":2},{\"word\":\"cat\",\"count\":1}]}",
    );
}

test "an empty text has nothing in it" {
    try expectOutput("{\"text\":\"\"}", "{\"words\":0,\"characters\":0,\"lines\":0,\"most_frequent\":[]}");
}
