// `fetch_title`.

/** What it takes. */
export const input = {
  type: "object",
  properties: {
    url: { type: "string", description: "The page.", examples: ["https://example.org/"] },
  },
  required: ["url"],
  additionalProperties: false,
};

/** What it returns. */
export const output = {
  type: "object",
  properties: {
    status: { type: "integer", description: "The HTTP status of the answer." },
    title: {
      type: ["string", "null"],
      description: "What stands in the page's `<title>`; null if it has none.",
    },
  },
  required: ["status", "title"],
  additionalProperties: false,
};

export async function fetchTitle({ url }) {
  // Where no grant covers the request, this throws the host's refusal: a fault of the kind `denied`.
  const response = await fetch(url);
  return { status: response.status, title: titleOf(await response.text()) };
}

/** The text between `<title>` and `</title>`, its blanks put together. */
function titleOf(html) {
  const [, title] = /<title[^>]*>([^]*?)<\/title/i.exec(html) ?? [];
  return title?.trim().replace(/\s+/g, " ") ?? null;
}
