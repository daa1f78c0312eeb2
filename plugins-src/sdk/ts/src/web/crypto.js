// Random numbers, by the host.
import host from "wasi:random/random@0.2.12";
import { bytesOf } from "./encoding.js";

export const crypto = {
  getRandomValues(into) {
    bytesOf(into).set(host.getRandomBytes(into.byteLength));
    return into;
  },

  randomUUID() {
    const bytes = host.getRandomBytes(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  },
};

/** In place of Math.random, whose seed would be the same in each call. */
export function random() {
  const [high = 0, low = 0] = new Uint32Array(host.getRandomBytes(8).slice().buffer);
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}
