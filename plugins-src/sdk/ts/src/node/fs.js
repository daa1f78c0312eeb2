// The part of `node:fs` that a plugin has: whole files, folders, and what is known about them.
import { decode, encode } from "../web/utf8.js";
import { bytesOf } from "../web/encoding.js";
import * as files from "./files.js";

const KINDS = {
  "regular-file": "File",
  directory: "Directory",
  "symbolic-link": "SymbolicLink",
  fifo: "FIFO",
  socket: "Socket",
};

class Kind {
  #kind;
  constructor(type) {
    this.#kind = KINDS[type];
  }
  isFile() {
    return this.#kind === "File";
  }
  isDirectory() {
    return this.#kind === "Directory";
  }
  isSymbolicLink() {
    return this.#kind === "SymbolicLink";
  }
  isFIFO() {
    return this.#kind === "FIFO";
  }
  isSocket() {
    return this.#kind === "Socket";
  }
}

export class Stats extends Kind {
  constructor({ type, size, dataModificationTimestamp: modified }) {
    super(type);
    this.size = size;
    this.mtimeMs = modified ? modified.seconds * 1000 + modified.nanoseconds / 1e6 : 0;
  }
  get mtime() {
    return new globalThis.Date(this.mtimeMs);
  }
}

export class Dirent extends Kind {
  constructor(name, type, parent) {
    super(type);
    this.name = name;
    this.parentPath = parent;
  }
}

const option = (options, name) =>
  typeof options === "string" ? (name === "encoding" ? options : undefined) : options?.[name];

function encodingOf(options) {
  const encoding = option(options, "encoding");
  if (encoding === undefined || encoding === null || encoding === "buffer") return undefined;
  if (/^utf-?8$/i.test(encoding)) return "utf8";
  throw new TypeError(`the encoding \`${encoding}\` is not one that a plugin has: it has utf8`);
}

export function readFileSync(path, options) {
  const encoding = encodingOf(options);
  const bytes = files.read(path);
  return encoding ? decode(bytes) : bytes;
}

export function writeFileSync(path, data, options) {
  encodingOf(options);
  const flag = option(options, "flag") ?? "w";
  if (!["w", "wx", "a"].includes(flag)) throw new TypeError(`the flag \`${flag}\` is not one that a plugin has`);
  files.write(path, typeof data === "string" ? encode(data) : bytesOf(data), flag);
}

export function appendFileSync(path, data, options) {
  const encoding = typeof options === "string" ? options : options?.encoding;
  writeFileSync(path, data, { encoding, flag: "a" });
}

export function readdirSync(path, options) {
  const [typed, deep] = [option(options, "withFileTypes"), option(options, "recursive")];
  const found = [];
  const walk = (folder, before) => {
    for (const { name, type } of files.list(folder)) {
      found.push(typed ? new Dirent(name, type, folder) : before + name);
      if (deep && type === "directory") walk(`${folder}/${name}`, `${before}${name}/`);
    }
  };
  walk(String(path).replace(/(.)\/+$/, "$1"), "");
  return found;
}

function stats(path, options, follow) {
  try {
    return new Stats(files.about(path, follow));
  } catch (error) {
    if (options?.throwIfNoEntry === false && error.code === "ENOENT") return undefined;
    throw error;
  }
}

export const statSync = (path, options) => stats(path, options, true);
export const lstatSync = (path, options) => stats(path, options, false);

export function existsSync(path) {
  try {
    files.about(path, true);
    return true;
  } catch {
    return false;
  }
}

export function accessSync(path) {
  files.about(path, true);
}

export function mkdirSync(path, options) {
  files.makeFolder(path, options?.recursive === true);
}

export const unlinkSync = (path) => files.removeFile(path);
export const rmdirSync = (path) => files.removeFolder(path);
export const renameSync = (from, to) => files.move(from, to);

export function rmSync(path, options) {
  const found = stats(path, { throwIfNoEntry: !options?.force }, false);
  if (found === undefined) return;
  if (!found.isDirectory()) return files.removeFile(path);
  if (options?.recursive) {
    for (const { name } of files.list(path)) rmSync(`${path}/${name}`, options);
  }
  files.removeFolder(path);
}
