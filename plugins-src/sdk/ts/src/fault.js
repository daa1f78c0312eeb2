/** @import { FaultKind } from "./index.js" */

/**
 * Why an operation could not be done, in words for the person who runs the skill: what was wrong, and with which
 * value. Throw one of its subclasses; `cause` may hold the error that led to it.
 */
export class Fault extends Error {
  /** @type {FaultKind} */
  kind = "internal";
  name = "Fault";
}

/** The input is not what the operation takes, in a way that its schema cannot say. */
export class InvalidInput extends Fault {
  kind = /** @type {const} */ ("invalid-input");
  name = "InvalidInput";
}

/** The host or a service refused: pass on what it said. */
export class Denied extends Fault {
  kind = /** @type {const} */ ("denied");
  name = "Denied";
}

/** The thing asked for is not there. */
export class NotFound extends Fault {
  kind = /** @type {const} */ ("not-found");
  name = "NotFound";
}

/** The thing is there already, or has changed meanwhile. */
export class Conflict extends Fault {
  kind = /** @type {const} */ ("conflict");
  name = "Conflict";
}

/** The service did not answer, or not now: trying again later may work. */
export class Unavailable extends Fault {
  kind = /** @type {const} */ ("unavailable");
  name = "Unavailable";
}

/** A fault of the plugin's own. */
export class Internal extends Fault {
  kind = /** @type {const} */ ("internal");
  name = "Internal";
}

/** What Node's file functions report, by its code. */
const BY_CODE = new Map(
  /** @type {[string, typeof Fault][]} */ ([
    ["ENOENT", NotFound],
    ["EACCES", Denied],
    ["EPERM", Denied],
    ["EROFS", Denied],
    ["EDQUOT", Denied],
    ["ENOSPC", Denied],
    ["EEXIST", Conflict],
    ["ENOTEMPTY", Conflict],
    ["EISDIR", InvalidInput],
    ["ENOTDIR", InvalidInput],
    ["EINVAL", InvalidInput],
    ["EFBIG", InvalidInput],
  ]),
);

/**
 * What was thrown, as a fault: a fault as it is, an error of a file function by its code, all else as `internal`.
 *
 * @param {unknown} thrown
 * @returns {Fault}
 */
export function faultOf(thrown) {
  if (thrown instanceof Fault) return thrown;
  if (!(thrown instanceof Error)) {
    return new Internal(`something that is no error was thrown: ${String(thrown)}`);
  }
  const code = /** @type {{ code?: unknown }} */ (thrown).code;
  const Kind = typeof code === "string" ? BY_CODE.get(code) : undefined;
  if (Kind) return new Kind(thrown.message, { cause: thrown });
  return new Internal(`${thrown.name}: ${thrown.message}`, { cause: thrown });
}
