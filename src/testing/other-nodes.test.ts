import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Done,
  makeCleanPlace,
  pythonFolder,
  registriesReached,
  repositoryFile,
} from "./installing.ts";
import { eventually } from "./rig.ts";

// The built program on the versions of Node that users have beside the one which runs the tests (that of 20 brings no
// SQLite, theirs do): each says nothing that is not ours, reads what another version wrote, and takes up what was killed.

const place = makeCleanPlace();
const reached = registriesReached(place);
const PROGRAM = repositoryFile("dist/stepwell.js");

afterAll(() => place.remove());

const SLOW = `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  first:
    command: echo once >> "$COUNT" && echo 1 > \${{outputs.o}}
    outputs: {o: {type: uri_file}}
    environment_variables: {COUNT: COUNTED}
  second:
    command: sleep 2 && cat \${{inputs.i}} > \${{outputs.o}}
    inputs: {i: "\${{parent.jobs.first.outputs.o}}"}
    outputs: {o: {type: uri_file}}
`;

describe.skipIf(!reached).each([22, 24, 26])("on Node %i", (version) => {
  let node: string;
  let folder: string;

  beforeAll(() => {
    const name = `node-${process.platform}-${process.arch}`;
    const prefix = place.at(`node-${version}`);
    const words = ["install", "--no-audit", "--no-fund", "--prefix", prefix, `${name}@${version}`];
    place.must("npm", words, { PATH: process.env.PATH ?? "" });
    node = path.join(prefix, "node_modules", name, "bin/node");
    folder = fs.mkdtempSync(place.at("work/project-"));
    fs.mkdirSync(path.join(folder, ".git"));
  }, 120_000);

  const PATH = () =>
    [path.dirname(node), place.at("tools"), pythonFolder(place), "/usr/bin", "/bin"].join(":");
  const on = (program: string, ...words: string[]): Done =>
    place.run(program, [PROGRAM, "--workspace", folder, ...words], { PATH: PATH() });

  it("says what it says on the oldest version, and nothing of Node's own", () => {
    expect(place.must(node, ["--version"])).toMatch(new RegExp(`^v${version}\\.`));
    expect(on(node, "init").stderr).toBe("run it: stepwell run\n");
    const pipeline = path.join(folder, "pipeline.yml");
    const first = on(node, "run", pipeline);
    expect(first.stdout).toBe("first-1 Completed: 2 steps ran, 0 reused\n");
    expect(first.stderr.replace(/\d+\.\d s/g, "T s").split("\n")).toEqual([
      "run first-1: 2 steps",
      "start   prepare  never ran",
      "done    prepare  T s",
      "start   summarise  never ran",
      "done    summarise  T s",
      "metrics",
      "  summarise.mean_weight  70.3795",
      "",
    ]);
    for (const words of [["runs"], ["show", "first-1"], ["gc", "--dry-run"]])
      expect(on(node, ...words)).toMatchObject({ code: 0, stderr: "" });
  });

  it("reuses what the oldest version recorded, and the other way round", () => {
    const pipeline = path.join(folder, "pipeline.yml");
    const code = path.join(folder, "prepare/prepare.py");
    expect(on(process.execPath, "run", pipeline).stdout).toMatch(/0 steps ran, 2 reused/);
    fs.appendFileSync(code, "# a comment\n");
    expect(on(process.execPath, "run", pipeline).stdout).toMatch(/1 step ran, 1 reused/);
    expect(on(node, "plan", pipeline, "--exit-code").code).toBe(0);
    expect(on(node, "run", pipeline).stdout).toMatch(/0 steps ran, 2 reused/);
  });

  it("takes up a run whose engine was killed, without doing anything twice", async () => {
    const pipeline = path.join(folder, "slow.yml");
    const counted = path.join(folder, "counted");
    fs.writeFileSync(pipeline, SLOW.replace("COUNTED", counted));
    const words = [PROGRAM, "--workspace", folder, "run", pipeline, "--name", "killed"];
    const env = { ...process.env, PATH: PATH(), STEPWELL_CACHE_DIR: place.at("cache") };
    const engine = spawn(node, words, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    engine.stderr.on("data", (data) => {
      said += data;
    });
    await eventually(() => said.includes("start   second"), "the second step");
    engine.kill("SIGKILL");
    await once(engine, "exit");
    expect(on(node, "show", "killed").stdout).toMatch(/Interrupted|Running/);
    expect(on(node, "run", "--resume", "killed")).toMatchObject({ code: 0 });
    expect(fs.readFileSync(counted, "utf8")).toBe("once\n");
    expect(on(process.execPath, "show", "killed").stdout).toMatch(/Completed/);
  });
});
