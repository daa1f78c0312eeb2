//! `table`: CSV and JSON tables, with exact decimals.

const std = @import("std");
const remit = @import("remit");

pub const std_options: std.Options = .{ .logFn = remit.logFn };
pub const panic = remit.panic;

pub const plugin: remit.Plugin = .{
    .name = "table",
    .version = "0.1.0",
    .summary = "Describes, selects, filters, groups and joins CSV and JSON tables, with exact decimals",
    .needs = &.{
        .{ .grant = "files read * {config.folder|/tables}", .reason = "to read the tables that are named by a path" },
        .{ .grant = "config folder=*", .reason = "to know where the tables are, if not in /tables" },
    },
    .operations = &.{
        remit.read("describe", "Says what is in a table: its columns, their types, least, greatest and different values, and what is wrong with its text", @import("describe.zig").describe),
        remit.read("select", "Gives rows of a table: some columns, in some order", @import("select.zig").select),
        remit.read("filter", "Gives the rows of a table that meet conditions", @import("select.zig").filter),
        remit.read("group", "Groups the rows of a table by columns, and counts, adds up and compares them", @import("group.zig").group),
        remit.read("join", "Puts two tables side by side where their keys are the same; a column of the right one whose name is taken is called right.NAME", @import("join.zig").join),
    },
};

comptime {
    remit.exportPlugin(plugin);
}

test {
    _ = @import("decimal.zig");
    _ = @import("csv.zig");
    _ = @import("text.zig");
    _ = @import("columns.zig");
    _ = @import("value.zig");
    _ = @import("tests.zig");
    _ = @import("hostile.zig");
}
