// UTF-8, by the functions that the engine has in machine code: a loop of its own would take a hundred times as long.

/** How many bytes are put into one call: its arguments are on the stack. */
const CHUNK = 8192;

/**
 * A text as UTF-8. Half a surrogate pair becomes U+FFFD.
 *
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encode(text) {
  const latin = unescape(encodeURIComponent(text.toWellFormed()));
  const bytes = new Uint8Array(latin.length);
  for (let at = 0; at < latin.length; at++) bytes[at] = latin.charCodeAt(at);
  return bytes;
}

/**
 * UTF-8 as a text; what is not UTF-8 becomes U+FFFD as the Encoding Standard says, or is a TypeError if `fatal`.
 *
 * @param {Uint8Array} bytes
 * @param {boolean} [fatal]
 * @returns {string}
 */
export function decode(bytes, fatal = false) {
  const parts = [];
  for (let at = 0; at < bytes.length;) {
    let end = Math.min(at + CHUNK, bytes.length);
    // Not in the middle of a character.
    for (let back = 0; back < 3 && end < bytes.length && (bytes[end] & 0xc0) === 0x80; back++) end--;
    const chunk = bytes.subarray(at, end);
    const latin = String.fromCharCode.apply(null, chunk);
    parts.push(/[\x80-\xff]/.test(latin) ? characters(latin, chunk, fatal) : latin);
    at = end;
  }
  return parts.join("");
}

/**
 * @param {string} latin the bytes, each as a character
 * @param {Uint8Array} bytes
 * @param {boolean} fatal
 */
function characters(latin, bytes, fatal) {
  try {
    return decodeURIComponent(escape(latin));
  } catch {
    if (fatal) throw new TypeError("it is not UTF-8");
    return mended(bytes);
  }
}

/**
 * The Encoding Standard's UTF-8 decoder: each longest beginning of a character that is cut off becomes one U+FFFD.
 *
 * @param {Uint8Array} bytes
 */
function mended(bytes) {
  let text = "";
  let [point, needed, seen, lower, upper] = [0, 0, 0, 0x80, 0xbf];
  for (let at = 0; at < bytes.length; at++) {
    const byte = /** @type {number} */ (bytes[at]);
    if (needed === 0) {
      if (byte < 0x80) text += String.fromCharCode(byte);
      else if (byte >= 0xc2 && byte <= 0xdf) [needed, point] = [1, byte & 0x1f];
      else if (byte >= 0xe0 && byte <= 0xef) {
        if (byte === 0xe0) lower = 0xa0;
        if (byte === 0xed) upper = 0x9f;
        [needed, point] = [2, byte & 0xf];
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        if (byte === 0xf0) lower = 0x90;
        if (byte === 0xf4) upper = 0x8f;
        [needed, point] = [3, byte & 0x7];
      } else text += "\ufffd";
      continue;
    }
    if (byte < lower || byte > upper) {
      text += "\ufffd";
      [point, needed, seen, lower, upper] = [0, 0, 0, 0x80, 0xbf];
      at--; // It may begin a character of its own.
      continue;
    }
    [lower, upper] = [0x80, 0xbf];
    point = (point << 6) | (byte & 0x3f);
    seen++;
    if (seen === needed) {
      text += String.fromCodePoint(point);
      [point, needed, seen] = [0, 0, 0];
    }
  }
  return needed === 0 ? text : `${text}\ufffd`;
}
