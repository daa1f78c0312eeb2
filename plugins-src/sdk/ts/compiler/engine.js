// QuickJS as componentize-qjs carries it, made such that the same source always gives the same component.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { CORE_IMPORTS, joined, leb, sections, text, texted, uint } from "./binary.js";
import { BuildError } from "./error.js";

/** The engine of componentize-qjs 0.4.5 without the component model's async (`runtime-sync.wasm`). */
const LENGTH = 1497910;
const SHA256 = "25703f010b80efb806f9c35daf9ee6524ad60320c9781b0bae4e234264f8dac5";

/**
 * What the engine asks its host for when it starts, and would keep in the component: the time, and a seed for its
 * hash tables. Each is replaced by another function of WASI with the same type, whose answer is always the same. A
 * plugin's own time and random numbers come from the host in each call (clock.js, crypto.js).
 */
const CONSTANT = new Map([
  ["wasi:random/insecure-seed@0.2.9 insecure-seed", ["wasi:cli/environment@0.2.0", "initial-cwd"]],
  ["wasi:clocks/monotonic-clock@0.2.0 now", ["wasi:clocks/monotonic-clock@0.2.0", "resolution"]],
  ["wasi:clocks/wall-clock@0.2.0 now", ["wasi:clocks/wall-clock@0.2.0", "resolution"]],
]);

/** @returns {Promise<Buffer>} */
export async function engine() {
  return constant(blanked(await carried()));
}

/** Where the engine was built, which its messages of panics hold. */
const BUILDERS_FOLDER = /\/home\/runner\/\.cargo\/(?:registry\/src|git\/checkouts)\/[^/]+\//g;

/**
 * The same bytes without the folders of the machine that built the engine. Each has another of its own length in its
 * place, so that nothing moves.
 *
 * @param {Buffer} module
 */
export function blanked(module) {
  const bytes = module.toString("latin1");
  return Buffer.from(
    bytes.replace(BUILDERS_FOLDER, (folder) => `/${"-".repeat(folder.length - 2)}/`),
    "latin1",
  );
}

/** The engine's bytes, out of the machine code that they are embedded in. */
async function carried() {
  const package_ = createRequire(import.meta.url).resolve("componentize-qjs/package.json");
  const near = createRequire(package_);
  const { optionalDependencies = {}, version } = near("./package.json");
  for (const name of Object.keys(optionalDependencies)) {
    let file;
    try {
      file = near.resolve(name);
    } catch {
      continue; // For another kind of machine.
    }
    const bytes = await readFile(file);
    const header = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    for (let at = bytes.indexOf(header); at >= 0; at = bytes.indexOf(header, at + 1)) {
      const found = bytes.subarray(at, at + LENGTH);
      if (createHash("sha256").update(found).digest("hex") === SHA256) return found;
    }
  }
  throw new BuildError(
    `componentize-qjs ${version} does not carry the engine that this SDK is made for: install the version that the SDK's package.json names`,
  );
}

/**
 * The engine with its imports changed.
 *
 * @param {Buffer} module
 */
export function constant(module) {
  const left = new Set(CONSTANT.keys());
  const all = sections(module).map(({ id, bytes }) => {
    if (id !== CORE_IMPORTS) return { id, bytes };
    const [count, start] = uint(bytes, 0);
    const parts = [leb(count)];
    for (let at = start, rest = count; rest > 0; rest--) {
      const [from, afterFrom] = text(bytes, at);
      const [name, afterName] = text(bytes, afterFrom);
      at = afterImport(bytes, afterName);
      const key = `${from} ${name}`;
      const [module_, name_] = CONSTANT.get(key) ?? [from, name];
      left.delete(key);
      parts.push(texted(module_), texted(name_), bytes.subarray(afterName, at));
    }
    return { id, bytes: Buffer.concat(parts) };
  });
  if (left.size > 0) throw new Error(`the engine does not import ${[...left].join(", ")}`);
  return joined(module.subarray(0, 8), all);
}

/** Where the description of an import ends. */
function afterImport(bytes, at) {
  const kind = bytes[at++];
  const limits = (from) => {
    const [, low] = uint(bytes, from + 1);
    return bytes[from] & 1 ? uint(bytes, low)[1] : low;
  };
  if (kind === 0) return uint(bytes, at)[1]; // A function: the index of its type.
  if (kind === 1) return limits(at + 1); // A table: what it holds, and how many.
  if (kind === 2) return limits(at); // A memory.
  if (kind === 3) return at + 2; // A global: its type, and whether it changes.
  throw new Error(`an import of the kind ${kind}`);
}
