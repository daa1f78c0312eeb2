/** What an operation does to the world outside the plugin. */
export type Effect =
  /** Changes nothing. May be retried, and runs without asking a person. */
  | "read"
  /** Adds or changes something that can be undone by hand. */
  | "write"
  /** Removes or sends something for good. */
  | "destructive";

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Record<string, unknown>;

/** One thing that a plugin can do. */
export interface Operation<Input = any, Output = unknown> {
  /** What it does, in one sentence for the person or the model that chooses among operations. */
  summary: string;
  effect: Effect;
  /** Whether calling it twice has the effect of calling it once; true for `read` unless said. */
  idempotent?: boolean;
  /** The schema of what it takes. In TypeScript it comes from the type of what `run` takes. */
  input?: JsonSchema;
  /** The schema of what it returns. In TypeScript it comes from the type of what `run` returns. */
  output?: JsonSchema;
  /** Does it. What is thrown becomes the call's fault: see {@link Fault}. */
  run(input: Input): Output | Promise<Output>;
}

/** A plugin. Its name, version and summary are those of package.json. */
export interface Plugin {
  /**
   * What it asks to be allowed, in the compact form of a grant, each with its reason in one sentence. Needs narrow, they
   * never grant; a plugin that declares some can use nothing beyond them.
   */
  needs?: Record<string, string>;
  /** What it can do, in the order in which to show it. */
  operations: Record<string, Operation>;
}

/** A plugin: the default export of the file that `main` in package.json names. */
export function definePlugin<const P extends Plugin>(plugin: P): P;

/** Values that the skill configures. */
export const config: {
  /** The value under `key`; undefined where the skill configures none, or grants no reading of it. */
  get(key: string): string | undefined;
  /** The value under `key`, which the plugin cannot do without: {@link Denied} where there is none. */
  require(key: string): string;
};

// What stands in its comment would be the description of every property that has this type.
/** @asType integer */
export type Integer = number;

/** The kinds of faults, as the WIT names them. */
export type FaultKind = "invalid-input" | "denied" | "not-found" | "conflict" | "unavailable" | "internal";

/**
 * Why an operation could not be done, in words for the person who runs the skill: what was wrong, and with which value.
 * Throw one of its subclasses. Any other error becomes a fault of the kind `internal`; one of a file function of Node's
 * becomes what its code says, for example ENOENT `not-found`.
 */
export class Fault extends Error {
  kind: FaultKind;
}
/** The input is not what the operation takes, in a way that its schema cannot say. */
export class InvalidInput extends Fault {}
/** The host or a service refused. `fetch` rejects with it where no grant covers the request. */
export class Denied extends Fault {}
/** The thing asked for is not there. */
export class NotFound extends Fault {}
/** The thing is there already, or has changed meanwhile. */
export class Conflict extends Fault {}
/** The service did not answer, or not now. `fetch` rejects with it where there is no answer. */
export class Unavailable extends Fault {}
/** A fault of the plugin's own. */
export class Internal extends Fault {}

/** @internal */
export interface About {
  name: string;
  version: string;
  summary: string;
}
/** @internal */
export type Schemas = Record<string, { input?: JsonSchema; output?: JsonSchema }>;
/** @internal */
export interface Validator {
  (value: unknown): boolean;
  errors?: null | { instancePath: string; message?: string; params: Record<string, any> }[];
}
/** What a plugin says about itself. */
export interface Description extends About {
  operations: {
    name: string;
    summary: string;
    inputSchema: string;
    outputSchema: string;
    effect: Effect;
    idempotent: boolean;
  }[];
  needs: { grant: string; reason: string }[];
}
