import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, issue, NEXT } from "./server.ts";

const pull = { pull_request: { url: "https://api.github.com/repos/o/r/pulls/1" } };

test("an issue is listed flat, and asked for as it should be", async () => {
  const { output, asked } = await ask(
    "list_issues",
    { repo: "o/r", state: "all", labels: ["bug", "a b"], assignee: "*", since: "2026-11-01T00:00:00Z", limit: 5 },
    [[200, [issue(1, { user: null, milestone: null })]]],
  );
  assert.deepEqual(output, {
    issues: [
      {
        number: 1,
        title: "Issue 1",
        state: "open",
        state_reason: null,
        author: null,
        labels: ["bug", "old"],
        assignees: ["hubot"],
        milestone: null,
        comment_count: 0,
        created_at: "2026-11-01T00:00:00Z",
        updated_at: "2026-11-02T00:00:00Z",
        closed_at: null,
        url: "https://github.com/o/r/issues/1",
      },
    ],
    more: false,
  });
  const [request] = asked;
  assert.equal(
    request?.url,
    "https://api.github.com/repos/o/r/issues?state=all&labels=bug%2Ca%20b&assignee=*" +
      "&since=2026-11-01T00%3A00%3A00Z&per_page=100&page=1",
  );
  const { accept, "user-agent": agent, "x-github-api-version": version } = request?.headers ?? {};
  assert.match(accept ?? "", /^application\/vnd\.github\+json/);
  assert.deepEqual([agent, version], ["remit-tracker", "2022-11-28"]);
  assert.equal(request?.headers.authorization, undefined, "a token is the host's to add");
});

test("pages are read until there are enough, by their number and never by the server's link", async () => {
  const { output, asked } = await ask("list_issues", { repo: "o/r", limit: 3 }, [
    [200, [issue(1), issue(2, pull)], NEXT],
    [200, [issue(3, pull)], NEXT],
    [200, [issue(4), issue(5), issue(6)]],
  ]);
  assert.deepEqual(
    output.issues.map((it: { number: number }) => it.number),
    [1, 4, 5],
  );
  assert.equal(output.more, true, "the last page had one more");
  assert.deepEqual(
    asked.map((it) => it.url.replace(/.*per_page=100&/, "")),
    ["page=1", "page=2", "page=3"],
  );
});

test("a list that has no end is cut, and says so", async () => {
  const page = Array.from({ length: 30 }, () => [200, [issue(1, pull)], NEXT] as [number, unknown, typeof NEXT]);
  const { output, asked } = await ask("list_issues", { repo: "o/r" }, page);
  assert.deepEqual(output, { issues: [], more: true });
  assert.equal(asked.length, 20);
});

test("an issue comes with its text and as many comments as are asked for", async () => {
  const comment = { user: { login: "a" }, created_at: "2026-11-03T00:00:00Z", body: "Me too", html_url: "https://c" };
  const whole = await ask("get_issue", { repo: "o/r", number: 7, comments: 1 }, [
    [200, issue(7, { comments: 9, body: null, ...pull })],
    [200, [comment], NEXT],
  ]);
  assert.equal(whole.output.body, "");
  assert.equal(whole.output.is_pull_request, true);
  assert.equal(whole.output.comment_count, 9);
  assert.deepEqual(whole.output.comments, [
    { author: "a", created_at: "2026-11-03T00:00:00Z", body: "Me too", url: "https://c" },
  ]);
  assert.deepEqual(
    whole.asked.map((it) => it.url),
    [
      "https://api.github.com/repos/o/r/issues/7",
      "https://api.github.com/repos/o/r/issues/7/comments?per_page=1&page=1",
    ],
  );
  for (const input of [{ comments: 0 }, {}]) {
    const bare = await ask("get_issue", { repo: "o/r", number: 7, ...input }, [[200, issue(7)]]);
    assert.deepEqual([bare.output.comments, bare.asked.length], [[], 1]);
  }
});

test("a search gives how many there are, and each one's repository", async () => {
  const found = { total_count: 2, incomplete_results: true };
  const item = (number: number) => issue(number, { repository_url: "https://api.github.com/repos/o/r" });
  const { output, asked } = await ask("search_issues", { query: 'is:open "a&b"', sort: "created", limit: 2 }, [
    [200, { ...found, items: [item(1)] }, NEXT],
    [200, { ...found, incomplete_results: false, items: [item(2)] }],
  ]);
  assert.deepEqual([output.total, output.incomplete, output.items.length], [2, true, 2]);
  assert.deepEqual([output.items[0].repo, output.items[0].is_pull_request], ["o/r", false]);
  assert.equal(
    asked[0]?.url,
    "https://api.github.com/search/issues?q=is%3Aopen%20%22a%26b%22&sort=created&per_page=2&page=1",
  );
});

test("a pull request has its branches and reviewers", async () => {
  const given = issue(3, {
    draft: true,
    requested_reviewers: [{ login: "r" }],
    base: { ref: "main" },
    head: { ref: "topic" },
    merged_at: null,
  });
  const { output, asked } = await ask("list_pull_requests", { repo: "o/r", base: "main", limit: 1 }, [[200, [given]]]);
  const [one] = output.pull_requests;
  assert.deepEqual([one.base, one.head, one.draft, one.reviewers, one.merged_at], ["main", "topic", true, ["r"], null]);
  assert.equal(asked[0]?.url, "https://api.github.com/repos/o/r/pulls?base=main&per_page=1&page=1");
});

test("another server is asked where one is configured", async () => {
  const config = { "base-url": "https://git.example/api/v3/" };
  const { asked } = await ask("list_issues", { repo: "o/r" }, [[200, []]], config);
  assert.match(asked[0]?.url ?? "", /^https:\/\/git\.example\/api\/v3\/repos\/o\/r\/issues\?/);
  const wrong = ask("list_issues", { repo: "o/r" }, [], { "base-url": "git.example" });
  await assert.rejects(wrong, { kind: "invalid-input", message: /git\.example/ });
});

test("a repository's name leads nowhere else", async () => {
  for (const repo of ["o", "o/r/x", "../r", "o/..", "o/.", "o /r", "o/r?x", "o/r#x", "o/%2e", "/r", ""]) {
    await assert.rejects(ask("list_issues", { repo }, []), { kind: "invalid-input" }, repo);
  }
});
