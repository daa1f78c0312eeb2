// Requests to GitHub's REST API, and what its answers mean.
import { Conflict, config, Denied, type Fault, InvalidInput, NotFound, Unavailable } from "remit-plugin";

const DEFAULT_BASE = "https://api.github.com";

/** The version of the API whose answers are read here. */
const API_VERSION = "2022-11-28";

/** GitHub's own limit for one page. */
export const PAGE = 100;

/** A call makes no more requests for one list: without a token GitHub answers 60 an hour. */
const MOST_PAGES = 20;

type Query = Record<string, string | number | undefined>;

/** Asks by GET. */
export async function get(path: string, query: Query = {}): Promise<{ body: unknown; more: boolean }> {
  const response = await send("GET", path + written(query));
  return { body: await json(response), more: /\brel="?next\b/.test(response.headers.get("link") ?? "") };
}

/** Sends by POST, as JSON. */
export async function post(path: string, body: object): Promise<unknown> {
  const response = await send("POST", path, JSON.stringify(body));
  return json(response);
}

/**
 * As many entries as are wanted, page after page. Pages are counted here and not followed by the links that the server
 * gives: those could lead anywhere.
 *
 * @param limit how many are wanted
 * @param read the entries of a page's body that count
 * @param per_page how many GitHub gives at once
 */
export async function pages<T>(
  path: string,
  query: Query,
  limit: number,
  read: (body: unknown) => T[],
  per_page = Math.min(limit, PAGE),
): Promise<{ entries: T[]; more: boolean }> {
  const entries: T[] = [];
  for (let page = 1; ; page++) {
    const answer = await get(path, { ...query, per_page, page });
    entries.push(...read(answer.body));
    if (entries.length >= limit || !answer.more || page === MOST_PAGES) {
      return { entries: entries.slice(0, limit), more: answer.more || entries.length > limit };
    }
  }
}

/** `owner/name` as the path of that repository. */
export function repository(repo: string): string {
  const parts = repo.split("/");
  const [owner, name] = parts;
  const plain = /^[A-Za-z0-9._-]+$/;
  const fine = parts.length === 2 && parts.every((it) => plain.test(it) && it !== "." && it !== "..");
  if (!fine) throw new InvalidInput(`the repository \`${repo}\` is not OWNER/NAME, for example octocat/Hello-World`);
  return `/repos/${owner}/${name}`;
}

function base(): string {
  const configured = config.get("base-url")?.trim().replace(/\/+$/, "");
  if (!configured) return DEFAULT_BASE;
  if (!/^https?:\/\//.test(configured)) {
    throw new InvalidInput(`the configuration base-url \`${configured}\` is no http URL`);
  }
  return configured;
}

function written(query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return "";
  return `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}

async function send(method: string, path: string, body?: string): Promise<Response> {
  const headers: Record<string, string> = {
    // The second is how the API description names the first.
    accept: "application/vnd.github+json, application/json;q=0.9",
    "user-agent": "remit-tracker",
    "x-github-api-version": API_VERSION,
  };
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(base() + path, { method, headers, body });
  if (!response.ok) throw await refusal(response, `${method} ${path.split("?")[0]}`);
  return response;
}

async function json(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Unavailable(`GitHub answered ${response.status} with something that is no JSON: ${text.slice(0, 200)}`);
  }
}

/** GitHub's own words for what it does not do, as a fault. */
async function refusal(response: Response, what: string): Promise<Fault> {
  const { status } = response;
  const said = `${what}: GitHub answered ${status}: ${words(await response.text())}`;
  if (status === 429 || (status === 403 && isLimited(response))) return new Unavailable(`${said}${again(response)}`);
  switch (status) {
    case 401:
    case 403:
      return new Denied(said);
    case 404:
    case 410:
      return new NotFound(said);
    case 409:
      return new Conflict(said);
    case 400:
    case 422:
      return new InvalidInput(said);
    case 301:
    case 302:
    case 307:
    case 308:
      return new NotFound(`${said}; it has moved to ${response.headers.get("location") ?? "elsewhere"}`);
    default:
      return new Unavailable(said);
  }
}

/** A refusal for too many requests, and not for want of a right. */
function isLimited({ headers }: Response): boolean {
  return headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0";
}

/** When to ask again. */
function again({ headers }: Response): string {
  const after = Number(headers.get("retry-after") ?? Number.NaN);
  if (after >= 0) return `; ask again in ${after} s`;
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN);
  if (reset > 0 && reset < 1e11) return `; ask again after ${new Date(reset * 1000).toISOString()}`;
  return "; ask again later";
}

/** The message of GitHub's answer, with what is wrong with which field. */
function words(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text.trim().slice(0, 200) || "nothing";
  }
  const { message, errors, title, detail } = (body ?? {}) as Record<string, unknown>;
  const details = (Array.isArray(errors) ? errors : []).map((it) => {
    if (typeof it !== "object" || it === null) return String(it);
    const { resource, field, code, message } = it as Record<string, unknown>;
    return String(message ?? [resource, field, code].filter((part) => part !== undefined).join(" "));
  });
  return [message ?? title ?? "nothing", ...details, ...(detail === undefined ? [] : [detail])]
    .join("; ")
    .slice(0, 1000);
}
