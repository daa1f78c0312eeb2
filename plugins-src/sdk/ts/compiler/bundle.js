// One file of the plugin and all that it imports, in the JavaScript that the engine runs inside of a call.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { told } from "./error.js";
import { installer, marks } from "./globals.js";
import { STAND_IN } from "./world.js";

const SDK = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const WEB = path.join(SDK, "src/web");

/** Modules of Node that the SDK has a part of. */
const NODE = {
  fs: "src/node/fs.js",
  "fs/promises": "src/node/fs-promises.js",
};

/** What libraries say that does not hold in the engine: in which file, what, and what instead. */
const PATCHES = [
  // It keeps setTimeout for a fallback that is never used, and would bring the timers into every plugin.
  [/promise-polyfill[\\/]src[\\/]index\.js$/, "var setTimeoutFunc = setTimeout;", "var setTimeoutFunc;"],
  // The prototype of asynchronous iterators, which no URL has: such functions are none any more.
  [/whatwg-url[\\/]lib[\\/]utils\.js$/, "async function* () {}", "function* () {}"],
];

/**
 * @param {import("./project.js").Project} project
 * @param {Record<string, { input: object, output: object }>} schemas those that come from types
 * @param {Record<string, string>} validators modules by name
 * @returns {Promise<{ code: string, imports: string[] }>} the imports as WIT names them
 */
export async function bundle(project, schemas, validators) {
  const made = { ...validators };
  // Twice: first to see which globals it uses, then with these.
  const marked = await build(project, plugin(project, schemas), made, marks());
  made["remit-globals"] = installer(marked.outputFiles[0].text);
  const result = await build(project, `import "remit-globals";\n${plugin(project, schemas)}`, made);
  for (const text of await esbuild.formatMessages(result.warnings, { kind: "warning", color: false })) {
    process.stderr.write(text);
  }
  const [output] = Object.values(result.metafile.outputs);
  return { code: result.outputFiles[0].text, imports: [...new Set(output.imports.map((it) => it.path))] };
}

/** What the component runs: the plugin, with what was found out about it. */
function plugin(project, schemas) {
  return [
    `import plugin from ${JSON.stringify(project.entry)};`,
    `import { connect } from "remit-plugin/connector";`,
    `import { validators } from "remit-validators";`,
    `const about = ${JSON.stringify(project.about)};`,
    `export const connector = connect(plugin, about, ${JSON.stringify(schemas)}, validators);`,
  ].join("\n");
}

/**
 * @param {import("./project.js").Project} project
 * @param {string} contents
 * @param {Record<string, string>} made modules that are in no file
 * @param {Record<string, string>} [define]
 */
function build(project, contents, made, define = {}) {
  return esbuild
    .build({
      stdin: { contents, resolveDir: project.root, sourcefile: "component.js" },
      absWorkingDir: project.root,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["remit", "module", "import"],
      target: "es2023",
      // The engine runs no promise jobs inside of a call, so these become generators on promises of our own.
      supported: { "async-await": false, "async-generator": false, "for-await": false, "top-level-await": false },
      charset: "utf8",
      // What libraries for Node ask before they leave out their checks for developers.
      define: { "process.env.NODE_ENV": '"production"', ...define },
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: "none",
      treeShaking: true,
      logLevel: "silent",
      plugins: [platform(project, made)],
    })
    .catch(told);
}

/** @returns {esbuild.Plugin} */
function platform(project, made) {
  return {
    name: "remit",
    setup(build) {
      build.onResolve({ filter: /^(wasi|remit):/ }, ({ path: name }) => ({
        // Dropped where nothing of it is used, so that the component does not import it either.
        path: name.replace(/^wasi:/, `${STAND_IN}:`),
        external: true,
        sideEffects: false,
      }));
      build.onResolve({ filter: /^remit-(globals|validators|validator\/\d+)$/ }, ({ path: name }) => ({
        path: name,
        namespace: "made",
      }));
      build.onLoad({ filter: /.*/, namespace: "made" }, ({ path: name }) => ({
        contents: made[name],
        resolveDir: WEB,
      }));
      build.onResolve({ filter: /^remit-web\// }, ({ path: name }) => {
        const inside = name.slice("remit-web/".length);
        return { path: path.join(WEB, inside), sideEffects: inside === "promise.js" };
      });
      build.onResolve({ filter: /^tr46$/ }, () => ({ path: path.join(WEB, "ascii-domains.js") }));
      // The SDK that this compiler is part of: the two are made for each other.
      build.onResolve({ filter: /^remit-plugin$/ }, () => ({
        path: path.join(SDK, "src/index.js"),
        sideEffects: false,
      }));
      build.onResolve({ filter: /^remit-plugin\/connector$/ }, () => ({ path: path.join(SDK, "src/connector.js") }));
      build.onResolve({ filter: /^node:|^fs(\/promises)?$/ }, ({ path: name, importer }) => {
        const file = NODE[name.replace(/^node:/, "")];
        if (file) return { path: path.join(SDK, file), sideEffects: false };
        const from = importer ? ` (in ${path.relative(project.root, importer)})` : "";
        return { errors: [{ text: `a plugin has no ${name}${from}: of Node's modules it has fs and fs/promises` }] };
      });
      for (const [filter, from, to] of PATCHES) {
        build.onLoad({ filter }, async ({ path: file }) => {
          const source = await readFile(file, "utf8");
          if (!source.includes(from)) throw new Error(`${file} is not the version that is patched here`);
          return { contents: source.replace(from, to), loader: "js" };
        });
      }
    },
  };
}
