// Promises whose jobs are run by loop.js. The compiler turns async functions into generators that use the global
// Promise, so this is the one that they use.
import Promise from "promise-polyfill";
import { later } from "./loop.js";

Promise._immediateFn = later;

/** @param {unknown} reason */
Promise._unhandledRejectionFn = (reason) => {
  // It is no error by itself: whoever awaits it later handles it.
  void reason;
};

Object.defineProperty(Promise.prototype, Symbol.toStringTag, { value: "Promise" });

Promise.withResolvers = function withResolvers() {
  const made = {};
  made.promise = new this((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  return made;
};

Promise.try = function attempt(act, ...args) {
  return new this((resolve) => resolve(act(...args)));
};

globalThis.Promise = Promise;
