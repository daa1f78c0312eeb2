import type { Description, Plugin } from "./index.js";

/** What a plugin finds around it in a test. Nothing is there that was not put in. */
export interface Around {
  /** Values that the skill configures. */
  config?: Record<string, string>;
  /** Answers requests; without it each one is denied. */
  fetch?: (request: Request) => Response | Promise<Response>;
}

/** Runs `act` in a world of its own. Worlds do not overlap: await one before the next. */
export function world<T>(around: Around, act: () => T | Promise<T>): Promise<T>;

/**
 * Calls an operation as the host does, by JSON: what it returns, or the fault thrown. An input is checked against the
 * schema that the plugin gives; one that comes from types is checked in the built component only.
 */
export function call(plugin: Plugin, operation: string, input: unknown): Promise<any>;

/** What the plugin says about itself, without the schemas that come from types. */
export function description(plugin: Plugin): Description;
