// What the platform has in Node and in browsers, and the SDK brings: a plugin gets those that it names.

/** Which module of src/web has which globals. */
const MODULES = {
  abort: ["AbortController", "AbortSignal"],
  clock: ["Date", "performance"],
  console: ["console"],
  crypto: ["crypto"],
  encoding: ["TextDecoder", "TextEncoder"],
  fetch: ["fetch"],
  headers: ["Headers"],
  request: ["Request"],
  response: ["Response"],
  timers: ["clearInterval", "clearTimeout", "queueMicrotask", "setInterval", "setTimeout"],
  url: ["URL", "URLSearchParams"],
};

/** What a use of a global is marked with in the first bundle. */
const MARK = "__remit_uses_";

/** For esbuild: marks each use of a global, also through the global object. Names of other things stay. */
export function marks() {
  const names = Object.values(MODULES).flat();
  const reached = names.flatMap((name) => [name, `globalThis.${name}`, `self.${name}`].map((it) => [it, MARK + name]));
  return { ...Object.fromEntries(reached), "Math.random": `${MARK}random` };
}

/**
 * The module that puts the globals that a marked bundle uses onto the global object.
 *
 * @param {string} marked
 * @returns {string}
 */
export function installer(marked) {
  const used = new Set(marked.match(new RegExp(`${MARK}\\w+`, "g"))?.map((it) => it.slice(MARK.length)));
  const lines = ['import "remit-web/promise.js";'];
  const global = [];
  for (const [module, names] of Object.entries(MODULES)) {
    const wanted = names.filter((name) => used.has(name));
    if (wanted.length === 0) continue;
    lines.push(`import { ${wanted.join(", ")} } from "remit-web/${module}.js";`);
    global.push(...wanted);
  }
  if (used.has("random")) lines.push('import { random } from "remit-web/crypto.js";', "Math.random = random;");
  lines.push(`Object.assign(globalThis, { ${global.join(", ")} });`);
  return lines.join("\n");
}
