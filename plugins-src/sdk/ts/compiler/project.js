// The author's project, by its package.json.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { BuildError } from "./error.js";

/**
 * @typedef {object} Project
 * @property {string} root its folder
 * @property {string} entry the file whose default export is the plugin
 * @property {boolean} typed whether it is written in TypeScript
 * @property {{ name: string, version: string, summary: string }} about
 */

/**
 * @param {string} root
 * @returns {Promise<Project>}
 */
export async function openProject(root) {
  const file = path.join(root, "package.json");
  let read;
  try {
    read = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new BuildError(`package.json cannot be read: ${error.message}`);
  }
  const about = { name: read.name, version: read.version, summary: read.description };
  for (const [key, value] of [
    ["name", read.name],
    ["version", read.version],
    ["description", read.description],
  ]) {
    if (typeof value !== "string" || value === "") {
      throw new BuildError(`package.json has no "${key}": it is what the plugin is shown with`);
    }
  }
  const named = typeof read.main === "string" ? [read.main] : ["src/plugin.ts", "src/plugin.js"];
  const entry = named.map((it) => path.join(root, it)).find((it) => existsSync(it));
  if (entry === undefined) {
    throw new BuildError(
      `there is no ${named.join(" or ")}: "main" in package.json names the file whose default export is the plugin`,
    );
  }
  return { root, entry, typed: /\.[cm]?ts$/.test(entry), about };
}
