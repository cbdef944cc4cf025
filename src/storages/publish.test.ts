import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { publishCopy } from "./publish.ts";

it("removes what a killed process left of a copy to the same name a day ago, and nothing else", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-publish-"));
  const at = (name: string): string => path.join(folder, name);
  const old = new Date(Date.now() - 48 * 60 * 60_000);
  // No process has a number as large as this.
  const left = [
    ".x.stepwell-99999999-0",
    `.x.stepwell-${process.pid}-77`,
    ".y.stepwell-99999999-0",
  ];
  for (const name of [...left, ".x.stepwell-99999999-1", "from"]) fs.writeFileSync(at(name), "1");
  for (const name of left) fs.utimesSync(at(name), old, old);
  publishCopy({ from: at("from"), to: at("x"), entries: null });
  expect(fs.readdirSync(folder).sort()).toEqual(
    [".x.stepwell-99999999-1", ...left.slice(1), "from", "x"].sort(),
  );
  fs.rmSync(folder, { recursive: true });
});
