import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Conflict, Denied, Fault, faultOf, NotFound } from "../src/fault.js";
import { definePlugin } from "../src/index.js";
import { call, description, world } from "../src/testing.js";

const plugin = definePlugin({
  needs: { "config key=*": "to know the key" },
  operations: {
    fail: { summary: "Fails", effect: "destructive", run: ({ how }) => how() },
    set: {
      summary: "Sets",
      effect: "write",
      idempotent: true,
      input: { type: "object", properties: { to: { enum: ["a", "b"] } }, additionalProperties: false },
      run: ({ to }) => ({ to }),
    },
    get: { summary: "Gets", effect: "read", run: async ({ url }) => (await fetch(url)).status },
  },
});

test("a fault is a normal error with its kind", () => {
  const fault = new NotFound("gone", { cause: 1 });
  assert.ok(fault instanceof Fault && fault instanceof Error);
  assert.deepEqual([fault.kind, fault.name, fault.message, fault.cause], ["not-found", "NotFound", "gone", 1]);
  assert.equal(faultOf(fault), fault);
});

test("an error of a file function is what its code says", async () => {
  const missing = await readFile("/no/such/file").catch(faultOf);
  assert.ok(missing instanceof NotFound, String(missing));
  assert.ok(faultOf(Object.assign(new Error("x"), { code: "EPERM" })) instanceof Denied);
  assert.ok(faultOf(Object.assign(new Error("x"), { code: "EEXIST" })) instanceof Conflict);
});

test("anything else is internal, with its words", () => {
  assert.deepEqual(
    [faultOf(new TypeError("x")).kind, faultOf(new TypeError("x")).message],
    ["internal", "TypeError: x"],
  );
  assert.match(faultOf("text").message, /text/);
  assert.match(faultOf(undefined).message, /undefined/);
});

test("an operation that there is not is not found, also one that every object has", async () => {
  for (const name of ["", "set ", "constructor", "__proto__"]) {
    await assert.rejects(call(plugin, name, {}), NotFound, name);
  }
});

test("an input is refused with its place and what would do", async () => {
  await assert.rejects(call(plugin, "set", { to: "c" }), { message: /at \/to: .*"a", "b"/ });
  await assert.rejects(call(plugin, "set", { too: "a" }), { message: /too/ });
  assert.deepEqual(await call(plugin, "set", { to: "a" }), { to: "a" });
});

test("in a world nothing is there that was not put in", async () => {
  const url = "https://example.org/";
  await assert.rejects(
    world({}, () => call(plugin, "get", { url })),
    Denied,
  );
  const answered = world({ fetch: (request) => new Response(request.url, { status: 202 }) }, () =>
    call(plugin, "get", { url }),
  );
  assert.equal(await answered, 202);
});

test("a plugin describes itself in the order in which it is written", () => {
  const { operations, needs } = description(plugin);
  assert.deepEqual(
    operations.map((it) => [it.name, it.effect, it.idempotent]),
    [
      ["fail", "destructive", false],
      ["set", "write", true],
      ["get", "read", true],
    ],
  );
  assert.deepEqual(needs, [{ grant: "config key=*", reason: "to know the key" }]);
});
