// `list_pull_requests`.
import type { Integer } from "remit-plugin";
import { type Json, labels, list, login, logins, maybe, object, text, whole } from "./answer.ts";
import { pages, repository } from "./github.ts";

/** What `list_pull_requests` takes. */
export interface ListPullRequests {
  /**
   * The repository, as OWNER/NAME.
   * @pattern ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$
   * @examples ["octocat/Hello-World"]
   */
  repo: string;
  /** Which ones; `open` unless said. */
  state?: "open" | "closed" | "all";
  /** Only those into this branch. */
  base?: string;
  /** Only those from this branch, as USER:BRANCH. */
  head?: string;
  /** By what they are sorted; `created` unless said. */
  sort?: "created" | "updated" | "popularity" | "long-running";
  /** In which direction; `desc` where they are sorted by `created`, else `asc`, unless said. */
  direction?: "asc" | "desc";
  /**
   * How many at most.
   * @minimum 1
   * @maximum 1000
   * @default 100
   */
  limit?: Integer;
}

/** What it returns. */
export interface PullRequests {
  pull_requests: PullRequest[];
  /** Whether there are more than these. */
  more: boolean;
}

/** A pull request. */
export interface PullRequest {
  number: Integer;
  title: string;
  /** `open` or `closed`; a merged one is closed. */
  state: string;
  draft: boolean;
  /** The login of who opened it; null where that person is no more. */
  author: string | null;
  labels: string[];
  /** The logins of those whom it is assigned to. */
  assignees: string[];
  /** The logins of those who are asked to review it. */
  reviewers: string[];
  /** The milestone's title. */
  milestone: string | null;
  /** The branch that it goes into. */
  base: string;
  /** The branch that it comes from. */
  head: string;
  /** As in RFC 3339, like the other times. */
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  merged_at: string | null;
  /** Its page for people. */
  url: string;
}

export async function listPullRequests(input: ListPullRequests): Promise<PullRequests> {
  const { repo, limit = 100, ...query } = input;
  const { entries, more } = await pages(`${repository(repo)}/pulls`, query, limit, (body) =>
    list(body, "the list of pull requests").map(pull),
  );
  return { pull_requests: entries, more };
}

function pull(from: Json): PullRequest {
  return {
    number: whole(from, "number"),
    title: text(from, "title"),
    state: text(from, "state"),
    draft: from.draft === true,
    author: login(from.user),
    labels: labels(from.labels),
    assignees: logins(from.assignees),
    reviewers: logins(from.requested_reviewers),
    milestone: from.milestone ? maybe(object(from.milestone, "the milestone"), "title") : null,
    base: text(object(from.base, "base"), "ref"),
    head: text(object(from.head, "head"), "ref"),
    created_at: text(from, "created_at"),
    updated_at: text(from, "updated_at"),
    closed_at: maybe(from, "closed_at"),
    merged_at: maybe(from, "merged_at"),
    url: text(from, "html_url"),
  };
}
