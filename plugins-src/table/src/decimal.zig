//! Exact decimal numbers: up to 38 digits before the point and 38 behind it, in fixed point. Nothing is ever
//! rounded but a mean, which says how.

const std = @import("std");

/// How many digits there may be on each side of the point.
pub const max_digits = 38;

/// Wide enough for 76 digits, and for the sum of as many numbers as fit into memory.
const Fixed = i320;
const one: Fixed = power(max_digits);

/// A number, with how many digits behind the point it was written.
pub const Decimal = struct {
    /// In units of 10^-38.
    value: Fixed = 0,
    scale: u8 = 0,

    /// A number as in JSON: `-12.50`, `1e-3`. None for what is written in another way (`007`, `+1`, `1,000`, `.5`),
    /// or has more digits than are kept.
    pub fn parse(text: []const u8) ?Decimal {
        var at: usize = 0;
        const negative = text.len > 0 and text[0] == '-';
        if (negative) at += 1;
        const whole = digits(text, at);
        if (whole == 0 or (whole > 1 and text[at] == '0')) return null;
        const whole_text = text[at..][0..whole];
        at += whole;
        var fraction_text: []const u8 = "";
        if (at < text.len and text[at] == '.') {
            fraction_text = text[at + 1 ..][0..digits(text, at + 1)];
            if (fraction_text.len == 0) return null;
            at += 1 + fraction_text.len;
        }
        var exponent: i32 = 0;
        if (at < text.len and (text[at] == 'e' or text[at] == 'E')) {
            at += 1;
            const down = at < text.len and text[at] == '-';
            if (at < text.len and (text[at] == '-' or text[at] == '+')) at += 1;
            const count = digits(text, at);
            if (count == 0) return null;
            // Four digits are more than can be kept; zeros before them are none.
            const trimmed = std.mem.trimStart(u8, text[at..][0..count], "0");
            exponent = if (trimmed.len > 4) 99_999 else if (trimmed.len == 0) 0 else std.fmt.parseInt(i32, trimmed, 10) catch unreachable;
            if (down) exponent = -exponent;
            at += count;
        }
        if (at != text.len) return null;
        return of(negative, whole_text, fraction_text, exponent);
    }

    fn of(negative: bool, whole: []const u8, fraction: []const u8, exponent: i32) ?Decimal {
        // The digits as one number, in units of 10^-places.
        const kept = std.mem.trimStart(u8, whole, "0");
        var places: i64 = @as(i64, @intCast(fraction.len)) - exponent;
        const tail = if (kept.len == 0) std.mem.trimStart(u8, fraction, "0") else fraction;
        var last = std.mem.trimEnd(u8, tail, "0");
        var first = kept;
        // Zeros at the end say how it was written, and nothing of its value.
        var value_places = places - @as(i64, @intCast(tail.len - last.len));
        if (last.len == 0) {
            first = std.mem.trimEnd(u8, kept, "0");
            value_places -= @intCast(kept.len - first.len);
            last = "";
        }
        const count: i64 = @intCast(first.len + last.len);
        if (count == 0) return .{ .scale = clamp(places) };
        if (value_places > max_digits or count - value_places > max_digits) return null;
        if (places > max_digits) places = value_places;
        var value = number(first);
        value = value * power(@intCast(last.len)) + number(last);
        value *= power(@intCast(max_digits - value_places));
        return .{ .value = if (negative) -value else value, .scale = clamp(places) };
    }

    fn clamp(places: i64) u8 {
        return @intCast(std.math.clamp(places, 0, max_digits));
    }

    pub fn order(a: Decimal, b: Decimal) std.math.Order {
        return std.math.order(a.value, b.value);
    }

    /// Exact: no overflow is possible for as many numbers as fit into memory.
    pub fn plus(a: Decimal, b: Decimal) Decimal {
        return .{ .value = a.value + b.value, .scale = @max(a.scale, b.scale) };
    }

    /// The mean of `count` numbers whose sum this is, with six digits more than the longest of them had behind the
    /// point, rounded half to even; zeros at its end are left out.
    pub fn mean(sum: Decimal, count: u64) Decimal {
        const scale: u8 = @min(sum.scale + 6, max_digits);
        const unit = power(max_digits - scale);
        const divisor: Fixed = @as(Fixed, @intCast(count)) * unit;
        var quotient = @divFloor(sum.value, divisor);
        const rest = sum.value - quotient * divisor;
        const twice = std.math.order(rest * 2, divisor);
        if (twice == .gt or (twice == .eq and @mod(quotient, 2) != 0)) quotient += 1;
        var result: Decimal = .{ .value = quotient * unit, .scale = scale };
        while (result.scale > 0 and @rem(result.value, power(max_digits - result.scale + 1)) == 0) result.scale -= 1;
        return result;
    }

    pub fn isWhole(it: Decimal) bool {
        return @rem(it.value, one) == 0;
    }

    /// Written with as many digits behind the point as its scale says; all of them.
    pub fn format(it: Decimal, out: *std.Io.Writer) std.Io.Writer.Error!void {
        var buffer: [128]u8 = undefined;
        var magnitude: u320 = @abs(it.value) / @as(u320, @intCast(power(max_digits - it.scale)));
        var at = buffer.len;
        var written: usize = 0;
        while (magnitude != 0 or written <= it.scale) : (written += 1) {
            if (it.scale > 0 and written == it.scale) {
                at -= 1;
                buffer[at] = '.';
            }
            at -= 1;
            buffer[at] = '0' + @as(u8, @intCast(magnitude % 10));
            magnitude /= 10;
        }
        if (it.value < 0) {
            at -= 1;
            buffer[at] = '-';
        }
        try out.writeAll(buffer[at..]);
    }
};

/// Whether every reader of JSON keeps all digits of a number that is written like this: most keep 15.
pub fn isPortable(text: []const u8) bool {
    const mantissa = text[0 .. std.mem.findAny(u8, text, "eE") orelse text.len];
    var count: usize = 0;
    var zeros: usize = 0;
    for (mantissa) |byte| switch (byte) {
        '0' => zeros += 1,
        '1'...'9' => {
            // Zeros count once something other stands before them.
            count += 1 + if (count > 0) zeros else 0;
            zeros = 0;
        },
        else => {},
    };
    return count <= 15;
}

fn digits(text: []const u8, from: usize) usize {
    var at = from;
    while (at < text.len and std.ascii.isDigit(text[at])) at += 1;
    return at - from;
}

/// At most 76 digits, in words of 18.
fn number(text: []const u8) Fixed {
    var value: Fixed = 0;
    var at: usize = 0;
    while (at < text.len) {
        const end = @min(at + 18, text.len);
        var word: u64 = 0;
        for (text[at..end]) |digit| word = word * 10 + (digit - '0');
        value = if (at == 0) word else value * power(end - at) + word;
        at = end;
    }
    return value;
}

fn power(exponent: usize) Fixed {
    return powers[exponent];
}

const powers: [2 * max_digits + 1]Fixed = all: {
    @setEvalBranchQuota(10_000);
    var list: [2 * max_digits + 1]Fixed = undefined;
    list[0] = 1;
    for (1..list.len) |at| list[at] = list[at - 1] * 10;
    break :all list;
};

fn expectFormat(expected: []const u8, it: Decimal) !void {
    var buffer: [128]u8 = undefined;
    var out: std.Io.Writer = .fixed(&buffer);
    try it.format(&out);
    try std.testing.expectEqualStrings(expected, out.buffered());
}

test "numbers are read and written as they are" {
    inline for (.{ "0", "-0.5", "12.50", "99999999999999999999999999999999999999", "0.00000000000000000000000000000000000001" }) |text| {
        try expectFormat(text, Decimal.parse(text).?);
    }
    try expectFormat("1000", Decimal.parse("1e3").?);
    try expectFormat("0.0125", Decimal.parse("12.5E-3").?);
    try expectFormat("1250", Decimal.parse("12.50e+0002").?);
    try expectFormat("0", Decimal.parse("0e999999999999").?);
    try expectFormat("0.10", Decimal.parse("0.10").?);
}

test "what is no number, or has too many digits, is none" {
    for ([_][]const u8{
        "",     "-",      "+1",     "007",                                       ".5", "5.", "1e", "1e+", "1,000", "0x1", "1 ", " 1", "NaN", "1.2.3",
        "1e38", "1e-39", "1e9999", "100000000000000000000000000000000000000", "--1",
    }) |text| {
        try std.testing.expectEqual(null, Decimal.parse(text));
    }
}

test "sums are exact" {
    try expectFormat("0.3", Decimal.parse("0.1").?.plus(Decimal.parse("0.2").?));
    try expectFormat("3.30", Decimal.parse("1.10").?.plus(Decimal.parse("2.2").?));
    const big = Decimal.parse("99999999999999999999999999999999999999").?;
    var sum: Decimal = .{};
    for (0..1000) |_| sum = sum.plus(big);
    try expectFormat("99999999999999999999999999999999999999000", sum);
    try std.testing.expectEqual(.eq, Decimal.parse("1.0").?.order(Decimal.parse("10e-1").?));
    try std.testing.expectEqual(.lt, Decimal.parse("-2").?.order(Decimal.parse("-1.99").?));
}

test "a mean has six digits more, rounded half to even" {
    try expectFormat("0.333333", (Decimal{ .value = one }).mean(3));
    try expectFormat("2", Decimal.parse("4").?.mean(2));
    try expectFormat("-0.333333", (Decimal{ .value = -one }).mean(3));
    // 0.0000005 and 0.0000015: to 0.000000 and 0.000002.
    try expectFormat("0", Decimal.parse("1").?.mean(2_000_000));
    try expectFormat("0.000002", Decimal.parse("3").?.mean(2_000_000));
    try expectFormat("1.25", Decimal.parse("2.50").?.mean(2));
}

test "fifteen digits are what readers keep" {
    for ([_][]const u8{ "0", "123456789012345", "-0.000123456789012345", "100000000000000000000", "1.5e300" }) |text| try std.testing.expect(isPortable(text));
    for ([_][]const u8{ "1234567890123456", "0.1234567890123456", "1000000000000000.5" }) |text| try std.testing.expect(!isPortable(text));
}
