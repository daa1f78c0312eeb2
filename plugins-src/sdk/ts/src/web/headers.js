// Headers, as the Fetch Standard says.

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** @param {unknown} name */
function nameOf(name) {
  const text = String(name);
  if (!TOKEN.test(text)) throw new TypeError(`\`${text}\` is no name of a header`);
  return text.toLowerCase();
}

/** @param {unknown} value */
function valueOf(value) {
  const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (/[\0\n\r]|[^\0-\xff]/.test(text)) throw new TypeError("a header's value cannot hold that");
  return text;
}

export class Headers {
  /** @type {Map<string, string[]>} */
  #lists = new Map();

  /** @param {Headers | Iterable<[string, string]> | Record<string, string>} [from] */
  constructor(from) {
    if (from === undefined || from === null) return;
    if (typeof from !== "object") throw new TypeError("headers are an object, or pairs");
    const pairs = Symbol.iterator in from ? from : Object.entries(from);
    for (const pair of pairs) {
      const [name, value, ...more] = pair;
      if (value === undefined || more.length > 0) throw new TypeError("a header is a name and a value");
      this.append(name, value);
    }
  }

  append(name, value) {
    const key = nameOf(name);
    const list = this.#lists.get(key);
    if (list) list.push(valueOf(value));
    else this.#lists.set(key, [valueOf(value)]);
  }

  delete(name) {
    this.#lists.delete(nameOf(name));
  }

  get(name) {
    return this.#lists.get(nameOf(name))?.join(", ") ?? null;
  }

  getSetCookie() {
    return [...(this.#lists.get("set-cookie") ?? [])];
  }

  has(name) {
    return this.#lists.has(nameOf(name));
  }

  set(name, value) {
    this.#lists.set(nameOf(name), [valueOf(value)]);
  }

  forEach(act, self) {
    for (const [name, value] of this) act.call(self, value, name, this);
  }

  *entries() {
    for (const name of [...this.#lists.keys()].sort()) {
      const list = this.#lists.get(name) ?? [];
      if (name === "set-cookie") for (const value of list) yield [name, value];
      else yield [name, list.join(", ")];
    }
  }

  *keys() {
    for (const [name] of this) yield name;
  }

  *values() {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  get [Symbol.toStringTag]() {
    return "Headers";
  }
}
