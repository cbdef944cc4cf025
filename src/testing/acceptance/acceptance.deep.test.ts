// Other people's pipelines: the cases laid out in $STEPWELL_EXAMPLES (tree/, seed/, cases.json, workspace.json), run
// through the real command line and held to what each case expects. Skipped aloud without that folder.

import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Case, runnable } from "./case.ts";
import { checkExpectations } from "./check-expectations.ts";
import { makeWorkspace } from "./make-workspace.ts";

const folder = process.env.STEPWELL_EXAMPLES ?? "";
const cases: readonly Case[] = fs.existsSync(path.join(folder, "cases.json"))
  ? JSON.parse(fs.readFileSync(path.join(folder, "cases.json"), "utf8"))
  : [];

describe.skipIf(cases.length === 0)("the public examples (STEPWELL_EXAMPLES)", () => {
  for (const one of cases.filter(runnable))
    it(one.id, () => {
      const workspace = makeWorkspace(folder);
      for (const words of one.expect.setup ?? []) {
        const [kind = "", verb = "", file = ""] = words.split(" ");
        const at = path.join(path.dirname(path.join(folder, "tree", one.path)), file);
        const done = workspace.cli(kind, verb, at);
        expect(done.stderr + (done.code === 0 ? "" : done.stdout)).toBe(
          done.code === 0 ? done.stderr : "",
        );
      }
      for (const file of [one.path, ...(one.expect.also ?? [])])
        checkExpectations(one, workspace, path.join(folder, "tree", file));
    }, 900_000);
});
