// Checks of inputs, as code: made from the schemas when the plugin is built, so that no call reads a schema.
import standaloneCode from "ajv/dist/standalone/index.js";
import { checker } from "../src/checker.js";
import { BuildError } from "./error.js";

/**
 * Modules for the bundle: `remit-validators` exports for each operation a function that says whether an input fits,
 * with the `errors` of the last one that did not.
 *
 * @param {Record<string, object>} schemas by operation
 * @returns {Record<string, string>} modules by name
 */
export function validatorsOf(schemas) {
  const modules = {};
  const [imports, table] = [[], []];
  for (const [index, [operation, schema]] of Object.entries(schemas).entries()) {
    // One for each: the library names functions anew in each, and only there.
    const ajv = checker({ code: { source: true, esm: true } });
    const name = `remit-validator/${index}`;
    try {
      modules[name] = standaloneCode(ajv, ajv.compile(schema));
    } catch (error) {
      throw new BuildError(`the input schema of \`${operation}\` is not a JSON Schema: ${error.message}`);
    }
    imports.push(`import { validate as v${index} } from ${JSON.stringify(name)};`);
    table.push(`${JSON.stringify(operation)}: v${index}`);
  }
  const all = [...imports, `export const validators = { __proto__: null, ${table.join(", ")} };`];
  return { ...modules, "remit-validators": all.join("\n") };
}
