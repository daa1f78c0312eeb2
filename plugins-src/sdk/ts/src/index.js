export { config } from "./config.js";
export { Conflict, Denied, Fault, Internal, InvalidInput, NotFound, Unavailable } from "./fault.js";
export { definePlugin } from "./plugin.js";
