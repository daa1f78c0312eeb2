// fetch, over wasi:http. What the host refuses is a fault of the kind `denied`.
import handler from "wasi:http/outgoing-handler@0.2.12";
import types from "wasi:http/types@0.2.12";
import { Denied, InvalidInput, Unavailable } from "../fault.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import { decode, encode } from "./utf8.js";
import { ready } from "./wait.js";

/** How much is written at once, by the standard. */
const WRITE = 4096;
const READ = 256 * 1024;
const METHODS = ["get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"];

/**
 * @param {Request | URL | string} target
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function fetch(target, init) {
  const request = new Request(target, init);
  // What stands after a `#` is for the one who reads the page.
  request.url = request.url.replace(/#.*$/s, "");
  request.signal?.throwIfAborted();
  const say = (error) => faultOf(request, error);
  const [scheme, authority, path] = parts(request.url) ?? [];
  if (scheme === undefined) throw new InvalidInput(`${request.method} ${request.url}: no absolute http URL`);

  const fields = new types.Fields();
  for (const [name, value] of request.headers) attempt(say, () => fields.append(name, latin(value)));
  const outgoing = new types.OutgoingRequest(fields);
  const lower = request.method.toLowerCase();
  const known = METHODS.includes(lower) && request.method === request.method.toUpperCase();
  attempt(
    () => new InvalidInput(`${request.method} ${request.url}: the method or the URL is malformed`),
    () => {
      outgoing.setMethod(known ? { tag: lower } : { tag: "other", val: request.method });
      outgoing.setScheme(scheme === "https" ? { tag: "HTTPS" } : { tag: "HTTP" });
      outgoing.setAuthority(authority);
      outgoing.setPathWithQuery(path);
    },
  );
  const body = outgoing.body();
  const future = attempt(say, () => handler.handle(outgoing, options(request.signal)));
  let broken;
  try {
    send(body, request.peek());
  } catch (error) {
    // Where sending breaks off, the answer says why: it is asked for in any case.
    broken = error;
  }
  await ready(future.subscribe());
  const incoming = attempt(say, () => answer(future));
  // What came out of something is given back before it, as the component model wants: the engine's order is its own.
  drop(future);
  if (broken) throw say(broken);
  return await received(request, incoming, say);
}

const drop = (resource) => resource[Symbol.dispose]();

/** The URL's scheme, authority, and path with query: taken apart, and not repaired. */
function parts(url) {
  return /^(https?):\/\/([^/?]+)(.*)$/is
    .exec(url)
    ?.slice(1)
    .map((it, at) => (at === 0 ? it.toLowerCase() : it));
}

function options(signal) {
  if (signal?.milliseconds === undefined) return null;
  const options = new types.RequestOptions();
  const nanoseconds = Math.max(1, Math.floor(signal.milliseconds)) * 1_000_000;
  options.setConnectTimeout(nanoseconds);
  options.setFirstByteTimeout(nanoseconds);
  options.setBetweenBytesTimeout(nanoseconds);
  return options;
}

function send(body, bytes) {
  if (bytes !== null && bytes.length > 0) {
    const stream = body.write();
    for (let at = 0; at < bytes.length; at += WRITE) {
      stream.blockingWriteAndFlush(bytes.slice(at, at + WRITE));
    }
    drop(stream);
  }
  types.OutgoingBody.finish(body, null);
}

/** The answer that is there: it is wrapped in whether it is there, and whether it has been taken. */
function answer(future) {
  const outer = future.get();
  const inner = outer?.tag === "ok" ? outer.val : undefined;
  if (inner?.tag === "ok") return inner.val;
  throw inner?.tag === "err" ? { payload: inner.val } : new Unavailable("no answer");
}

async function received(request, incoming, say) {
  const status = incoming.status();
  const fields = incoming.headers();
  const headers = fields.entries().map(([name, value]) => [name, text(value)]);
  drop(fields);
  const body = incoming.consume();
  const stream = body.stream();
  let bytes;
  try {
    bytes = await whole(stream);
  } catch (error) {
    throw say(error);
  } finally {
    drop(stream);
    drop(body);
    drop(incoming);
  }
  const empty = bytes.length === 0 && (status === 204 || status === 205 || status === 304);
  return new Response(empty ? null : bytes, { status, headers, url: request.url });
}

/** All that a stream gives. */
async function whole(stream) {
  const chunks = [];
  let length = 0;
  for (;;) {
    await ready(stream.subscribe());
    try {
      const chunk = stream.read(READ);
      chunks.push(chunk);
      length += chunk.length;
    } catch (error) {
      // The engine throws an error of a WIT function as an Error that holds it.
      if (error.payload?.tag !== "closed") throw error;
      break;
    }
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A header's value as bytes: each character is one, as the Fetch Standard says. */
const latin = (value) => Uint8Array.from(value, (it) => it.charCodeAt(0));

/** A header's value as text: UTF-8 where it is, since that is what servers mean. */
function text(bytes) {
  try {
    return decode(bytes, true);
  } catch {
    return String.fromCharCode(...bytes);
  }
}

function attempt(say, act) {
  try {
    return act();
  } catch (error) {
    throw say(error);
  }
}

/** What the host or the network said, as a fault. */
function faultOf(request, error) {
  const code = codeOf(error);
  const said = (text) => `${request.method} ${request.url}: ${text}`;
  if (error instanceof Unavailable) return new Unavailable(said(error.message));
  switch (code?.tag) {
    case "HTTP-request-denied":
      return new Denied(said("the host refuses it: not within the skill's grants"));
    case "destination-IP-prohibited":
      return new Denied(said("the host refuses its address"));
    case "HTTP-request-URI-invalid":
    case "HTTP-request-method-invalid":
      return new InvalidInput(said("the method or the URL is malformed"));
    case "forbidden":
    case "invalid-syntax":
    case "immutable":
      return new InvalidInput(said(`a header is ${code.tag}`));
    case "internal-error":
      return new Unavailable(said(code.val ?? "internal error"));
    case undefined:
      return new Unavailable(said(error?.message ?? String(error)));
    default:
      return new Unavailable(said(code.tag.replaceAll("-", " ")));
  }
}

/** The error code that the host gave, if it was one; of a stream's error too. */
function codeOf(error) {
  const code = error?.payload;
  return code?.tag === "last-operation-failed" ? (types.httpErrorCode(code.val) ?? undefined) : code;
}
