//! The SDK as a package: `addPlugin` is all that a plugin's build.zig calls.

const std = @import("std");

pub const Options = struct {
    /// The component is build/NAME.wasm.
    name: []const u8,
    root_source_file: std.Build.LazyPath,
};

/// `zig build` makes the core module, which `remit build` makes a component; `zig build test` runs the tests
/// natively.
pub fn addPlugin(b: *std.Build, options: Options) void {
    const sdk = b.dependencyFromBuildZig(@This(), .{});
    const optimize = b.option(std.lang.OptimizeMode, "optimize", "safe unless said: a mistake ends the call") orelse .safe;

    const module = b.addExecutable(.{
        .name = options.name,
        .root_module = b.createModule(.{
            .root_source_file = options.root_source_file,
            .target = sandbox(b),
            .optimize = optimize,
            .strip = true,
            .single_threaded = true,
            .imports = &.{.{ .name = "remit", .module = remit(b, sdk.path("src/remit.zig"), sandbox(b), optimize) }},
        }),
    });
    module.entry = .disabled;
    module.rdynamic = true;
    b.installArtifact(module);

    const tests = b.addTest(.{
        .root_module = b.createModule(.{
            .root_source_file = options.root_source_file,
            .target = b.graph.host,
            .optimize = .debug,
            .imports = &.{.{ .name = "remit", .module = remit(b, sdk.path("src/remit.zig"), b.graph.host, .debug) }},
        }),
    });
    b.step("test", "Run the plugin's tests natively").dependOn(&b.addRunArtifact(tests).step);
}

/// Linear memory and nothing else: what the plugin reaches, it imports from WASI by name.
fn sandbox(b: *std.Build) std.Build.ResolvedTarget {
    return b.resolveTargetQuery(.{
        .cpu_arch = .wasm32,
        .os_tag = .freestanding,
        .cpu_features_add = std.Target.wasm.featureSet(&.{ .bulk_memory, .sign_ext, .nontrapping_fptoint }),
    });
}

fn remit(b: *std.Build, root: std.Build.LazyPath, target: std.Build.ResolvedTarget, optimize: std.lang.OptimizeMode) *std.Build.Module {
    return b.createModule(.{ .root_source_file = root, .target = target, .optimize = optimize });
}

/// The SDK's own tests.
pub fn build(b: *std.Build) void {
    const tests = b.addTest(.{ .root_module = remit(b, b.path("src/remit.zig"), b.graph.host, .debug) });
    b.step("test", "Run the SDK's tests").dependOn(&b.addRunArtifact(tests).step);
}
