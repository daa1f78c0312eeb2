// The host of a unit test: what `world` in testing.js puts around the plugin. Nothing is there that was not put in.

/** @type {ReadonlyMap<string, string>} */
let values = new Map();

/**
 * @param {string} key
 * @returns {string | undefined}
 */
export function config(key) {
  return values.get(key);
}

/**
 * Puts other values in the place of those that are configured, and gives those.
 *
 * @param {ReadonlyMap<string, string>} next
 */
export function configure(next) {
  const before = values;
  values = next;
  return before;
}
