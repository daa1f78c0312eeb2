// `word_count`.

/** What it takes. */
export const input = {
  type: "object",
  properties: {
    text: { type: "string", description: "The text to count in." },
    top: {
      type: "integer",
      minimum: 1,
      maximum: 50,
      default: 5,
      description: "How many of the most frequent words to list.",
    },
  },
  required: ["text"],
  additionalProperties: false,
};

/** What it returns. */
export const output = {
  type: "object",
  properties: {
    words: { type: "integer", description: "Words: runs of letters and digits." },
    characters: { type: "integer", description: "Characters, as Unicode counts them." },
    lines: { type: "integer", description: "Lines." },
    most_frequent: {
      type: "array",
      description: "The most frequent words in lower case, the most frequent first, and by alphabet among equals.",
      items: {
        type: "object",
        properties: { word: { type: "string" }, count: { type: "integer" } },
        required: ["word", "count"],
        additionalProperties: false,
      },
    },
  },
  required: ["words", "characters", "lines", "most_frequent"],
  additionalProperties: false,
};

export function wordCount({ text, top = 5 }) {
  const counts = new Map();
  let words = 0;
  for (const [word] of text.matchAll(/[\p{Alphabetic}\p{N}]+/gu)) {
    const lower = word.toLowerCase();
    counts.set(lower, (counts.get(lower) ?? 0) + 1);
    words++;
  }
  const most = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  // What `length` counts are UTF-16 units: a character beyond the first 65,536 has two.
  const pairs = text.match(/[\ud800-\udbff]/g)?.length ?? 0;
  const ends = text.match(/\n/g)?.length ?? 0;
  return {
    words,
    characters: text.length - pairs,
    lines: text === "" || text.endsWith("\n") ? ends : ends + 1,
    most_frequent: most.slice(0, top).map(([word, count]) => ({ word, count })),
  };
}
