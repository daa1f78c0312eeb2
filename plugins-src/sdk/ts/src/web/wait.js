// Waiting for what the host does meanwhile.
import poll from "wasi:io/poll@0.2.12";
import { pollBy, when } from "./loop.js";

pollBy((pollables) => [...poll.poll(pollables)]);

/**
 * Does something when the host says that it is ready. Takes the pollable; gives what to hand to `forget`.
 *
 * @param {{ [Symbol.dispose](): void }} pollable
 * @param {() => void} act
 */
export function after(pollable, act) {
  const wake = () => {
    pollable[Symbol.dispose]();
    act();
  };
  when(pollable, wake);
  return wake;
}

/**
 * Settled when the host says that it is ready. Takes the pollable.
 *
 * @param {{ [Symbol.dispose](): void }} pollable
 * @returns {Promise<void>}
 */
export function ready(pollable) {
  return new Promise((resolve) => {
    after(pollable, resolve);
  });
}
