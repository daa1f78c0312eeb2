// Values out of an answer: as the API promises them, or a fault that says which one is not.
import { Unavailable } from "remit-plugin";

/** An object of an answer. */
export type Json = Record<string, unknown>;

export function unexpected(what: string): Unavailable {
  return new Unavailable(`GitHub's answer is not what its API promises: ${what}`);
}

export function object(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unexpected(`${what} is no object`);
  return value as Json;
}

export function list(value: unknown, what: string): Json[] {
  if (!Array.isArray(value)) throw unexpected(`${what} is no list`);
  return value.map((it) => object(it, `an entry of ${what}`));
}

export function text(from: Json, key: string): string {
  const value = from[key];
  if (typeof value !== "string") throw unexpected(`${key} is no text`);
  return value;
}

/** A text, or null where there is none. */
export function maybe(from: Json, key: string): string | null {
  const value = from[key];
  return typeof value === "string" ? value : null;
}

export function whole(from: Json, key: string): number {
  const value = from[key];
  if (!Number.isSafeInteger(value)) throw unexpected(`${key} is no whole number`);
  return value as number;
}

/** The login of a user; null for one who is no more. */
export function login(value: unknown): string | null {
  return typeof value === "object" && value !== null ? maybe(value as Json, "login") : null;
}

/** The logins in a list of users. */
export function logins(value: unknown): string[] {
  const all = Array.isArray(value) ? value.map(login) : [];
  return all.filter((it) => it !== null);
}

/** The names of labels, which old ones are themselves. */
export function labels(value: unknown): string[] {
  const all = Array.isArray(value) ? value : [];
  return all.map((it) => (typeof it === "string" ? it : String(maybe(object(it, "a label"), "name") ?? "")));
}
