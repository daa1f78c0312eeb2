// URL and URLSearchParams as the URL Standard says, by its editors' own implementation.
import "./encoding-global.js";
export { URL, URLSearchParams } from "whatwg-url";
