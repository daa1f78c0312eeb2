import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checker } from "../src/checker.js";
import { definition } from "../compiler/definition.js";
import { openProject } from "../compiler/project.js";
import { derive, modern } from "../compiler/schemas.js";

const here = path.dirname(fileURLToPath(import.meta.url));

test("schemas are what the types say, whole and strict", async () => {
  const project = await openProject(path.join(here, "typed"));
  assert.equal(project.typed, true);
  assert.deepEqual(Object.keys(await definition(project)), ["everything", "nothing"]);
  const { everything, nothing } = await derive(project);
  const { $defs, ...input } = everything.input;
  const [name] = Object.keys($defs);
  assert.match(name, /^\w+$/);
  const tree = { $ref: `#/$defs/${name}` };
  const { tree: found, ...properties } = input.properties;
  assert.deepEqual(found.properties.children.items, tree);
  assert.deepEqual($defs[name].properties.children.items, tree);
  assert.deepEqual(properties, {
    text: {
      type: "string",
      description: "A text.",
      minLength: 1,
      maxLength: 10,
      pattern: "^[a-z]+$",
      examples: ["abc"],
    },
    count: { type: "integer", description: "How many.", minimum: 1, maximum: 50, default: 5 },
    kind: { type: "string", enum: ["a", "b"] },
    pair: { type: "array", minItems: 1, maxItems: 2, prefixItems: [{ type: "string" }, { type: "integer" }] },
    map: { type: "object", additionalProperties: { type: ["number", "null"] } },
  });
  assert.deepEqual(input.required, ["text", "kind", "pair", "map", "tree"]);
  assert.equal(input.additionalProperties, false);
  assert.equal(everything.output.anyOf.length, 2);
  assert.deepEqual(nothing, {
    input: { type: "object", additionalProperties: false },
    output: { type: "array", items: { type: "string" } },
  });

  const fits = checker().compile(everything.input);
  const right = { text: "abc", kind: "a", pair: ["x", 1], map: { n: null }, tree: { name: null, children: [] } };
  assert.equal(fits(right), true);
  for (const wrong of [
    { text: "" },
    { count: 1.5 },
    { kind: "c" },
    { pair: [1] },
    { pair: ["x", 1, 2] },
    { more: 1 },
  ]) {
    assert.equal(fits({ ...right, ...wrong }), false, JSON.stringify(wrong));
  }
});

test("what cannot be a schema, and what does not fit its type, is said", async (context) => {
  const folder = await mkdtemp(path.join(here, "typed/wrong-"));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, "package.json"), await readFile(path.join(here, "typed/package.json")));
  await writeFile(path.join(folder, "tsconfig.json"), '{ "extends": "../../../tsconfig.base.json" }');
  const fails = async (run, message) => {
    const text = `import { definePlugin } from "remit-plugin";
      export default definePlugin({ operations: { it: { summary: "", effect: "read", ${run} } } });`;
    await writeFile(path.join(folder, "plugin.ts"), text);
    const project = await openProject(folder);
    await assert.rejects(derive(project), { name: "BuildError", message });
  };
  await fails("run(input: { a: () => void }): string { return String(input); }", /schema.*`it`/);
  await fails("run(input: { a: string }) { return input; }", /what its `run` returns/);
  await fails("run(input): number { return input; }", /what its `run` takes|implicitly/);
  await fails("run(): number { return ''; }", /plugin\.ts\(2,\d+\).*not assignable/);
});

test("draft 7 becomes 2020-12, and data stays as it is", () => {
  const old = {
    $schema: "http://json-schema.org/draft-07/schema#",
    items: [{ $ref: "#/definitions/Two words" }],
    additionalItems: false,
    properties: { items: { const: { items: [1] } } },
    default: { $ref: "#/definitions/x" },
    definitions: { "Two words": { type: "string" } },
  };
  assert.deepEqual(modern(old), {
    prefixItems: [{ $ref: "#/$defs/t0" }],
    items: false,
    properties: { items: { const: { items: [1] } } },
    default: { $ref: "#/definitions/x" },
    $defs: { t0: { type: "string" } },
  });
});
