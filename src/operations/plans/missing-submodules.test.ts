import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { missingSubmodules } from "./missing-submodules.ts";

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-submodules-"));
  for (const folder of [".git", "code/lib", "code/my models", "other/one"])
    fs.mkdirSync(path.join(root, folder), { recursive: true });
  const entry = (name: string): string => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ../x\n`;
  const names = ["code/lib", "code/my models", "other/one", "code/gone"];
  fs.writeFileSync(path.join(root, ".gitmodules"), names.map(entry).join(""));
});
afterEach(() => fs.rmSync(root, { recursive: true }));

it("names the submodules of a code folder that are empty, and the command that fetches each", () => {
  fs.writeFileSync(path.join(root, "code/lib/lib.py"), "");
  expect(missingSubmodules(path.join(root, "code"))).toEqual([
    `the submodule ${root}/code/my models is not checked out, and belongs to the code: git -C ${root} submodule update --init 'code/my models'`,
  ]);
  expect(missingSubmodules(path.join(root, "code/lib"))).toEqual([]);
  expect(missingSubmodules(path.join(root, "other/one"))).toHaveLength(1);
  fs.rmSync(path.join(root, ".git"), { recursive: true });
  expect(missingSubmodules(path.join(root, "code"))).toEqual([]);
});
