// The last pass over a bundle: no comments, no white space, and a map that leads back to the user's files. Knows nothing
// of what the text does.

import { encodedMappings, TraceMap } from "@jridgewell/trace-mapping";
import { transform } from "esbuild";
import { TARGET } from "./read-module.ts";
import { withInlineMap } from "./source-text.ts";

export interface MinifiedText {
  readonly text: string;
  /** Map of the text when it stands after this head, which ends with a line break. */
  mapAfter(head: string): string;
}

/** The map is that of the text without its first line. */
export async function minified(text: string, map: TraceMap): Promise<MinifiedText> {
  const { sources, names } = map;
  const mappings = `;${encodedMappings(map)}`;
  const moved = new TraceMap({ version: 3, sources, names: [...names], mappings });
  const made = await transform(withInlineMap({ text, map: moved }), {
    loader: "js",
    format: "esm",
    target: TARGET,
    platform: "node",
    charset: "utf8",
    minify: true,
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: false,
    logLevel: "silent",
  });
  return {
    text: made.code,
    mapAfter: (head) => {
      const body = JSON.parse(made.map) as { mappings: string };
      return JSON.stringify({
        ...body,
        mappings: ";".repeat(head.split("\n").length - 1) + body.mappings,
      });
    },
  };
}
