import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { CLI, makeRig, type Rig } from "./rig.ts";

// The guide to lineage shows what the program says: its pipeline is run, its commands are typed, and what they print is the
// same but for ids, times and names of people and machines.

const GUIDE = fs.readFileSync(path.join(ROOT, "docs/guides/lineage.md"), "utf8");

let rig: Rig;

beforeAll(() => {
  rig = makeRig("lineage-guide");
  fs.mkdirSync(rig.at(".git"));
  rig.write("fares.csv", "fare\n1\n2\n");
  rig.write("pipeline.yml", blocks("yaml")[0] as string);
});

afterAll(() => rig.remove());

function blocks(language: string): readonly string[] {
  return [...GUIDE.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(
    (match) => match[1] as string,
  );
}

interface Shown {
  readonly command: string;
  readonly output: string;
}

function commands(): readonly Shown[] {
  return blocks("console").flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...lines] = part.split("\n");
        return { command, output: lines.join("\n").trim() };
      }),
  );
}

/** Without what differs from machine to machine and from day to day. */
function shapeOf(text: string): string {
  return text
    .replaceAll(rig.folder + path.sep, "")
    .replaceAll(/sha256:[0-9a-f]+…?/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d UTC)?/g, "TIME")
    .replaceAll(/by \S+ on [^,]+,/g, "by USER on HOST,")
    .replaceAll(/registered by [^,]+,/g, "registered by USER,")
    .replaceAll(/, Python [\d.]+,/g, ", PYTHON,")
    .trim();
}

it("shows what the commands print", () => {
  const shown = commands();
  expect(shown.length).toBeGreaterThan(4);
  for (const { command, output } of shown) {
    const line = command.replace(/^stepwell\b/, `"${process.execPath}" "${CLI}"`);
    const done = spawnSync("sh", ["-c", line], {
      cwd: rig.folder,
      encoding: "utf8",
      env: { ...process.env, CI: "", STEPWELL_WORKSPACE: rig.folder, NO_COLOR: "1" },
    });
    expect([command, done.status, done.stderr.includes("error")]).toEqual([command, 0, false]);
    if (output !== "") expect(shapeOf(done.stdout)).toBe(shapeOf(output));
  }
});
