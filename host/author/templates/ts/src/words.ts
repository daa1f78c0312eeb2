// `word_count`. Its schemas come from these types, and what is said about a property from its comment.
import type { Integer } from "remit-plugin";

/** What `word_count` takes. */
export interface Input {
  /** The text to count in. */
  text: string;
  /**
   * How many of the most frequent words to list.
   * @minimum 1
   * @maximum 50
   * @default 5
   */
  top?: Integer;
}

/** What it returns. */
export interface Counts {
  /** Words: runs of letters and digits. */
  words: Integer;
  /** Characters, as Unicode counts them. */
  characters: Integer;
  /** Lines. */
  lines: Integer;
  /** The most frequent words in lower case, the most frequent first, and by alphabet among equals. */
  most_frequent: Frequency[];
}

/** A word, and how often it occurs. */
export interface Frequency {
  word: string;
  count: Integer;
}

export function wordCount({ text, top = 5 }: Input): Counts {
  const counts = new Map<string, number>();
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
