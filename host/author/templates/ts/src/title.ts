// `fetch_title`.
import type { Integer } from "remit-plugin";

/** What `fetch_title` takes. */
export interface Input {
  /**
   * The page.
   * @examples ["https://example.org/"]
   */
  url: string;
}

/** What it returns. */
export interface Page {
  /** The HTTP status of the answer. */
  status: Integer;
  /** What stands in the page's `<title>`; null if it has none. */
  title: string | null;
}

export async function fetchTitle({ url }: Input): Promise<Page> {
  // Where no grant covers the request, this throws the host's refusal: a fault of the kind `denied`.
  const response = await fetch(url);
  return { status: response.status, title: titleOf(await response.text()) };
}

/** The text between `<title>` and `</title>`, its blanks put together. */
function titleOf(html: string): string | null {
  const [, title] = /<title[^>]*>([^]*?)<\/title/i.exec(html) ?? [];
  return title?.trim().replace(/\s+/g, " ") ?? null;
}
