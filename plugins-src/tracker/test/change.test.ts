import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, issue } from "./server.ts";

test("an issue is created with what was given, and nothing else", async () => {
  const { output, asked } = await ask("create_issue", { repo: "o/r", title: "Größe", labels: ["bug"] }, [
    [201, issue(9)],
  ]);
  assert.deepEqual(output, { number: 9, title: "Issue 9", url: "https://github.com/o/r/issues/9" });
  assert.deepEqual(
    asked.map(({ method, url, body }) => [method, url, body]),
    [["POST", "https://api.github.com/repos/o/r/issues", { title: "Größe", labels: ["bug"] }]],
  );
  assert.equal(asked[0]?.headers["content-type"], "application/json");
});

test("a comment is added once", async () => {
  const made = { user: { login: "me" }, created_at: "2026-11-03T00:00:00Z", body: "Done", html_url: "https://c" };
  const { output, asked } = await ask("add_comment", { repo: "o/r", number: 9, body: "Done" }, [[201, made]]);
  assert.deepEqual(output, { author: "me", created_at: "2026-11-03T00:00:00Z", body: "Done", url: "https://c" });
  assert.deepEqual(
    asked.map(({ method, url, body }) => [method, url, body]),
    [["POST", "https://api.github.com/repos/o/r/issues/9/comments", { body: "Done" }]],
  );
});
