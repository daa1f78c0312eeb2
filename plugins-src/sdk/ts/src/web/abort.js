// AbortController and AbortSignal. Giving up on a request is for the host to do: see fetch.js.

export class AbortSignal {
  aborted = false;
  reason = undefined;
  onabort = null;
  /** For `timeout`: after how long, in milliseconds. The host keeps it. */
  milliseconds = undefined;
  #listeners = new Set();

  static timeout(milliseconds) {
    const signal = new AbortSignal();
    signal.milliseconds = Number(milliseconds);
    return signal;
  }

  static abort(reason) {
    const signal = new AbortSignal();
    signal.fire(reason);
    return signal;
  }

  throwIfAborted() {
    if (this.aborted) throw this.reason;
  }

  addEventListener(type, listener) {
    if (type === "abort") this.#listeners.add(listener);
  }

  removeEventListener(_, listener) {
    this.#listeners.delete(listener);
  }

  fire(reason = new DOMException("the operation was aborted", "AbortError")) {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const event = { type: "abort", target: this };
    this.onabort?.(event);
    for (const listener of this.#listeners) listener.call(this, event);
  }
}

export class AbortController {
  signal = new AbortSignal();

  abort(reason) {
    this.signal.fire(reason);
  }
}
