// The promises that a component has in place of the engine's. They replace Node's in this file alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Internal } from "../src/fault.js";
import { run } from "../src/web/loop.js";

const Native = globalThis.Promise;
await import("../src/web/promise.js");
const Ours = globalThis.Promise;
globalThis.Promise = Native;

test("jobs are done in the order of the standard", () => {
  const order = [];
  const first = new Ours((resolve) => {
    order.push("made");
    resolve(1);
  });
  const chain = first.then((it) => {
    order.push(`then ${it}`);
    return Ours.resolve(2);
  });
  order.push("after");
  const end = chain.then((it) => order.push(`then ${it}`)).finally(() => order.push("finally"));
  run(end);
  assert.deepEqual(order, ["made", "after", "then 1", "then 2", "finally"]);
});

test("what a promise gives is given, and what it throws is thrown", () => {
  assert.equal(run(Ours.resolve(7)), 7);
  assert.throws(() => run(Ours.reject(new RangeError("no"))), RangeError);
  assert.throws(
    () =>
      run(
        Ours.resolve().then(() => {
          throw new TypeError("late");
        }),
      ),
    TypeError,
  );
});

test("all, any, race, allSettled, try and withResolvers are there", () => {
  const error = new Error("no");
  assert.deepEqual(run(Ours.all([1, Ours.resolve(2)])), [1, 2]);
  assert.equal(run(Ours.any([Ours.reject(error), Ours.resolve(2)])), 2);
  assert.equal(run(Ours.race([Ours.resolve(1), new Ours(() => {})])), 1);
  assert.deepEqual(run(Ours.allSettled([Ours.reject(error), 1])), [
    { status: "rejected", reason: error },
    { status: "fulfilled", value: 1 },
  ]);
  assert.equal(run(Ours.try((a, b) => a + b, 1, 2)), 3);
  assert.throws(() => run(Ours.try(() => assert.fail("x"))), /x/);
  const { promise, resolve } = Ours.withResolvers();
  resolve(5);
  assert.equal(run(promise), 5);
  assert.equal(Object.prototype.toString.call(promise), "[object Promise]");
});

test("a promise that nothing will settle ends the call and does not hang", () => {
  assert.throws(() => run(new Ours(() => {})), Internal);
});
