import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidInput } from "../src/fault.js";
import { parse, stringify } from "../src/json.js";

test("text of any kind is read", () => {
  for (const value of ["", "\u{1f980}", "a\0b", "\\ud800", { "𝔘": ["\n"] }, 1e21, null]) {
    assert.deepEqual(parse(JSON.stringify(value)), value);
  }
  assert.equal(parse('"\\ud83e\\udd80"'), "🦀");
});

test("half a surrogate pair is refused with its place", () => {
  const refused = (text, place) => assert.throws(() => parse(text), { name: "InvalidInput", message: place });
  refused('"\\ud800"', /at the input:/);
  refused('{"a":[1,{"b":"x\\uDFFFy"}]}', /at \/a\/1\/b:/);
  refused('{"\\ud83e\\u0041":1}', /at \/\ufffdA:/);
});

test("what is no JSON is refused", () => {
  for (const text of ["", "{", "nul", "{} x", "\ufeff{}", "{'a':1}", "[1,]"]) {
    assert.throws(() => parse(text), InvalidInput, text);
  }
});

test("nesting is taken to a depth of 128, however many brackets there are", () => {
  const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);
  parse(nested(128));
  assert.throws(() => parse(nested(129)), /nested more than 128 deep/);
  assert.throws(() => parse("[".repeat(1_000_000)), InvalidInput);
  parse(`[${Array(500).fill("[]").join(",")}]`);
  parse(JSON.stringify({ text: '[{"\\['.repeat(500) }));
});

test("a text that was cut inside of a character ends with the mark for that", () => {
  assert.equal(stringify({ cut: "a🦀".slice(0, 2) }), '{"cut":"a\ufffd"}');
  assert.equal(stringify({ whole: "🦀", told: "\\ud800" }), '{"whole":"🦀","told":"\\\\ud800"}');
  assert.equal(stringify(undefined), undefined);
});
