// TextEncoder and TextDecoder: UTF-8 only, which is what the web and JSON are written in.
import { decode, encode } from "./utf8.js";

export class TextEncoder {
  encoding = "utf-8";

  encode(text = "") {
    return encode(String(text));
  }
}

const LABELS = ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"];

export class TextDecoder {
  encoding = "utf-8";
  /** Bytes of a character that is not whole yet. */
  #left = new Uint8Array(0);
  #started = false;

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    if (!LABELS.includes(String(label).trim().toLowerCase())) {
      throw new RangeError(`the encoding \`${label}\` is not one that a plugin has: it has utf-8`);
    }
    this.fatal = fatal;
    this.ignoreBOM = ignoreBOM;
  }

  decode(input = new Uint8Array(0), { stream = false } = {}) {
    let bytes = bytesOf(input);
    if (this.#left.length > 0) {
      const joined = new Uint8Array(this.#left.length + bytes.length);
      joined.set(this.#left);
      joined.set(bytes, this.#left.length);
      bytes = joined;
    }
    const whole = stream ? wholeCharacters(bytes) : bytes.length;
    this.#left = bytes.slice(whole);
    let text = decode(bytes.subarray(0, whole), this.fatal);
    if (!this.#started && text.length > 0) {
      this.#started = true;
      if (!this.ignoreBOM && text.startsWith("\ufeff")) text = text.slice(1);
    }
    if (!stream) this.#started = false;
    return text;
  }
}

/** Where the last character begins that could go on. */
function wholeCharacters(bytes) {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/**
 * The bytes of a buffer, or of a view of one.
 *
 * @param {ArrayBuffer | ArrayBufferView} from
 * @returns {Uint8Array}
 */
export function bytesOf(from) {
  if (from instanceof ArrayBuffer) return new Uint8Array(from);
  if (ArrayBuffer.isView(from)) return new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
  throw new TypeError("neither an ArrayBuffer nor a view of one");
}
