// setTimeout and its kin: the loop waits for the host's clock.
import monotonic from "wasi:clocks/monotonic-clock@0.2.12";
import { forget, later } from "./loop.js";
import { after } from "./wait.js";

let last = 0;
/** @type {Map<number, () => void>} */
const set = new Map();

function start(act, milliseconds, args, again) {
  const id = ++last;
  const wait = () => {
    // The longest wait of browsers and Node; more is none at all.
    const ms = milliseconds >= 0 && milliseconds < 2 ** 31 ? Math.floor(milliseconds) : 0;
    const wake = after(monotonic.subscribeDuration(ms * 1_000_000), () => {
      if (again) wait();
      else set.delete(id);
      act(...args);
    });
    set.set(id, wake);
  };
  wait();
  return id;
}

export const setTimeout = (act, milliseconds = 0, ...args) => start(act, milliseconds, args, false);
export const setInterval = (act, milliseconds = 0, ...args) => start(act, milliseconds, args, true);

export function clearTimeout(id) {
  const wake = set.get(id);
  if (wake) forget(wake);
  set.delete(id);
}

export const clearInterval = clearTimeout;
export const queueMicrotask = (job) => later(job);
