#!/usr/bin/env node
// `remit-plugin build --out FILE`: from the project in the current folder to its component. `remit build` calls it.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.js";
import { componentize } from "./componentize.js";
import { definition } from "./definition.js";
import { BuildError } from "./error.js";
import { ANY_OBJECT } from "../src/plugin.js";
import { openProject } from "./project.js";
import { derive } from "./schemas.js";
import { validatorsOf } from "./validators.js";
import { narrowed } from "./world.js";

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: "string" },
      wit: { type: "string" },
      "keep-bundle": { type: "string" },
    },
  });
  if (positionals.join(" ") !== "build" || !values.out) {
    throw new BuildError("usage: remit-plugin build --out FILE [--wit FOLDER] [--keep-bundle FILE]");
  }
  const project = await openProject(process.cwd());
  const given = await definition(project);
  if (project.typed) say("checking the types, and making schemas of them");
  const derived = project.typed ? await derive(project) : {};
  const inputs = Object.keys(given).map((name) => [name, given[name].input ?? derived[name]?.input ?? ANY_OBJECT]);
  say("bundling");
  const { code, imports } = await bundle(project, derived, validatorsOf(Object.fromEntries(inputs)));
  if (values["keep-bundle"]) await writeFile(values["keep-bundle"], code);
  say("making a component of it and QuickJS");
  const world = await narrowed(values.wit, imports);
  try {
    const bytes = await componentize(code, world.folder);
    await mkdir(path.dirname(path.resolve(values.out)), { recursive: true });
    await writeFile(values.out, bytes);
  } finally {
    await world.remove();
  }
}

function say(what) {
  process.stderr.write(`${what}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error instanceof BuildError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
