// `tracker`: issues and pull requests on GitHub, over its REST API.
import { definePlugin } from "remit-plugin";
import { addComment, createIssue } from "./change.ts";
import { getIssue, listIssues, searchIssues } from "./issues.ts";
import { listPullRequests } from "./pulls.ts";

export default definePlugin({
  // A token is none of the plugin's business: the host adds it to the requests that a skill says it for.
  needs: {
    "http GET {config.base-url|https://api.github.com}/repos/*/*/issues": "to list a repository's issues",
    "http GET {config.base-url|https://api.github.com}/repos/*/*/issues/**": "to read an issue and its comments",
    "http GET {config.base-url|https://api.github.com}/repos/*/*/pulls": "to list a repository's pull requests",
    "http GET {config.base-url|https://api.github.com}/search/issues": "to search issues and pull requests",
    "http POST {config.base-url|https://api.github.com}/repos/*/*/issues": "to create an issue when asked to",
    "http POST {config.base-url|https://api.github.com}/repos/*/*/issues/*/comments":
      "to comment on an issue or a pull request when asked to",
    "config base-url=*": "to know which server to ask, where that is not api.github.com",
  },
  operations: {
    list_issues: {
      summary: "Lists the issues of a repository, without its pull requests",
      effect: "read",
      run: listIssues,
    },
    get_issue: {
      summary: "Reads an issue or a pull request with its text and its comments",
      effect: "read",
      run: getIssue,
    },
    search_issues: {
      summary: "Searches issues and pull requests with GitHub's search syntax",
      effect: "read",
      run: searchIssues,
    },
    list_pull_requests: {
      summary: "Lists the pull requests of a repository",
      effect: "read",
      run: listPullRequests,
    },
    create_issue: {
      summary: "Creates an issue in a repository",
      effect: "write",
      run: createIssue,
    },
    add_comment: {
      summary: "Adds a comment to an issue or a pull request",
      effect: "write",
      run: addComment,
    },
  },
});
