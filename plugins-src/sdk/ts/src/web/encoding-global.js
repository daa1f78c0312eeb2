// whatwg-url takes TextEncoder and TextDecoder from the global object while it is loaded.
import { TextDecoder, TextEncoder } from "./encoding.js";

Object.assign(globalThis, { TextDecoder, TextEncoder });
