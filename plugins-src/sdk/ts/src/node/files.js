// Files over wasi:filesystem, in the folders that the skill mounts. Nothing outside of them can be named.
import preopens from "wasi:filesystem/preopens@0.2.12";
import { failure, tried } from "./errors.js";

/** What one call reads or writes. */
const CHUNK = 256 * 1024;
const FOLLOW = { symlinkFollow: true };

/** @type {[any, string][] | undefined} */
let mounts;

const drop = (resource) => resource[Symbol.dispose]();

/** The folder that holds the path, and the rest of the path; the innermost, where several do. */
function within(syscall, given) {
  const path = given instanceof Object && "href" in given ? decodeURIComponent(given.pathname) : String(given);
  mounts ??= preopens.getDirectories();
  let best;
  for (const [descriptor, mount] of mounts) {
    const root = mount.replace(/\/+$/, "");
    if (path !== root && !path.startsWith(`${root}/`)) continue;
    const rest = path.slice(root.length).replace(/^\/+|\/+$/g, "");
    if (best === undefined || rest.length < best.rest.length) best = { descriptor, rest: rest || ".", path };
  }
  // It is as little there as anything that is not granted.
  if (best === undefined) throw failure("not-permitted", syscall, path);
  return best;
}

export function read(given) {
  const { descriptor, rest, path } = within("open", given);
  return tried("open", path, () => {
    const file = descriptor.openAt(FOLLOW, rest, {}, { read: true });
    try {
      if (file.stat().type === "directory") throw failure("is-directory", "read", path);
      return whole(file);
    } finally {
      drop(file);
    }
  });
}

function whole(file) {
  const chunks = [];
  let length = 0;
  for (;;) {
    const [chunk, end] = file.read(CHUNK, length);
    chunks.push(chunk);
    length += chunk.length;
    if (end || chunk.length === 0) break;
  }
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** @param {"w" | "wx" | "a"} flag as Node names them */
export function write(given, bytes, flag) {
  const { descriptor, rest, path } = within("open", given);
  tried("open", path, () => {
    const how = { create: true, exclusive: flag === "wx", truncate: flag === "w" };
    const file = descriptor.openAt(FOLLOW, rest, how, { write: true });
    try {
      const start = flag === "a" ? file.stat().size : 0;
      for (let at = 0; at < bytes.length;) {
        const written = file.write(bytes.slice(at, at + CHUNK), start + at);
        if (written === 0) throw failure("io", "write", path);
        at += written;
      }
    } finally {
      drop(file);
    }
  });
}

/** Names and kinds, by name. */
export function list(given) {
  const { descriptor, rest, path } = within("scandir", given);
  return tried("scandir", path, () => {
    const folder = descriptor.openAt(FOLLOW, rest, { directory: true }, { read: true });
    const stream = folder.readDirectory();
    const entries = [];
    try {
      for (let entry = stream.readDirectoryEntry(); entry; entry = stream.readDirectoryEntry()) {
        entries.push(entry);
      }
    } finally {
      drop(stream);
      drop(folder);
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

export function about(given, follow) {
  const { descriptor, rest, path } = within(follow ? "stat" : "lstat", given);
  return tried("stat", path, () => descriptor.statAt(follow ? FOLLOW : {}, rest));
}

export function makeFolder(given, recursive) {
  const { descriptor, rest, path } = within("mkdir", given);
  const parts = rest === "." ? [] : rest.split("/");
  // All but the last may be there.
  for (let count = recursive ? 1 : parts.length; count <= parts.length; count++) {
    const part = parts.slice(0, count).join("/");
    tried("mkdir", path, () => {
      try {
        descriptor.createDirectoryAt(part);
      } catch (error) {
        const there = recursive && error.payload === "exist";
        if (!there || descriptor.statAt(FOLLOW, part).type !== "directory") throw error;
      }
    });
  }
}

export function removeFile(given) {
  const { descriptor, rest, path } = within("unlink", given);
  tried("unlink", path, () => descriptor.unlinkFileAt(rest));
}

export function removeFolder(given) {
  const { descriptor, rest, path } = within("rmdir", given);
  tried("rmdir", path, () => descriptor.removeDirectoryAt(rest));
}

export function move(from, to) {
  const source = within("rename", from);
  const target = within("rename", to);
  tried("rename", source.path, () => source.descriptor.renameAt(source.rest, target.descriptor, target.rest));
}
