import { configure } from "./host/native.js";
import { Denied } from "./fault.js";
import { checker } from "./checker.js";
import { describe, invoke } from "./plugin.js";

/**
 * Runs `act` in a world of its own: with these values configured, and requests answered by this function. Without
 * one, each request is denied. Worlds do not overlap: await one before the next.
 *
 * @template T
 * @param {{
 *   config?: Record<string, string>,
 *   fetch?: (request: Request) => Response | Promise<Response>,
 * }} around
 * @param {() => T | Promise<T>} act
 * @returns {Promise<T>}
 */
export async function world(around, act) {
  const values = configure(new Map(Object.entries(around.config ?? {})));
  const fetched = globalThis.fetch;
  const answer = around.fetch ?? denied;
  globalThis.fetch = async (target, init) => answer(new Request(target, init));
  try {
    return await act();
  } finally {
    configure(values);
    globalThis.fetch = fetched;
  }
}

/**
 * @param {Request} request
 * @returns {never}
 */
function denied(request) {
  throw new Denied(`${request.method} ${request.url}: this world has no http`);
}

/**
 * Calls an operation as the host does, by JSON: a fault is thrown.
 *
 * @param {import("./index.js").Plugin} plugin
 * @param {string} operation
 * @param {unknown} input
 * @returns {Promise<any>}
 */
export async function call(plugin, operation, input) {
  const schema = plugin.operations[operation]?.input;
  // The schemas that come from types are made by the compiler, which also checks the calls of a test.
  const validator = schema && checker().compile(schema);
  return JSON.parse(await invoke(plugin, operation, JSON.stringify(input), () => validator));
}

/**
 * What the plugin says about itself. The schemas that are derived from types are there in the built component only.
 *
 * @param {import("./index.js").Plugin} plugin
 */
export function description(plugin) {
  return describe(plugin, { name: "test", version: "0.0.0", summary: "" });
}
