// Takes out of GitHub's published OpenAPI description what the plugin `tracker` uses, so that Prism starts in seconds
// and not in minutes, and mends where the description keeps Prism from checking, or is wrong about itself.
//
//   node describe.mjs DESCRIPTION OUTPUT
import { readFileSync, writeFileSync } from "node:fs";

const [, , from, to] = process.argv;

const USED = {
  "/repos/{owner}/{repo}/issues": ["get", "post"],
  "/repos/{owner}/{repo}/issues/{issue_number}": ["get"],
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
  "/repos/{owner}/{repo}/pulls": ["get"],
  "/search/issues": ["get"],
};

const { openapi, info, servers, paths: all } = JSON.parse(readFileSync(from, "utf8"));
const paths = {};
for (const [path, methods] of Object.entries(USED)) {
  paths[path] = Object.fromEntries(
    methods.map((method) => {
      const operation = all[path]?.[method];
      if (!operation) throw new Error(`the description has no ${method} ${path}`);
      return [method, operation];
    }),
  );
}

/** Prism checks a schema with `nullable` and no `type` not at all, and does not say so. */
function mendNullable(value) {
  if (Array.isArray(value)) return value.forEach(mendNullable);
  if (typeof value !== "object" || value === null) return;
  if (value.nullable && !value.type) delete value.nullable;
  Object.values(value).forEach(mendNullable);
}

/** A body with a property that the description does not know is refused. */
function close(schema) {
  if (schema.type === "object") schema.additionalProperties = false;
}

/** Some examples are wrapped in `value` twice. */
function unwrap(examples = {}) {
  for (const example of Object.values(examples)) {
    if (typeof example.value?.value === "object") example.value = example.value.value;
  }
}

mendNullable(paths);
for (const operation of Object.values(paths).flatMap((it) => Object.values(it))) {
  for (const content of Object.values(operation.requestBody?.content ?? {})) close(content.schema);
  for (const response of Object.values(operation.responses)) {
    for (const content of Object.values(response.content ?? {})) unwrap(content.examples);
  }
}

/** The examples that an operation answers with. */
const examples = (path) => Object.values(paths[path].get.responses[200].content["application/json"].examples);

// The one issue in the example of a list is a pull request. One that is none is put beside it.
const [list] = examples("/repos/{owner}/{repo}/issues");
const { pull_request: _, ...issue } = list.value[0];
list.value.push({ ...issue, number: issue.number + 1 });
// And the example of an issue has no comments, so that nothing would ask for them.
const [one] = examples("/repos/{owner}/{repo}/issues/{issue_number}");
one.value.comments = 1;

writeFileSync(to, JSON.stringify({ openapi, info, servers, paths }));
