import * as esbuild from "esbuild";

/** Something that the author can mend: shown as it is, without where it came from. */
export class BuildError extends Error {
  name = "BuildError";
}

/**
 * What esbuild found wrong, as it would say it itself.
 *
 * @param {any} error
 * @returns {Promise<never>}
 */
export async function told(error) {
  if (!error.errors) throw error;
  const lines = await esbuild.formatMessages(error.errors, { kind: "error", color: false });
  throw new BuildError(lines.join("").trim());
}
