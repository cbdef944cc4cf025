import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./repository.ts";

// The published trial, as far as it needs no peer: the script still gives for Stepwell what docs/reuse-trial.md shows.

function rowsOfStepwell(text: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("| **Stepwell**"))
    .map((line) => line.replace(/\*\* \S+,/, "**,"));
}

describe("docs/reuse-trial.md", () => {
  it("shows for Stepwell what the script measures today", () => {
    const script = path.join(ROOT, "bench/reuse-trial/reuse-trial.mjs");
    const done = spawnSync(process.execPath, [script, "stepwell"], {
      cwd: ROOT,
      env: { ...process.env, CI: "", STEPWELL_WORKSPACE: "" },
      encoding: "utf8",
    });
    const page = fs.readFileSync(path.join(ROOT, "docs/reuse-trial.md"), "utf8");
    expect(rowsOfStepwell(page)).toHaveLength(2);
    expect(rowsOfStepwell(done.stdout)).toEqual(rowsOfStepwell(page));
  });

  it("has a row or a reason for each of the six peers", () => {
    const page = fs.readFileSync(path.join(ROOT, "docs/reuse-trial.md"), "utf8");
    const peers = ["Prefect", "Flyte", "ZenML", "redun", "DVC", "Snakemake"];
    const missing = peers.filter(
      (peer) => !page.includes(`| **${peer}** `) && !page.includes(`${peer} was skipped: `),
    );
    expect(missing).toEqual([]);
  });
});
