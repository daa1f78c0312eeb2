import { Body, extract } from "./body.js";
import { Headers } from "./headers.js";

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The methods that the Fetch Standard writes in capitals, however they were given. */
const NORMAL = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/** @param {unknown} given */
function methodOf(given) {
  const method = String(given);
  if (!METHOD.test(method)) throw new TypeError(`\`${method}\` is no method`);
  const upper = method.toUpperCase();
  return NORMAL.includes(upper) ? upper : method;
}

export class Request extends Body {
  /**
   * @param {Request | URL | string} target
   * @param {RequestInit} [init]
   */
  constructor(target, init = {}) {
    const from = target instanceof Request ? target : undefined;
    const method = methodOf(init.method ?? from?.method ?? "GET");
    const [given, type] = extract(init.body);
    const bytes = given ?? from?.peek() ?? null;
    if (bytes !== null && (method === "GET" || method === "HEAD")) {
      throw new TypeError(`a ${method} request has no body`);
    }
    super(bytes);
    this.method = method;
    // As it was written: it is the host that judges it, and it repairs nothing.
    this.url = from?.url ?? String(target);
    this.headers = new Headers(init.headers ?? from?.headers);
    this.signal = init.signal ?? from?.signal ?? null;
    if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }

  clone() {
    return new Request(this);
  }

  get [Symbol.toStringTag]() {
    return "Request";
  }
}
