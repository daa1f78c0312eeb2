// Against the implementation of Node.js.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TextDecoder as Decoder, TextEncoder as Encoder } from "../src/web/encoding.js";

/** A generator that gives the same numbers each time. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PARTS = [
  0x00, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc3, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x9f, 0xa0,
  0x8f, 0x90,
];

test("any bytes are decoded as Node decodes them, whole and in pieces", () => {
  const next = numbers(7);
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from({ length: next(12) }, () => PARTS[next(PARTS.length)]);
    const due = new TextDecoder().decode(bytes);
    assert.equal(new Decoder().decode(bytes), due, String(bytes));
    const decoder = new Decoder();
    const cut = next(bytes.length + 1);
    const pieces = decoder.decode(bytes.subarray(0, cut), { stream: true }) + decoder.decode(bytes.subarray(cut));
    assert.equal(pieces, due, `${bytes} cut at ${cut}`);
    const strict = (Kind) => {
      try {
        return new Kind("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch (error) {
        return error.name;
      }
    };
    assert.equal(strict(Decoder), strict(TextDecoder), String(bytes));
  }
});

test("long texts are the same after there and back", () => {
  for (const part of ["a", "é", "€", "🦀", "aé€🦀"]) {
    const text = part.repeat(20_000);
    const bytes = new Encoder().encode(text);
    assert.deepEqual(bytes, new TextEncoder().encode(text));
    assert.equal(new Decoder().decode(bytes), text);
  }
});

test("half a surrogate pair is encoded as U+FFFD", () => {
  assert.deepEqual(new Encoder().encode("a\ud800b"), new TextEncoder().encode("a\ud800b"));
});

test("an encoding that is not there is named", () => {
  assert.throws(() => new Decoder("latin1"), /latin1/);
  assert.equal(new Decoder(" UTF8 ").encoding, "utf-8");
});
