import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import {
  COMPONENT_EXPORTS,
  COMPONENT_IMPORTS,
  CORE_IMPORTS,
  joined,
  leb,
  sections,
  text,
  texted,
  uint,
} from "../compiler/binary.js";
import { bundle } from "../compiler/bundle.js";
import { finished } from "../compiler/componentize.js";
import { definition } from "../compiler/definition.js";
import { blanked, engine } from "../compiler/engine.js";
import { openProject } from "../compiler/project.js";
import { validatorsOf } from "../compiler/validators.js";
import { narrowed } from "../compiler/world.js";

/** A project with this as its plugin. */
async function project(context, source) {
  const folder = await mkdtemp(path.join(tmpdir(), "remit-test-"));
  context.after(() => rm(folder, { recursive: true }));
  const about = { name: "it", version: "1.0.0", description: "It", main: "plugin.js", type: "module" };
  await writeFile(path.join(folder, "package.json"), JSON.stringify(about));
  await writeFile(path.join(folder, "plugin.js"), source);
  return openProject(folder);
}

const operation = (body) =>
  `export default { operations: { it: { summary: "It", effect: "read", async run(input) { ${body} } } } };`;

/** What a plugin with this operation imports. */
async function imports(context, body, before = "") {
  const it = await project(context, before + operation(body));
  const found = await bundle(it, {}, validatorsOf({ it: { type: "object" } }));
  return found.imports.map((name) => name.replace(/@.*/, "").replace(/^host:/, "wasi:")).sort();
}

test("a plugin imports what it uses, and nothing else", async (context) => {
  const http = ["wasi:http/outgoing-handler", "wasi:http/types", "wasi:io/poll"];
  for (const [body, due] of [
    ["return input;", []],
    ['return { fetch: "fetch", URL: input.Date, console: 1 };', []],
    ["const fetch = () => 1; return fetch();", []],
    ["return (await fetch(input.url)).status;", http],
    ["return (await globalThis.fetch(input.url)).status;", http],
    ["return typeof input.fetch;", []],
    ["console.log(1); return {};", ["remit:connector/log"]],
    ["return new Date().getTime();", ["wasi:clocks/wall-clock"]],
    ["return Math.random();", ["wasi:random/random"]],
    ["return Math.max(1, 2);", []],
    ["return new URL(input.url).host;", []],
    ["await new Promise((done) => setTimeout(done, 1)); return {};", ["wasi:clocks/monotonic-clock", "wasi:io/poll"]],
  ]) {
    assert.deepEqual(await imports(context, body), due, body);
  }
  const files = ["wasi:filesystem/preopens"];
  assert.deepEqual(
    await imports(context, "return readFileSync(input.path, 'utf8');", 'import { readFileSync } from "fs";'),
    files,
  );
  const config = ["wasi:config/store"];
  assert.deepEqual(await imports(context, "return config.get('a');", 'import { config } from "remit-plugin";'), config);
});

test("a module of Node's that is not there is named, with who asks for it", async (context) => {
  await assert.rejects(
    imports(context, "return get;", 'import { get } from "node:http";'),
    /no node:http \(in plugin\.js\)/,
  );
});

test("a plugin that is none says so", async (context) => {
  for (const [source, message] of [
    ["export const x = 1;", /default export of plugin\.js is no plugin/],
    ["export default {};", /is no plugin/],
    ["throw new Error('early');", /plugin\.js cannot be loaded: Error: early/],
    ["fetch('http://x'); export default {};", /calls `fetch` while it is loaded/],
    ['export default { operations: { a: { effect: "read", run() {} } } };', /`a` has no summary/],
    ['export default { operations: { a: { summary: "", effect: "reads", run() {} } } };', /`a` has no effect/],
    ['export default { operations: { a: { summary: "", effect: "read" } } };', /`a` has no function `run`/],
  ]) {
    await assert.rejects(definition(await project(context, source)), { name: "BuildError", message });
  }
  await assert.rejects(openProject(path.join(tmpdir(), "remit-no-such")), { name: "BuildError" });
});

test("a schema that is none is refused when the plugin is built", () => {
  assert.throws(() => validatorsOf({ it: { type: "objet" } }), { name: "BuildError", message: /`it`.*type/ });
});

test("the world has what is imported, and WASI under the name that stands for it", async () => {
  const world = await narrowed(undefined, ["host:http/types@0.2.12", "remit:connector/log@0.1.0"]);
  try {
    const written = await readFile(path.join(world.folder, "world.wit"), "utf8");
    assert.match(
      written,
      /world plugin \{\n {2}import host:http\/types@0\.2\.12;\n {2}import log;\n {2}export connector;\n\}/,
    );
    const http = await readFile(path.join(world.folder, "deps/http/http.wit"), "utf8");
    assert.match(http, /package host:http@0\.2\.12;/);
    assert.doesNotMatch(http, /wasi:/);
  } finally {
    await world.remove();
  }
});

test("numbers of any size are written and read", () => {
  for (const value of [0, 1, 127, 128, 300, 2 ** 31, 2 ** 32 - 1]) {
    const bytes = leb(value);
    assert.deepEqual(uint(bytes, 0), [value, bytes.length]);
  }
  assert.throws(() => uint(Buffer.from([0x80]), 0), /ends/);
});

test("a component gets WASI's name back where it imports, and loses the export that runs it", () => {
  const header = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
  const named = (name, rest) => Buffer.concat([Buffer.from([0]), texted(name), Buffer.from(rest)]);
  const nested = Buffer.from("in a nested component host:io stays");
  const before = joined(header, [
    { id: COMPONENT_IMPORTS, bytes: Buffer.concat([leb(1), named("host:io/poll@0.2.12", [5, 0])]) },
    { id: 4, bytes: nested },
    {
      id: COMPONENT_EXPORTS,
      bytes: Buffer.concat([
        leb(2),
        named("init", [1, 0x83, 1, 0]),
        named("remit:connector/connector@0.1.0", [5, 7, 0]),
      ]),
    },
  ]);
  const [imported, kept, exported] = sections(finished(before));
  assert.equal(text(imported.bytes, 2)[0], "wasi:io/poll@0.2.12");
  assert.deepEqual(kept.bytes, nested);
  assert.deepEqual(exported.bytes, Buffer.concat([leb(1), named("remit:connector/connector@0.1.0", [5, 7, 0])]));
});

test("the engine holds no folder of the machine that built it, and is as long as it was", () => {
  const folder = "/home/runner/.cargo/registry/src/index-0123456789abcdef/";
  const module = Buffer.concat([
    Buffer.from([0, 0xff]),
    Buffer.from(`${folder}hashbrown-0.17.1/src/raw.rs/home/runner/.cargo/git/checkouts/a-1/b`),
    Buffer.from([0xff]),
  ]);
  const clean = blanked(module);
  assert.equal(clean.length, module.length);
  assert.equal(clean[1], 0xff);
  assert.ok(!clean.includes("/home/"));
  assert.ok(clean.includes("-/hashbrown-0.17.1/src/raw.rs/--"));
  assert.ok(clean.includes("-/b"));
});

test("the engine that the pinned package carries is found, and asks for no time and no chance", async () => {
  const bytes = await engine();
  assert.ok(!bytes.includes("/home/"));
  const found = sections(bytes).find(({ id }) => id === CORE_IMPORTS);
  const names = found.bytes.toString("latin1");
  assert.match(names, /wall-clock@0\.2\.0[^]resolution/);
  assert.match(names, /monotonic-clock@0\.2\.0[^]resolution/);
  assert.doesNotMatch(names, /insecure-seed|clock@0\.2\.0[^]now/);
});
