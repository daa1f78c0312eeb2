// The plugin as its host calls it, in a world that the test makes: `npm test` needs no WebAssembly.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Denied, InvalidInput } from "remit-plugin";
import { call, world } from "remit-plugin/testing";
import plugin from "../src/plugin.js";

test("words are counted whatever their case and alphabet", async () => {
  const counts = await call(plugin, "word_count", { text: "Größe zählt, GRÖSSE nicht.\nΑ α 𝔘", top: 1 });
  assert.deepEqual(counts, {
    words: 7,
    characters: 32,
    lines: 2,
    most_frequent: [{ word: "α", count: 2 }],
  });
});

test("a page has the title that stands in it", async () => {
  const html = "<html><TITLE>\n Example  page </TITLE>";
  const page = await world({ fetch: () => new Response(html) }, () =>
    call(plugin, "fetch_title", { url: "https://example.org/" }),
  );
  assert.deepEqual(page, { status: 200, title: "Example page" });
});

test("what the host denies is a fault", async () => {
  const asked = world({}, () => call(plugin, "fetch_title", { url: "https://example.org/" }));
  await assert.rejects(asked, Denied);
});

test("an input of another shape is refused", async () => {
  await assert.rejects(call(plugin, "word_count", { txt: "a" }), InvalidInput);
});
