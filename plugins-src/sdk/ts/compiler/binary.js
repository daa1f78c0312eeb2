// As much of WebAssembly's binary format as the compiler changes: sections, numbers, names.

export const COMPONENT_IMPORTS = 10;
export const COMPONENT_EXPORTS = 11;
export const CORE_IMPORTS = 2;

/**
 * An unsigned LEB128 number, and where it ends.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {[number, number]}
 */
export function uint(bytes, at) {
  let [value, factor] = [0, 1];
  for (;;) {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error("the binary ends in the middle of a number");
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at];
    factor *= 128;
  }
}

/** A number as unsigned LEB128. */
export function leb(value) {
  const bytes = [];
  for (let rest = value; ;) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    if (rest === 0) return Buffer.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}

/**
 * A text with its length before it, and where it ends.
 *
 * @param {Buffer} bytes
 * @param {number} at
 * @returns {[string, number]}
 */
export function text(bytes, at) {
  const [length, start] = uint(bytes, at);
  return [bytes.toString("utf8", start, start + length), start + length];
}

/** A text with its length before it. */
export function texted(value) {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([leb(bytes.length), bytes]);
}

/**
 * The sections of a module or a component; those of what is nested inside stay one section.
 *
 * @param {Buffer} binary
 * @returns {{ id: number, bytes: Buffer }[]}
 */
export function sections(binary) {
  const found = [];
  for (let at = 8; at < binary.length;) {
    const id = binary[at];
    const [length, start] = uint(binary, at + 1);
    at = start + length;
    if (at > binary.length) throw new Error("the binary ends in the middle of a section");
    found.push({ id, bytes: binary.subarray(start, at) });
  }
  return found;
}

/**
 * @param {Buffer} header
 * @param {{ id: number, bytes: Buffer }[]} all
 */
export function joined(header, all) {
  return Buffer.concat([header, ...all.flatMap(({ id, bytes }) => [Buffer.from([id]), leb(bytes.length), bytes])]);
}
