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
      // All of it, so that a default export which is not there is found out below.
      stdin: {
        contents: `import * as all from ${JSON.stringify(project.entry)}; export { all };`,
        resolveDir: project.root,
      },
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
  const file = path.relative(project.root, project.entry);
  const plugin = await loaded(result.outputFiles[0].contents, file);
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

/** What the bundle exports. It is given no network: in its sandbox it has none either while it is loaded. */
async function loaded(contents, file) {
  const early = new BuildError(`${file} calls \`fetch\` while it is loaded: call it in an operation`);
  const fetch = globalThis.fetch;
  globalThis.fetch = () => {
    throw early;
  };
  try {
    const url = `data:text/javascript;base64,${Buffer.from(contents).toString("base64")}`;
    return (await import(url)).all.default;
  } catch (error) {
    if (error === early) throw error;
    throw new BuildError(
      `${file} cannot be loaded: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`,
    );
  } finally {
    globalThis.fetch = fetch;
  }
}

function mistake(operation) {
  if (typeof operation !== "object" || operation === null) return "is no object";
  if (typeof operation.summary !== "string") return "has no summary: one sentence on what it does";
  if (!EFFECTS.includes(operation.effect)) return `has no effect: one of ${EFFECTS.join(", ")}`;
  if (typeof operation.run !== "function") return "has no function `run`";
  return undefined;
}
