// Mistakes that would run without a word, as something else than was meant.

import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

const node = (fields: string): string => `type: pipeline\njobs:\n  a: {command: ls, ${fields}}\n`;

describe("an input of a node", () => {
  it.each(["{type: uri_file}", "{type: integer, mode: direct}", "{type: uri_folder, path: null}"])(
    "that says %s has no value",
    (input) => {
      const job = loaded(node(`inputs: {x: ${input}}`));
      expect(findings(job)).toEqual(["error missing_input 3:32"]);
    },
  );

  it.each(["{type: uri_file, optional: true}", "{type: integer, default: 4}", "null"])(
    "may say %s",
    (input) => {
      expect(findings(loaded(node(`inputs: {x: ${input}}`)))).toEqual([]);
    },
  );
});
