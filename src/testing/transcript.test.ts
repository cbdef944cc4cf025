import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoPicture, PICTURE } from "./demo-picture.ts";
import { ROOT } from "./repository.ts";
import { CLI, makeRig, type Rig } from "./rig.ts";
import {
  readmePipeline,
  readTranscript,
  shapeOf,
  transcriptOf,
  writeTranscript,
} from "./transcript.ts";

// README's first screen: its transcript is what the demo says, its file is one that runs. `npm run transcript` writes the
// transcript anew; without that, a transcript of another shape than today's demo fails here.

let rig: Rig;
let output: string;

beforeAll(() => {
  rig = makeRig("transcript");
  const done = spawnSync("sh", ["-c", 'exec "$0" "$@" 2>&1', process.execPath, CLI, "demo"], {
    cwd: rig.folder,
    env: { ...process.env, CI: "", NO_COLOR: "1" },
    encoding: "utf8",
  });
  output = done.stdout;
  if (process.env.STEPWELL_WRITE_DOCS !== "1") return;
  writeTranscript(transcriptOf(output));
  fs.writeFileSync(PICTURE, demoPicture(readTranscript()));
});

afterAll(() => rig.remove());

describe("the transcript in README", () => {
  it("has the commands and the decisions of the demo of today", () => {
    expect(shapeOf(readTranscript())).toEqual(shapeOf(transcriptOf(output)));
  });

  it("is told apart from one with another decision, command or reason", () => {
    const shown = readTranscript();
    const others = [
      shown.replace("reused  describe", "start   describe"),
      shown.replace("stepwell plan", "stepwell why"),
      shown.replace("features.py (+1", "features.py (+2"),
    ];
    for (const other of others) expect(shapeOf(other)).not.toEqual(shapeOf(shown));
    expect(shapeOf(shown.replaceAll(/\d+ s\b/g, "99 s"))).toEqual(shapeOf(shown));
  });
});

describe("the picture in README", () => {
  it("shows what the transcript says", () => {
    const picture = fs.readFileSync(PICTURE, "utf8");
    expect(picture).toBe(demoPicture(readTranscript()));
    expect(picture.match(/<rect/g)).toHaveLength(15);
    expect(fs.readFileSync(path.join(ROOT, "README.md"), "utf8")).toContain(
      "(docs/images/demo.svg)",
    );
  });
});

describe("the demo", () => {
  it("prints each command before it runs it, and leaves the folder to be edited", () => {
    const commands = output.split("\n").filter((line) => line.startsWith("$ "));
    expect(commands.map((line) => line.replace(/trees=\d+/, "trees=N"))).toEqual([
      "$ stepwell run pipeline.yml",
      "$ stepwell run pipeline.yml",
      "$ stepwell plan pipeline.yml",
      "$ stepwell run pipeline.yml",
      "$ stepwell why tumours-3 train",
      "$ stepwell run pipeline.yml",
      "$ stepwell run pipeline.yml --set jobs.train.inputs.trees=N",
    ]);
    const demo = rig.at("stepwell-demo");
    fs.appendFileSync(path.join(demo, "train/train.py"), "# mine\n");
    const planned = rig.cli("plan", "--workspace", demo, path.join(demo, "pipeline.yml"));
    expect(planned.stdout).toMatch(/^run +train .*code changed: train\.py \(\+1 −0\)/m);
  });
});

describe("the whole file in README", () => {
  it("has at most 30 lines and runs as it stands, in the demo's folder", () => {
    expect(readmePipeline().trimEnd().split("\n").length).toBeLessThanOrEqual(30);
    const own = makeRig("whole file");
    fs.cpSync(path.join(ROOT, "demo/project"), own.folder, { recursive: true });
    own.write("pipeline.yml", readmePipeline());
    const run = own.run("run");
    own.remove();
    expect([run.status, run.steps.map((step) => step.name)]).toEqual([
      "Completed",
      ["prepare", "train"],
    ]);
  });
});
