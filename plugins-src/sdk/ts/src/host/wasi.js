// The sandbox, through WASI.
import store from "wasi:config/store@0.2.0-rc.1";
import { Unavailable } from "../fault.js";

/**
 * @param {string} key
 * @returns {string | undefined}
 */
export function config(key) {
  try {
    return store.get(key) ?? undefined;
  } catch (error) {
    throw new Unavailable(`the configuration \`${key}\`: ${error.payload?.val ?? error.message}`);
  }
}
