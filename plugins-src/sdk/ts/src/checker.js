// The library that checks inputs against schemas, set up the same for builds and for tests.
import { Ajv2020 } from "ajv/dist/2020.js";

/** @param {import("ajv").Options} [more] */
export function checker(more = {}) {
  return new Ajv2020({
    // Words that it does not know are for people, as the standard says.
    strict: false,
    // `format` is for people too, unless a schema says otherwise: the host has the last word.
    validateFormats: false,
    // The first thing that is wrong is enough to say.
    allErrors: false,
    ...more,
  });
}
