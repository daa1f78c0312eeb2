// From a bundle to a component: QuickJS with the bundle already run in it.
import { componentize as link } from "componentize-qjs";
import { engine } from "./engine.js";
import { BuildError } from "./error.js";
import { COMPONENT_EXPORTS, COMPONENT_IMPORTS, joined, leb, sections, text, uint } from "./binary.js";
import { STAND_IN } from "./world.js";

/**
 * @param {string} code
 * @param {string} wit the folder of the narrowed world
 * @returns {Promise<Buffer>}
 */
export async function componentize(code, wit) {
  let component;
  try {
    ({ component } = await link({
      witPath: wit,
      world: "plugin",
      jsSource: code,
      runtimeBytes: await engine(),
      // The engine asks for files, clocks, random numbers and output at its start only, which has been by then.
      stubWasi: true,
    }));
  } catch (error) {
    throw new BuildError(started(error.message));
  }
  return finished(component);
}

/** Why the plugin did not come to the end of its loading, in the author's words. */
function started(message) {
  const [, asked, name] = /unknown import: `([^#`]+)#([^`]+)`/.exec(message) ?? [];
  if (asked) {
    const what = `${asked.replace(`${STAND_IN}:`, "wasi:")} ${name}`;
    return `the plugin asks its host for something while it is loaded (${what}): do that in an operation`;
  }
  return `the plugin cannot be loaded: ${message.replace(/^[\s:]+/, "")}`;
}

/**
 * Puts WASI's name back in what the component imports, and takes away the export by which the bundle was run.
 *
 * @param {Buffer} component
 */
export function finished(component) {
  const all = sections(component).map(({ id, bytes }) => {
    if (id === COMPONENT_IMPORTS) return { id, bytes: renamed(bytes) };
    if (id === COMPONENT_EXPORTS) return { id, bytes: withoutInit(bytes) };
    return { id, bytes };
  });
  return joined(component.subarray(0, 8), all);
}

/** The names in a section of imports: of these alone does a `:` follow, and each is as long as before. */
function renamed(bytes) {
  const changed = Buffer.from(bytes);
  for (let at = changed.indexOf(`${STAND_IN}:`); at >= 0; at = changed.indexOf(`${STAND_IN}:`, at)) {
    changed.write("wasi:", at, "latin1");
  }
  return changed;
}

/** A section of exports without `init`. */
function withoutInit(bytes) {
  const [count, start] = uint(bytes, 0);
  const kept = [];
  for (let at = start, left = count; left > 0; left--) {
    const begin = at;
    at += 1; // The kind of name.
    let name;
    [name, at] = text(bytes, at);
    // The sort, with a second byte where it is a core one; the index; no type, or one: which is not written here.
    at += bytes[at] === 0 ? 2 : 1;
    [, at] = uint(bytes, at);
    if (bytes[at] !== 0) throw new Error("an export with a type of its own: componentize-qjs writes none");
    at += 1;
    if (name !== "init") kept.push(bytes.subarray(begin, at));
  }
  return Buffer.concat([leb(kept.length), ...kept]);
}
