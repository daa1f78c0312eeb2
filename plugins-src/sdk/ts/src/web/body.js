// What requests and responses share: a body that is read once. It is held whole, since the host caps what comes.
import { bytesOf } from "./encoding.js";
import { decode, encode } from "./utf8.js";

/**
 * A body as bytes, with the content type that it implies.
 *
 * @param {unknown} from
 * @returns {[Uint8Array | null, string | null]}
 */
export function extract(from) {
  if (from === null || from === undefined) return [null, null];
  if (typeof from === "string") return [encode(from), "text/plain;charset=UTF-8"];
  if (from instanceof ArrayBuffer || ArrayBuffer.isView(from)) return [bytesOf(from).slice(), null];
  // By name: importing the class would put all of it into every plugin that fetches.
  if (from?.constructor?.name === "URLSearchParams") {
    return [encode(String(from)), "application/x-www-form-urlencoded;charset=UTF-8"];
  }
  throw new TypeError("a body is a string, bytes or URLSearchParams");
}

export class Body {
  /** @type {Uint8Array | null} */
  #bytes;
  #used = false;

  /** @param {Uint8Array | null} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  get bodyUsed() {
    return this.#used;
  }

  /** @protected */
  peek() {
    if (this.#used) throw new TypeError("the body has been read already");
    return this.#bytes;
  }

  #take() {
    const bytes = this.peek();
    if (bytes === null) return new Uint8Array(0);
    this.#used = true;
    return bytes;
  }

  async bytes() {
    return this.#take().slice();
  }

  async arrayBuffer() {
    return this.#take().slice().buffer;
  }

  async text() {
    const text = decode(this.#take());
    return text.startsWith("\ufeff") ? text.slice(1) : text;
  }

  async json() {
    return JSON.parse(await this.text());
  }
}
