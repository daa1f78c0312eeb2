// `create_issue` and `add_comment`: what changes something on the server.
import type { Integer } from "remit-plugin";
import { object, text, whole } from "./answer.ts";
import { post, repository } from "./github.ts";
import { type Comment, comment } from "./issues.ts";

/** What `create_issue` takes. */
export interface CreateIssue {
  /**
   * The repository, as OWNER/NAME.
   * @pattern ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$
   * @examples ["octocat/Hello-World"]
   */
  repo: string;
  /**
   * @minLength 1
   * @maxLength 256
   */
  title: string;
  /** Its text in Markdown. */
  body?: string;
  /** Labels to give it; GitHub leaves them out for a person without the right to. */
  labels?: string[];
  /** The logins of those to assign it to. */
  assignees?: string[];
  /**
   * The number of the milestone to put it under.
   * @minimum 1
   */
  milestone?: Integer;
}

/** What it returns. */
export interface Created {
  number: Integer;
  title: string;
  /** Its page for people. */
  url: string;
}

export async function createIssue({ repo, ...issue }: CreateIssue): Promise<Created> {
  const made = object(await post(`${repository(repo)}/issues`, issue), "the issue");
  return { number: whole(made, "number"), title: text(made, "title"), url: text(made, "html_url") };
}

/** What `add_comment` takes. */
export interface AddComment {
  /**
   * The repository, as OWNER/NAME.
   * @pattern ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$
   * @examples ["octocat/Hello-World"]
   */
  repo: string;
  /**
   * The number of the issue or pull request.
   * @minimum 1
   */
  number: Integer;
  /**
   * The comment in Markdown.
   * @minLength 1
   * @maxLength 65536
   */
  body: string;
}

export async function addComment({ repo, number, body }: AddComment): Promise<Comment> {
  const made = await post(`${repository(repo)}/issues/${number}/comments`, { body });
  return comment(object(made, "the comment"));
}
