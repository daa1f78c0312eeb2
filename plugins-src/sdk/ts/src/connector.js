// What the component exports. The compiler's entry calls `connect` with the plugin and what was found out about it.
import { faultOf } from "./fault.js";
import { describe, invoke } from "./plugin.js";
import { run } from "./web/loop.js";

/**
 * @param {import("./index.js").Plugin} plugin
 * @param {import("./index.js").About} about
 * @param {import("./index.js").Schemas} schemas
 * @param {Record<string, import("./index.js").Validator>} validators
 */
export function connect(plugin, about, schemas, validators) {
  const description = describe(plugin, about, schemas);
  return {
    describe: () => description,
    /**
     * @param {string} operation
     * @param {string} input
     */
    invoke(operation, input) {
      try {
        return run(invoke(plugin, operation, input, (name) => validators[name]));
      } catch (thrown) {
        const fault = faultOf(thrown);
        // A variant of the WIT, by its case.
        throw { tag: fault.kind, val: fault.message.toWellFormed() };
      }
    },
  };
}
