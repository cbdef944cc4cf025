import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { CLI, makeRig, type Rig } from "./rig.ts";

// The guide to data: its shell blocks, run as they stand, one after the other, in an empty folder.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("data-guide");
  fs.mkdirSync(rig.at(".git"));
  fs.mkdirSync(rig.at(".bin"));
  rig.write(".bin/stepwell", `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  fs.chmodSync(rig.at(".bin/stepwell"), 0o755);
});

afterAll(() => rig.remove());

function blocks(): readonly string[] {
  const text = fs.readFileSync(path.join(ROOT, "docs/guides/data.md"), "utf8");
  return [...text.matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1] ?? "");
}

function shell(script: string): string {
  const done = spawnSync("sh", ["-e", "-c", script], {
    cwd: rig.folder,
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: `${rig.at(".bin")}:${process.env.PATH}`,
      XDG_CONFIG_HOME: rig.at("config"),
      STEPWELL_WORKSPACE: "",
    },
  });
  expect([done.status, done.status === 0 ? "" : done.stderr]).toEqual([0, ""]);
  return done.stdout;
}

it("runs as it stands", () => {
  const said = blocks().map(shell);
  expect(said).toHaveLength(3);
  expect(said[0]).toContain("by reference");
  const lines = (): string =>
    fs.readFileSync(rig.cli("outputs", "last", "lines").stdout.trim(), "utf8").trim();
  expect(lines()).toBe("1");
  expect(said[1]).toContain("data points:2");
  expect(said[2]).toContain("lake answers");
});
