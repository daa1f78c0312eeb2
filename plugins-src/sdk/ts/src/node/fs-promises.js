// The part of `node:fs/promises` that a plugin has: what fs.js does, as promises. The host answers at once.
import * as fs from "./fs.js";

const later =
  (act) =>
  async (...values) =>
    act(...values);

export const access = later(fs.accessSync);
export const appendFile = later(fs.appendFileSync);
export const lstat = later(fs.lstatSync);
export const mkdir = later(fs.mkdirSync);
export const readFile = later(fs.readFileSync);
export const readdir = later(fs.readdirSync);
export const rename = later(fs.renameSync);
export const rm = later(fs.rmSync);
export const rmdir = later(fs.rmdirSync);
export const stat = later(fs.statSync);
export const unlink = later(fs.unlinkSync);
export const writeFile = later(fs.writeFileSync);
