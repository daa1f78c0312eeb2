// What schemas.test.js makes schemas of.
import { definePlugin, type Integer } from "remit-plugin";

interface Tree {
  name: string | null;
  children: Tree[];
}

type Page<T> = { entries: T[]; more: boolean };

/** What it takes. */
interface Everything {
  /**
   * A text.
   * @minLength 1
   * @maxLength 10
   * @pattern ^[a-z]+$
   * @examples ["abc"]
   */
  text: string;
  /**
   * How many.
   * @minimum 1
   * @maximum 50
   * @default 5
   */
  count?: Integer;
  kind: "a" | "b";
  pair: [string, Integer?];
  map: Record<string, number | null>;
  tree: Tree;
}

async function everything(input: Everything): Promise<Page<Pick<Everything, "text">> | null> {
  return { entries: [{ text: input.text }], more: false };
}

export default definePlugin({
  operations: {
    everything: { summary: "Takes everything", effect: "read", run: everything },
    nothing: {
      summary: "Takes nothing",
      effect: "read",
      run(): string[] {
        return [];
      },
    },
  },
});
