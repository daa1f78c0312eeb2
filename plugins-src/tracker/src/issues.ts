// `list_issues`, `get_issue` and `search_issues`.
import type { Integer } from "remit-plugin";
import { type Json, labels, list, login, logins, maybe, object, text, whole } from "./answer.ts";
import { get, PAGE, pages, repository } from "./github.ts";

/** How many entries are listed unless it is said. */
const DEFAULT_LIMIT = 100;
/** How many comments are read unless it is said. */
const DEFAULT_COMMENTS = 30;
/** GitHub's search gives no more results than these. */
const MOST_FOUND = 1000;

/** An issue, or a pull request seen as one. */
export interface Issue {
  number: Integer;
  title: string;
  /** `open` or `closed`. */
  state: string;
  /** Why it was closed, for example `completed` or `not_planned`; null where it is not said. */
  state_reason: string | null;
  /** The login of who opened it; null where that person is no more. */
  author: string | null;
  labels: string[];
  /** The logins of those whom it is assigned to. */
  assignees: string[];
  /** The milestone's title. */
  milestone: string | null;
  /** How many comments it has. */
  comment_count: Integer;
  /** As in RFC 3339, like the other times. */
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  /** Its page for people. */
  url: string;
}

/** What `list_issues` takes. */
export interface ListIssues {
  /**
   * The repository, as OWNER/NAME.
   * @pattern ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$
   * @examples ["octocat/Hello-World"]
   */
  repo: string;
  /** Which ones; `open` unless said. */
  state?: "open" | "closed" | "all";
  /** Only those with all of these labels. */
  labels?: string[];
  /** Only those assigned to this login; `none` for those assigned to nobody, `*` to anybody. */
  assignee?: string;
  /** Only those opened by this login. */
  creator?: string;
  /**
   * Only those changed at this time or later, as in RFC 3339.
   * @format date-time
   */
  since?: string;
  /** By what they are sorted; `created` unless said. */
  sort?: "created" | "updated" | "comments";
  /** In which direction; `desc` unless said. */
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
export interface Issues {
  issues: Issue[];
  /** Whether there are more than these. */
  more: boolean;
}

export async function listIssues(input: ListIssues): Promise<Issues> {
  const { state, assignee, creator, since, sort, direction, limit = DEFAULT_LIMIT } = input;
  const query = { state, labels: input.labels?.join(",") || undefined, assignee, creator, since, sort, direction };
  const { entries, more } = await pages(
    `${repository(input.repo)}/issues`,
    query,
    limit,
    // To this API a pull request is an issue too.
    (body) =>
      list(body, "the list of issues")
        .filter((it) => !isPull(it))
        .map(issue),
    // Most of a page may be pull requests.
    PAGE,
  );
  return { issues: entries, more };
}

function isPull(issue: Json): boolean {
  return issue.pull_request !== undefined && issue.pull_request !== null;
}

function issue(from: Json): Issue {
  return {
    number: whole(from, "number"),
    title: text(from, "title"),
    state: text(from, "state"),
    state_reason: maybe(from, "state_reason"),
    author: login(from.user),
    labels: labels(from.labels),
    assignees: logins(from.assignees),
    milestone: from.milestone ? maybe(object(from.milestone, "the milestone"), "title") : null,
    comment_count: whole(from, "comments"),
    created_at: text(from, "created_at"),
    updated_at: text(from, "updated_at"),
    closed_at: maybe(from, "closed_at"),
    url: text(from, "html_url"),
  };
}

/** What `get_issue` takes. */
export interface GetIssue {
  /**
   * The repository, as OWNER/NAME.
   * @pattern ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$
   * @examples ["octocat/Hello-World"]
   */
  repo: string;
  /**
   * Its number.
   * @minimum 1
   */
  number: Integer;
  /**
   * How many of its comments to read, the oldest first.
   * @minimum 0
   * @maximum 500
   * @default 30
   */
  comments?: Integer;
}

/** What it returns. */
export interface WholeIssue extends Issue {
  is_pull_request: boolean;
  /** Its text in Markdown; empty where it has none. */
  body: string;
  comments: Comment[];
}

/** A comment. */
export interface Comment {
  author: string | null;
  created_at: string;
  /** Its text in Markdown. */
  body: string;
  url: string;
}

export async function getIssue({ repo, number, comments = DEFAULT_COMMENTS }: GetIssue): Promise<WholeIssue> {
  const path = `${repository(repo)}/issues/${number}`;
  const found = object((await get(path)).body, "the issue");
  const whole = issue(found);
  const wanted = Math.min(comments, whole.comment_count);
  const said =
    wanted > 0 ? (await pages(`${path}/comments`, {}, wanted, (body) => list(body, "the comments"))).entries : [];
  return {
    ...whole,
    is_pull_request: isPull(found),
    body: maybe(found, "body") ?? "",
    comments: said.map(comment),
  };
}

export function comment(from: Json): Comment {
  return {
    author: login(from.user),
    created_at: text(from, "created_at"),
    body: maybe(from, "body") ?? "",
    url: text(from, "html_url"),
  };
}

/** What `search_issues` takes. */
export interface SearchIssues {
  /**
   * What to search for, in GitHub's syntax.
   * @minLength 1
   * @examples ["repo:octocat/Hello-World is:issue is:open label:bug"]
   */
  query: string;
  /** By what they are sorted; how well they match unless said. */
  sort?: "created" | "updated" | "comments";
  /** In which order, where `sort` is given; `desc` unless said. */
  order?: "asc" | "desc";
  /**
   * How many at most.
   * @minimum 1
   * @maximum 1000
   * @default 100
   */
  limit?: Integer;
}

/** What it returns. */
export interface Found {
  /** How many there are in all. */
  total: Integer;
  /** Whether GitHub ran out of time before it had looked at everything. */
  incomplete: boolean;
  items: FoundIssue[];
}

/** An issue or a pull request that was found. */
export interface FoundIssue extends Issue {
  /** The repository, as OWNER/NAME. */
  repo: string;
  is_pull_request: boolean;
}

export async function searchIssues({ query, sort, order, limit = DEFAULT_LIMIT }: SearchIssues): Promise<Found> {
  let total = 0;
  let incomplete = false;
  const { entries } = await pages("/search/issues", { q: query, sort, order }, Math.min(limit, MOST_FOUND), (body) => {
    const answer = object(body, "the answer");
    total = whole(answer, "total_count");
    incomplete ||= answer.incomplete_results === true;
    return list(answer.items, "the list of what was found").map((it) => ({
      repo: text(it, "repository_url").split("/").slice(-2).join("/"),
      ...issue(it),
      is_pull_request: isPull(it),
    }));
  });
  return { total, incomplete, items: entries };
}
