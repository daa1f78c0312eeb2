import { faultOf, Internal, InvalidInput, NotFound } from "./fault.js";
import { parse, stringify } from "./json.js";

/**
 * @import { About, Description, Operation, Plugin, Schemas, Validator } from "./index.js"
 */

/**
 * A plugin: what it asks for, and what it can do. Its name, version and summary are those of package.json.
 *
 * @template {Plugin} P
 * @param {P} plugin
 * @returns {P}
 */
export function definePlugin(plugin) {
  return plugin;
}

/** Takes any object: for an operation of plain JavaScript that says nothing of its input. */
export const ANY_OBJECT = { type: "object" };

/**
 * What the plugin says about itself.
 *
 * @param {Plugin} plugin
 * @param {About} about
 * @param {Schemas} schemas what was derived from types; what the plugin itself says goes first
 * @returns {Description}
 */
export function describe(plugin, about, schemas = {}) {
  return {
    name: about.name,
    version: about.version,
    summary: about.summary,
    operations: Object.entries(plugin.operations).map(([name, operation]) => ({
      name,
      summary: operation.summary,
      inputSchema: JSON.stringify(operation.input ?? schemas[name]?.input ?? ANY_OBJECT),
      outputSchema: JSON.stringify(operation.output ?? schemas[name]?.output ?? {}),
      effect: operation.effect,
      idempotent: operation.idempotent ?? operation.effect === "read",
    })),
    needs: Object.entries(plugin.needs ?? {}).map(([grant, reason]) => ({ grant, reason })),
  };
}

/**
 * Does one operation on a JSON text. Whatever goes wrong is a fault.
 *
 * @param {Plugin} plugin
 * @param {string} name the operation's
 * @param {string} text
 * @param {(operation: string) => Validator | undefined} validatorOf
 * @returns {Promise<string>}
 */
export async function invoke(plugin, name, text, validatorOf) {
  try {
    // An operation called `constructor` is not one that every object has.
    const known = Object.hasOwn(plugin.operations, name);
    if (!known) throw new NotFound(`there is no operation \`${name}\``);
    const operation = /** @type {Operation} */ (plugin.operations[name]);
    const input = parse(text);
    const fits = validatorOf(name);
    if (fits !== undefined && !fits(input)) throw new InvalidInput(misfit(fits));
    const output = await operation.run(/** @type {never} */ (input));
    const answer = stringify(output);
    if (answer === undefined) {
      throw new Internal(`\`${name}\` returned ${typeof output}, which JSON cannot say`);
    }
    return answer;
  } catch (thrown) {
    throw faultOf(thrown);
  }
}

/**
 * What did not fit, and where.
 *
 * @param {Validator} validator
 */
function misfit({ errors }) {
  const [error] = errors ?? [];
  const { additionalProperty, allowedValues } = error?.params ?? {};
  const named = additionalProperty ?? allowedValues?.map((it) => JSON.stringify(it)).join(", ");
  const more = named === undefined ? "" : `: ${named}`;
  return `at ${error?.instancePath || "the input"}: it ${error?.message ?? "does not fit the schema"}${more}`;
}
