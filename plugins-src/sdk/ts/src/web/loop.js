// The event loop. The engine runs no jobs of its own inside of a call, so that promises are ours (promise.js), and
// this loop does what they wait for: jobs first, then whatever the host has ready.
import { Internal } from "../fault.js";

/** @typedef {() => void} Job */

/** @type {Job[]} */
let jobs = [];

/** @type {{ pollable: object, wake: Job }[]} */
let waiting = [];

/** Blocks until some of these are ready, and says which. Set by wait.js, so that a plugin which never waits for the
 * host does not import wasi:io/poll.
 * @type {((pollables: object[]) => number[]) | undefined}
 */
let poll;

/** @param {Job} job */
export function later(job) {
  jobs.push(job);
}

/**
 * @param {object} pollable
 * @param {Job} wake
 */
export function when(pollable, wake) {
  waiting.push({ pollable, wake });
}

/** @param {Job} wake */
export function forget(wake) {
  waiting = waiting.filter((it) => it.wake !== wake);
}

/** @param {(pollables: object[]) => number[]} how */
export function pollBy(how) {
  poll = how;
}

function doJobs() {
  while (jobs.length > 0) {
    const now = jobs;
    jobs = [];
    for (const job of now) job();
  }
}

/**
 * Runs until the promise is settled: gives what it was fulfilled with, or throws what it was rejected with.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {T}
 */
export function run(promise) {
  /** @type {{ value: T } | { error: unknown } | undefined} */
  let settled;
  promise.then(
    (value) => {
      settled = { value };
    },
    (error) => {
      settled = { error };
    },
  );
  for (;;) {
    doJobs();
    if (settled !== undefined) break;
    if (poll === undefined || waiting.length === 0) {
      throw new Internal("it waits for a promise that nothing will ever settle");
    }
    const ready = poll(waiting.map((it) => it.pollable));
    const woken = ready.map((index) => waiting[index]);
    waiting = waiting.filter((it) => !woken.includes(it));
    for (const it of woken) it?.wake();
  }
  if ("error" in settled) throw settled.error;
  return settled.value;
}
