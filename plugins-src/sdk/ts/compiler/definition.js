// The plugin as its author wrote it: loaded here once, to see what it says before it is built.
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { BuildError, told } from "./error.js";

const SDK = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const EFFECTS = ["read", "write", "destructive"];

/**
 * The schemas that the plugin itself gives, by operation.
 *
 * @param {import("./project.js").Project} project
 * @returns {Promise<Record<string, { input?: object, output?: object }>>}
 */
export async function definition(project) {
  const result = await esbuild
    .build({
      stdin: { contents: `export { default } from ${JSON.stringify(project.entry)};`, resolveDir: project.root },
      absWorkingDir: project.root,
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node20",
      logLevel: "silent",
      // A copy of the SDK for this load alone, whatever the project has in node_modules.
      alias: { "remit-plugin": path.join(SDK, "src/index.js") },
    })
    .catch(told);
  const url = `data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString("base64")}`;
  const plugin = (await import(url)).default;
  const file = path.relative(project.root, project.entry);
  if (typeof plugin?.operations !== "object") {
    throw new BuildError(`the default export of ${file} is no plugin: export default definePlugin({ operations: … })`);
  }
  return Object.fromEntries(
    Object.entries(plugin.operations).map(([name, operation]) => {
      const wrong = mistake(operation);
      if (wrong) throw new BuildError(`${file}: the operation \`${name}\` ${wrong}`);
      return [name, { input: operation.input, output: operation.output }];
    }),
  );
}

function mistake(operation) {
  if (typeof operation !== "object" || operation === null) return "is no object";
  if (typeof operation.summary !== "string") return "has no summary: one sentence on what it does";
  if (!EFFECTS.includes(operation.effect)) return `has no effect: one of ${EFFECTS.join(", ")}`;
  if (typeof operation.run !== "function") return "has no function `run`";
  return undefined;
}
