// Headers, Request and Response, as those of Node.js do.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as headers from "../src/web/headers.js";
import * as request from "../src/web/request.js";
import * as response from "../src/web/response.js";

const OURS = { Headers: headers.Headers, Request: request.Request, Response: response.Response };
const NODES = { Headers, Request, Response };

/** What an action gives, or the name of what it throws, with ours and with Node's. */
async function same(act) {
  const done = async (classes) => {
    try {
      return await act(classes);
    } catch (error) {
      return `throws ${error.name}`;
    }
  };
  assert.deepEqual(await done(OURS), await done(NODES), String(act));
}

test("headers", async () => {
  const from = (init) => same(({ Headers }) => [...new Headers(init)]);
  await from({ "X-B": "2", accept: " a ", "content-type": "x" });
  await from([
    ["a", "1"],
    ["A", "2"],
    ["set-cookie", "x=1"],
    ["Set-Cookie", "y=2"],
  ]);
  await from(new OURS.Headers({ a: "1" }));
  for (const bad of [{ "a b": "1" }, { a: "x\ny" }, { a: "€" }, [["a"]], [["a", "b", "c"]], "text"]) await from(bad);
  await same(({ Headers }) => {
    const it = new Headers({ a: "1" });
    it.append("A", "2");
    it.set("b", "3");
    it.delete("B");
    const seen = [];
    it.forEach((value, name) => seen.push(name, value));
    return [it.get("a"), it.get("b"), it.has("A"), it.getSetCookie(), [...it.keys()], [...it.values()], seen];
  });
});

test("requests", async () => {
  const url = "https://example.org/a?b=c";
  const from = (target, init) =>
    same(async ({ Request }) => {
      const it = new Request(target, init);
      return [it.method, it.url, [...it.headers], await it.text(), it.bodyUsed];
    });
  await from(url);
  await from(`${url}#part`);
  await from(url, { method: "post", body: "é" });
  await from(url, { method: "patch", body: new Uint8Array([1, 2]), headers: { "content-type": "a/b" } });
  await from(url, { method: "PUT", body: new URLSearchParams({ a: "1 2" }) });
  await from(url, { method: "GET", body: "x" });
  await from(url, { method: "a b" });
  await same(async ({ Request }) => {
    const first = new Request(url, { method: "POST", body: "x", headers: { a: "1" } });
    const second = new Request(first, { headers: { b: "2" } });
    return [second.method, [...second.headers], await second.text()];
  });
});

test("responses", async () => {
  await same(async ({ Response }) => {
    const it = new Response('{"a":1}', { status: 201, headers: { x: "y" } });
    const copy = it.clone();
    return [it.ok, it.status, await it.json(), it.bodyUsed, copy.bodyUsed, await copy.text()];
  });
  await same(async ({ Response }) => {
    const it = new Response("x");
    await it.text();
    return it.text();
  });
  await same(async ({ Response }) => new Response("\ufeffx").text());
  await same(async ({ Response }) => [...new Uint8Array(await new Response("é").arrayBuffer())]);
  await same(async ({ Response }) => new Response("nope").json());
  await same(({ Response }) => new Response("", { status: 99 }).status);
  await same(async ({ Response }) => {
    const it = Response.json({ a: 1 }, { status: 400 });
    return [it.status, it.ok, it.headers.get("content-type"), await it.text()];
  });
});
