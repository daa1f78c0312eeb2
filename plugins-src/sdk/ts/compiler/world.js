// The world that the component is built against: what the bundle imports, and nothing else.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError } from "./error.js";

/**
 * The namespace that stands for `wasi` while the component is made. The engine imports WASI for itself, and all of
 * that is replaced by traps (componentize.js): the plugin's own imports must not be taken for the engine's, and must
 * keep resource types of their own. It has as many letters, so that putting the true name back moves nothing.
 */
export const STAND_IN = "host";

const SDK = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/**
 * @param {string | undefined} wit the folder of the package remit:connector
 * @param {string[]} imports the interfaces that the bundle imports
 * @returns {Promise<{ folder: string, remove(): Promise<void> }>}
 */
export async function narrowed(wit, imports) {
  const from = wit ?? [path.join(SDK, "wit"), path.join(SDK, "../../../wit")].find((it) => existsSync(it));
  if (from === undefined) throw new BuildError("the WIT package remit:connector is not there: give --wit FOLDER");
  const folder = await mkdtemp(path.join(tmpdir(), "remit-wit-"));
  await copy(from, folder);
  const file = path.join(folder, "world.wit");
  const text = await readFile(file, "utf8");
  const world = /^world plugin \{$[^]*?^\}$/m.exec(text);
  if (!world) throw new BuildError(`${from} has no world \`plugin\``);
  const lines = imports.map((name) => {
    // Of the package itself an interface is named without package and version.
    const own = /^remit:connector\/([a-z-]+)@/.exec(name);
    return `  import ${own ? own[1] : name};`;
  });
  const narrow = ["world plugin {", ...lines.sort(), "  export connector;", "}"].join("\n");
  await writeFile(file, text.replace(world[0], narrow));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function copy(from, to) {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await copy(source, target);
    else if (entry.name.endsWith(".wit")) {
      await writeFile(target, (await readFile(source, "utf8")).replaceAll("wasi:", `${STAND_IN}:`));
    }
  }
}
