import { InvalidInput } from "./fault.js";

/** An escape of one half of a surrogate pair; whether the other half follows is looked at only where there is one. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

/** How deep an input may be nested, as for plugins in other languages: the engine's parser needs stack for each level. */
const DEEPEST = 128;

/**
 * A JSON text as a value. Half a surrogate pair (`"\ud800"`) is no text and is refused, since no other language
 * could take it.
 *
 * @param {string} text
 * @returns {unknown}
 */
export function parse(text) {
  if (isDeep(text)) throw new InvalidInput(`the input is nested more than ${DEEPEST} deep`);
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInput(`the input is not JSON: ${/** @type {Error} */ (error).message}`);
  }
  if (SURROGATE.test(text)) {
    const at = brokenText(value, "");
    if (at !== undefined) {
      throw new InvalidInput(`at ${at || "the input"}: half a surrogate pair is no text`);
    }
  }
  return value;
}

/** @param {string} text */
function isDeep(text) {
  // Most inputs have fewer brackets than that, which is quickly seen.
  if (text.split("[").length + text.split("{").length - 2 <= DEEPEST) return false;
  let [depth, quoted] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter === "\\") at++;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === "[" || letter === "{") {
      if (++depth > DEEPEST) return true;
    } else if (letter === "]" || letter === "}") depth--;
  }
  return false;
}

/**
 * Where in a value there is a text that is not Unicode.
 *
 * @param {unknown} value
 * @param {string} at
 * @returns {string | undefined}
 */
function brokenText(value, at) {
  if (typeof value === "string") return value.isWellFormed() ? undefined : at;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const place = `${at}/${key.toWellFormed()}`;
    const found = key.isWellFormed() ? brokenText(inner, place) : place;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A value as a JSON text; undefined for what JSON has no word for. A text that was cut in the middle of a surrogate
 * pair, as `slice` does, ends with U+FFFD.
 *
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function stringify(value) {
  const text = JSON.stringify(value);
  if (text === undefined || !SURROGATE.test(text)) return text;
  return JSON.stringify(value, (_, inner) => (typeof inner === "string" ? inner.toWellFormed() : inner));
}
