// Errors as Node's file functions throw them, out of WASI's.

/** WASI's error codes by Node's names, with Node's words; others keep their own. */
const CODES = {
  access: ["EACCES", "permission denied"],
  exist: ["EEXIST", "file already exists"],
  "file-too-large": ["EFBIG", "file too large"],
  "insufficient-space": ["ENOSPC", "no space left"],
  invalid: ["EINVAL", "invalid argument"],
  "is-directory": ["EISDIR", "illegal operation on a directory"],
  loop: ["ELOOP", "too many symbolic links"],
  "name-too-long": ["ENAMETOOLONG", "name too long"],
  "no-entry": ["ENOENT", "no such file or directory"],
  "not-directory": ["ENOTDIR", "not a directory"],
  "not-empty": ["ENOTEMPTY", "directory not empty"],
  "not-permitted": ["EPERM", "operation not permitted"],
  quota: ["EDQUOT", "more than the grant allows to add"],
  "read-only": ["EROFS", "read-only"],
};

/**
 * @param {string} code WASI's
 * @param {string} syscall what was tried
 * @param {string} path
 */
export function failure(code, syscall, path) {
  const [name, words] = CODES[code] ?? ["EIO", code];
  const error = new Error(`${name}: ${words}, ${syscall} '${path}'`);
  return Object.assign(error, { code: name, syscall, path });
}

/**
 * Does something with files; what WASI throws comes out as Node would throw it.
 *
 * @template T
 * @param {string} syscall
 * @param {string} path
 * @param {() => T} act
 * @returns {T}
 */
export function tried(syscall, path, act) {
  try {
    return act();
  } catch (error) {
    // The engine throws an error of a WIT function as an Error that holds it.
    if (typeof error?.payload === "string") throw failure(error.payload, syscall, path);
    throw error;
  }
}
