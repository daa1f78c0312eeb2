//! Exact decimal numbers: up to 38 digits before the point and 38 behind it. Nothing is ever rounded but a mean,
//! which says how.

const std = @import("std");

/// How many digits there may be on each side of the point.
pub const max_digits = 38;
/// Numbers of so many digits, with no more behind the point, are reckoned with in one machine word.
const small_digits = 18;

/// In units of 10^-38: wide enough for 76 digits, and for the sum of as many numbers as fit into memory.
const Fixed = i320;
const one: Fixed = power(max_digits);

/// A number, with how many digits behind the point it was written.
pub const Decimal = struct {
    value: Value = .{ .small = .{ .coefficient = 0, .places = 0 } },
    scale: u8 = 0,

    /// What fits into `small` always is: so a number has one form but for zeros behind its digits.
    const Value = union(enum) {
        /// In units of 10^-places.
        small: struct { coefficient: i64, places: u8 },
        big: Fixed,
    };

    /// A number as in JSON: `-12.50`, `1e-3`. None for what is written in another way (`007`, `+1`, `1,000`, `.5`),
    /// or has more digits than are kept.
    pub fn parse(text: []const u8) ?Decimal {
        const written = Written.of(text) orelse return null;
        const count = written.whole.len + written.fraction.len;
        if (written.exponent == 0 and count <= small_digits) {
            const coefficient = word(written.whole) * small_powers[written.fraction.len] + word(written.fraction);
            const places: u8 = @intCast(written.fraction.len);
            return .{ .value = .{ .small = .{ .coefficient = if (written.negative) -coefficient else coefficient, .places = places } }, .scale = places };
        }
        return long(written);
    }

    fn long(written: Written) ?Decimal {
        const whole = std.mem.trimStart(u8, written.whole, "0");
        // Zeros at the end say how it was written, and nothing of its value.
        const fraction = if (whole.len == 0) std.mem.trimStart(u8, written.fraction, "0") else written.fraction;
        const last = std.mem.trimEnd(u8, fraction, "0");
        const first = if (last.len == 0) std.mem.trimEnd(u8, whole, "0") else whole;
        const written_places = @as(i64, @intCast(written.fraction.len)) - written.exponent;
        const scale: u8 = @intCast(std.math.clamp(written_places, 0, max_digits));
        const count: i64 = @intCast(first.len + last.len);
        if (count == 0) return .{ .scale = scale };
        var places = written_places - @as(i64, @intCast(fraction.len - last.len));
        if (last.len == 0) places -= @intCast(whole.len - first.len);
        if (places > max_digits or count - places > max_digits) return null;
        const whole_places: usize = @intCast(@max(places, 0));
        const more: usize = @intCast(@max(-places, 0));
        if (whole_places <= small_digits and count + @as(i64, @intCast(more)) <= small_digits) {
            const coefficient = (word(first) * small_powers[last.len] + word(last)) * small_powers[more];
            return .{
                .value = .{ .small = .{ .coefficient = if (written.negative) -coefficient else coefficient, .places = @intCast(whole_places) } },
                .scale = scale,
            };
        }
        const digits_ = number(first) * power(last.len) + number(last);
        const value = digits_ * power(@intCast(max_digits - places));
        return .{ .value = .{ .big = if (written.negative) -value else value }, .scale = scale };
    }

    pub fn order(a: Decimal, b: Decimal) std.math.Order {
        if (a.value == .small and b.value == .small) {
            const x, const y = .{ a.value.small, b.value.small };
            if (x.places == y.places) return std.math.order(x.coefficient, y.coefficient);
            const places = @max(x.places, y.places);
            return std.math.order(
                @as(i128, x.coefficient) * small_powers[places - x.places],
                @as(i128, y.coefficient) * small_powers[places - y.places],
            );
        }
        return std.math.order(a.fixed(), b.fixed());
    }

    pub fn hash(it: Decimal, hasher: *std.hash.Wyhash) void {
        switch (it.value) {
            .small => |small| {
                var coefficient = small.coefficient;
                var places = if (coefficient == 0) 0 else small.places;
                while (places > 0 and @rem(coefficient, 10) == 0) : (places -= 1) coefficient = @divTrunc(coefficient, 10);
                hasher.update(std.mem.asBytes(&coefficient));
                hasher.update(&.{places});
            },
            .big => |big| hasher.update(std.mem.asBytes(&big)),
        }
    }

    fn fixed(it: Decimal) Fixed {
        return switch (it.value) {
            .small => |small| @as(Fixed, small.coefficient) * power(max_digits - small.places),
            .big => |big| big,
        };
    }

    /// Written with as many digits behind the point as its scale says; all of them.
    pub fn format(it: Decimal, out: *std.Io.Writer) std.Io.Writer.Error!void {
        const value = it.fixed();
        var buffer: [128]u8 = undefined;
        var magnitude: u320 = @abs(value) / @as(u320, @intCast(power(max_digits - it.scale)));
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
        if (value < 0) {
            at -= 1;
            buffer[at] = '-';
        }
        try out.writeAll(buffer[at..]);
    }
};

/// An exact sum: no overflow is possible for as many numbers as fit into memory.
pub const Sum = struct {
    /// What is not in `big` yet, in units of 10^-places.
    small: i128 = 0,
    places: u8 = 0,
    big: Fixed = 0,
    scale: u8 = 0,

    pub fn add(sum: *Sum, it: Decimal) void {
        sum.scale = @max(sum.scale, it.scale);
        switch (it.value) {
            .big => |big| sum.big += big,
            .small => |small| {
                if (small.places > sum.places) {
                    sum.settle();
                    sum.places = small.places;
                }
                // Less than 10^36, of which more than a hundred fit.
                const more = @as(i128, small.coefficient) * small_powers[sum.places - small.places];
                const next, const overflowed = @addWithOverflow(sum.small, more);
                if (overflowed != 0) {
                    sum.settle();
                    sum.small = more;
                } else sum.small = next;
            },
        }
    }

    fn settle(sum: *Sum) void {
        sum.big += @as(Fixed, sum.small) * power(max_digits - sum.places);
        sum.small = 0;
    }

    pub fn total(sum: Sum) Decimal {
        var whole = sum;
        whole.settle();
        return .{ .value = .{ .big = whole.big }, .scale = whole.scale };
    }

    /// The mean of `count` numbers whose sum this is, with six digits more than the longest of them had behind the
    /// point, rounded half to even; zeros at its end are left out.
    pub fn mean(sum: Sum, count: u64) Decimal {
        const value = sum.total().value.big;
        var scale: u8 = @min(sum.scale + 6, max_digits);
        const unit = power(max_digits - scale);
        const divisor: Fixed = @as(Fixed, @intCast(count)) * unit;
        var quotient = @divFloor(value, divisor);
        const rest = value - quotient * divisor;
        const twice = std.math.order(rest * 2, divisor);
        if (twice == .gt or (twice == .eq and @mod(quotient, 2) != 0)) quotient += 1;
        const result = quotient * unit;
        while (scale > 0 and @rem(result, power(max_digits - scale + 1)) == 0) scale -= 1;
        return .{ .value = .{ .big = result }, .scale = scale };
    }
};

/// The parts of a number as JSON writes it.
const Written = struct {
    negative: bool,
    whole: []const u8,
    fraction: []const u8,
    exponent: i32,

    fn of(text: []const u8) ?Written {
        var at: usize = 0;
        const negative = text.len > 0 and text[0] == '-';
        if (negative) at += 1;
        const whole = text[at..][0..digits(text, at)];
        if (whole.len == 0 or (whole.len > 1 and whole[0] == '0')) return null;
        at += whole.len;
        var fraction: []const u8 = "";
        if (at < text.len and text[at] == '.') {
            fraction = text[at + 1 ..][0..digits(text, at + 1)];
            if (fraction.len == 0) return null;
            at += 1 + fraction.len;
        }
        var exponent: i32 = 0;
        if (at < text.len and (text[at] == 'e' or text[at] == 'E')) {
            at += 1;
            const down = at < text.len and text[at] == '-';
            if (at < text.len and (text[at] == '-' or text[at] == '+')) at += 1;
            const count = digits(text, at);
            if (count == 0) return null;
            // Zeros before it are nothing. Eight digits are more than any text is long: then the number is zero, or
            // has more digits than are kept.
            const trimmed = std.mem.trimStart(u8, text[at..][0..count], "0");
            exponent = if (trimmed.len > 8) 999_999_999 else if (trimmed.len == 0) 0 else std.fmt.parseInt(i32, trimmed, 10) catch unreachable;
            if (down) exponent = -exponent;
            at += count;
        }
        if (at != text.len) return null;
        return .{ .negative = negative, .whole = whole, .fraction = fraction, .exponent = exponent };
    }
};

/// What a text is, as a number: told without reckoning it where it is short.
pub fn kindOf(text: []const u8) enum { integer, decimal, none } {
    const written = Written.of(text) orelse return .none;
    if (written.exponent == 0 and written.whole.len + written.fraction.len <= small_digits) {
        return if (written.fraction.len == 0) .integer else .decimal;
    }
    const it = Decimal.parse(text) orelse return .none;
    return if (it.scale == 0) .integer else .decimal;
}

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

/// At most 18 digits.
fn word(text: []const u8) i64 {
    var value: i64 = 0;
    for (text) |digit| value = value * 10 + (digit - '0');
    return value;
}

/// At most 76 digits, in words of 18.
fn number(text: []const u8) Fixed {
    var value: Fixed = 0;
    var at: usize = 0;
    while (at < text.len) {
        const end = @min(at + small_digits, text.len);
        value = value * power(end - at) + word(text[at..end]);
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

const small_powers: [small_digits + 1]i64 = all: {
    var list: [small_digits + 1]i64 = undefined;
    for (&list, 0..) |*to, at| to.* = @intCast(powers[at]);
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
        "",     "-",     "+1",     "007",                                     ".5",  "5.", "1e", "1e+", "1,000", "0x1", "1 ", " 1", "NaN", "1.2.3",
        "1e38", "1e-39", "1e9999", "100000000000000000000000000000000000000", "--1",
    }) |text| {
        try std.testing.expectEqual(null, Decimal.parse(text));
    }
}

fn sumOf(texts: []const []const u8) Sum {
    var sum: Sum = .{};
    for (texts) |text| sum.add(Decimal.parse(text).?);
    return sum;
}

test "sums are exact" {
    try expectFormat("0.3", sumOf(&.{ "0.1", "0.2" }).total());
    try expectFormat("3.30", sumOf(&.{ "1.10", "2.2" }).total());
    try expectFormat("0.000", sumOf(&.{ "1.10", "-1.1", "-0.001e0", "1e-3" }).total());
    var sum: Sum = .{};
    for (0..1000) |_| sum.add(Decimal.parse("99999999999999999999999999999999999999").?);
    try expectFormat("99999999999999999999999999999999999999000", sum.total());
    sum = .{};
    // Past what fits into a word, and into two.
    for (0..1000) |_| sum.add(Decimal.parse("999999999999999999").?);
    sum.add(Decimal.parse("0.000000000000000001").?);
    for (0..1000) |_| sum.add(Decimal.parse("-999999999999999999").?);
    try expectFormat("0.000000000000000001", sum.total());
}

test "a number is worth the same however it is written" {
    const same = [_][]const []const u8{
        &.{ "1", "1.0", "10e-1", "1.00000000000000000000000000", "0.0000000000000000000000001e25" },
        &.{ "0", "-0", "0.00", "0e99", "0.0000000000000000000000000000000000" },
        &.{ "100000000000000000000", "1e20", "100000000000000000000.0" },
        &.{ "-0.00000000000000000001", "-1e-20" },
    };
    for (same) |texts| for (texts) |a| for (texts) |b| {
        const x, const y = .{ Decimal.parse(a).?, Decimal.parse(b).? };
        try std.testing.expectEqual(.eq, x.order(y));
        var one_hash: std.hash.Wyhash = .init(0);
        var other_hash: std.hash.Wyhash = .init(0);
        x.hash(&one_hash);
        y.hash(&other_hash);
        try std.testing.expectEqual(one_hash.final(), other_hash.final());
    };
    const rising = [_][]const u8{ "-1e30", "-2", "-1.99", "-1e-20", "0", "1e-20", "0.5", "2", "1e18", "1e30" };
    for (rising, 0..) |a, i| for (rising, 0..) |b, j| {
        try std.testing.expectEqual(std.math.order(i, j), Decimal.parse(a).?.order(Decimal.parse(b).?));
    };
}

test "a mean has six digits more, rounded half to even" {
    try expectFormat("0.333333", sumOf(&.{"1"}).mean(3));
    try expectFormat("2", sumOf(&.{"4"}).mean(2));
    try expectFormat("-0.333333", sumOf(&.{"-1"}).mean(3));
    // 0.0000005 and 0.0000015: to 0.000000 and 0.000002.
    try expectFormat("0", sumOf(&.{"1"}).mean(2_000_000));
    try expectFormat("0.000002", sumOf(&.{"3"}).mean(2_000_000));
    try expectFormat("1.25", sumOf(&.{"2.50"}).mean(2));
}

test "fifteen digits are what readers keep" {
    for ([_][]const u8{ "0", "123456789012345", "-0.000123456789012345", "100000000000000000000", "1.5e300" }) |text| try std.testing.expect(isPortable(text));
    for ([_][]const u8{ "1234567890123456", "0.1234567890123456", "1000000000000000.5" }) |text| try std.testing.expect(!isPortable(text));
}
