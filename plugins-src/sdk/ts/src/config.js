import * as host from "#host";
import { Denied } from "./fault.js";

/** Values that the skill configures. */
export const config = {
  /**
   * The value under `key`; undefined where the skill configures none, or grants no reading of it.
   *
   * @param {string} key
   * @returns {string | undefined}
   */
  get(key) {
    return host.config(key);
  },

  /**
   * The value under `key`, which the plugin cannot do without: `denied` where there is none.
   *
   * @param {string} key
   * @returns {string}
   */
  require(key) {
    const value = host.config(key);
    if (value === undefined) {
      throw new Denied(
        `the configuration \`${key}\` is not granted: the skill must say \`config ${key}=…\` for this plugin`,
      );
    }
    return value;
  },
};
