// A server of a test: it answers one request after the other with what it is given, and remembers what was asked.
import { call, world } from "remit-plugin/testing";
import plugin from "../src/plugin.ts";

/** An answer: its status, body and headers. */
export type Answer = [status: number, body: unknown, headers?: Record<string, string>];

/** What was asked: method, URL and body. */
export interface Asked {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

/** Calls an operation against a server that gives these answers in their order. */
export async function ask(
  operation: string,
  input: object,
  answers: Answer[],
  config: Record<string, string> = {},
): Promise<{ output: any; asked: Asked[] }> {
  const asked: Asked[] = [];
  const left = [...answers];
  const fetch = async (request: Request) => {
    const text = await request.text();
    const { method, url } = request;
    asked.push({
      method,
      url,
      headers: Object.fromEntries(request.headers),
      body: text ? JSON.parse(text) : undefined,
    });
    const [status, body, headers] = left.shift() ?? [500, { message: "one request too many" }];
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  const output = await world({ fetch, config }, () => call(plugin, operation, input));
  return { output, asked };
}

/** An issue as GitHub gives it, with these differences. */
export function issue(number: number, more: object = {}): object {
  return {
    number,
    title: `Issue ${number}`,
    state: "open",
    state_reason: null,
    user: { login: "octocat" },
    labels: [{ name: "bug" }, "old"],
    assignees: [{ login: "hubot" }],
    milestone: { title: "v1" },
    comments: 0,
    created_at: "2026-11-01T00:00:00Z",
    updated_at: "2026-11-02T00:00:00Z",
    closed_at: null,
    html_url: `https://github.com/o/r/issues/${number}`,
    body: "Text",
    ...more,
  };
}

/** The header of a page that is not the last. */
export const NEXT = { link: '<https://elsewhere.example/?page=2>; rel="next", <https://x.example>; rel="last"' };
