import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, ask } from "./server.ts";

/** The fault of a call that is answered so. */
async function fault(...answer: Answer): Promise<string> {
  try {
    await ask("get_issue", { repo: "o/r", number: 1 }, [answer]);
  } catch (error) {
    const { kind, message } = error as { kind: string; message: string };
    return `${kind}: ${message}`;
  }
  return "no fault";
}

const said = (message: string) => ({ message, documentation_url: "https://docs.github.com" });

test("GitHub's refusals are faults with its own words", async () => {
  const what = "GET /repos/o/r/issues/1: GitHub answered";
  assert.equal(await fault(401, said("Bad credentials")), `denied: ${what} 401: Bad credentials`);
  assert.match(await fault(403, said("Resource not accessible")), /^denied: .*Resource not accessible$/);
  assert.match(await fault(404, said("Not Found")), /^not-found: .*Not Found$/);
  assert.match(await fault(410, said("This issue was deleted")), /^not-found: .*deleted$/);
  assert.match(await fault(409, said("Conflict")), /^conflict: /);
  assert.match(await fault(503, "<html>busy</html>"), /^unavailable: .*503: <html>busy/);
  assert.match(await fault(500, ""), /^unavailable: .*500: nothing$/);
});

test("what is wrong with which field is said", async () => {
  const errors = [{ resource: "Issue", field: "title", code: "missing_field" }, { message: "labels too long" }, "text"];
  assert.match(
    await fault(422, { ...said("Validation Failed"), errors }),
    /^invalid-input: .*Validation Failed; Issue title missing_field; labels too long; text$/,
  );
});

test("too many requests are unavailable, and say when to ask again", async () => {
  assert.match(await fault(429, said("slow"), { "retry-after": "60" }), /^unavailable: .*slow; ask again in 60 s$/);
  assert.match(await fault(403, said("secondary limit"), { "retry-after": "5" }), /^unavailable: .*in 5 s$/);
  const spent = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1794819600" };
  assert.match(
    await fault(403, said("API rate limit exceeded"), spent),
    /^unavailable: .*after 2026-11-16T09:00:00\.000Z$/,
  );
  assert.match(await fault(429, said("slow")), /^unavailable: .*ask again later$/);
  assert.match(await fault(403, said("no"), { "x-ratelimit-remaining": "12" }), /^denied: /);
});

test("a repository that has moved is said to have, and is not followed", async () => {
  const moved = await fault(301, said("Moved Permanently"), { location: "https://api.github.com/repositories/1" });
  assert.match(moved, /^not-found: .*moved to https:\/\/api\.github\.com\/repositories\/1$/);
});

test("an answer that is not what the API promises is no crash", async () => {
  for (const body of ["", "<html>", "null", "[]", "{}", '{"number":"1"}', '{"number":1,"title":null}']) {
    assert.match(await fault(200, body), /^unavailable: GitHub/, body);
  }
});
