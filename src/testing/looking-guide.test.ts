import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { CLI, makeRig, type Rig } from "./rig.ts";

// The guide to looking at data shows what the program says: its blocks are run one after the other, and what its commands
// print is the same.

const PAGE = path.join(ROOT, "docs/guides/looking-at-data.md");

let rig: Rig;

beforeAll(() => {
  rig = makeRig("looking-guide");
  fs.mkdirSync(rig.at(".git"));
});

afterAll(() => rig.remove());

function shell(line: string): string {
  const typed = line.replaceAll(/^stepwell\b/gm, `"${process.execPath}" "${CLI}"`);
  const done = spawnSync("sh", ["-ec", typed], {
    cwd: rig.folder,
    encoding: "utf8",
    env: { ...process.env, CI: "", STEPWELL_WORKSPACE: rig.folder, NO_COLOR: "1" },
  });
  expect([line, done.status, done.stderr.includes("error")]).toEqual([line, 0, false]);
  return done.stdout.replaceAll(rig.folder + path.sep, "").trim();
}

it("shows what the commands print; `npm run transcript` writes it anew", () => {
  const page = fs.readFileSync(PAGE, "utf8");
  const made = page.replaceAll(/```(sh|yaml|console)\n([\s\S]*?)```/g, (block, kind, text) => {
    if (kind === "yaml") rig.write("pipeline.yml", text);
    if (kind === "sh") shell(text);
    if (kind !== "console") return block;
    const [, command = ""] = /^\$ (.*)\n/.exec(text) ?? [];
    return `\`\`\`console\n$ ${command}\n${shell(command)}\n\`\`\``;
  });
  if (process.env.STEPWELL_WRITE_DOCS === "1") fs.writeFileSync(PAGE, made);
  else expect(page).toBe(made);
  expect(made.match(/```console/g)?.length).toBe(4);
});
