import { Body, extract } from "./body.js";
import { Headers } from "./headers.js";

export class Response extends Body {
  /**
   * @param {string | ArrayBuffer | ArrayBufferView | URLSearchParams | null} [body]
   * @param {{ status?: number, statusText?: string, headers?: HeadersInit, url?: string }} [init]
   */
  constructor(body = null, { status = 200, statusText = "", headers, url = "" } = {}) {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`${status} is no status of a response`);
    }
    const [bytes, type] = extract(body);
    super(bytes);
    this.status = status;
    this.statusText = statusText;
    this.headers = new Headers(headers);
    this.url = url;
    this.type = "default";
    // The host hands redirects on and follows none.
    this.redirected = false;
    if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }

  get ok() {
    return this.status >= 200 && this.status <= 299;
  }

  clone() {
    const { status, statusText, headers, url } = this;
    return new Response(this.peek(), { status, statusText, headers, url });
  }

  static json(value, init = {}) {
    const response = new Response(JSON.stringify(value), init);
    if (!new Headers(init.headers).has("content-type")) {
      response.headers.set("content-type", "application/json");
    }
    return response;
  }

  get [Symbol.toStringTag]() {
    return "Response";
  }
}
