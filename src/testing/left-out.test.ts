import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// What only steps lack that `--until` leaves out keeps nobody from running the others.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("left-out");
});

afterAll(() => rig.remove());

const MAKE = `
  make: {command: "echo 1 > \${{outputs.o}}", outputs: {o: {type: uri_file}}}`;

function pipeline(file: string, rest: string, inputs = ""): void {
  rig.write(file, `type: pipeline\n${inputs}jobs:${MAKE}\n${rest}`);
}

const LACKS: Readonly<Record<string, readonly [rest: string, said: RegExp, inputs?: string]>> = {
  component: [
    `  train: {component: "azureml:nothere:1", inputs: {x: "\${{parent.jobs.make.outputs.o}}"}}
  last: {command: "cat \${{inputs.x}}", inputs: {x: "\${{parent.jobs.train.outputs.model}}"}}
`,
    /there is no component `azureml:nothere:1`/,
  ],
  "pipeline component": [
    `  train: {type: pipeline, component: "azureml:nothere:1", inputs: {x: "\${{parent.jobs.make.outputs.o}}"}}
  last: {command: "cat \${{inputs.x}}", inputs: {x: "\${{parent.jobs.train.outputs.model}}"}}
  after: {command: echo, depends_on: [train]}
`,
    /there is no component `azureml:nothere:1`/,
  ],
  "component of a registry": [
    "  train: {component: azureml://registries/stepwell/components/nothere/versions/1}\n",
    /the registry `stepwell` has no component `nothere`/,
  ],
  path: [
    `  train: {command: "cat \${{inputs.x}}", inputs: {x: {type: uri_file, path: ./nothere}}}\n`,
    /there is nothing at `.*nothere`/,
  ],
  "path of the pipeline": [
    `  train: {command: "cat \${{inputs.x}}", inputs: {x: "\${{parent.inputs.raw}}"}}\n`,
    /there is nothing at `.*nothere`/,
    "inputs: {raw: {type: uri_file, path: ./nothere}}\n",
  ],
  "data asset": [
    `  train: {command: "cat \${{inputs.x}}", inputs: {x: {type: uri_file, path: "azureml:nothere:1"}}}\n`,
    /there is no data asset or model nothere:1/,
  ],
  code: [
    "  train: {command: echo, code: ./nothere}\n",
    /the code folder `.*nothere` does not exist/,
  ],
  compute: ["  train: {command: echo, compute: gpus}\n", /there is no compute `gpus`/],
  environment: [
    "  train: {command: echo, environment: azureml:nothere:1}\n",
    /No environment named nothere is known/,
  ],
  GPU: ["  train: {command: echo, resources: {gpus: 9999}}\n", /asks for 9999 GPUs/],
};

describe.each(Object.entries(LACKS))("a %s that is not there", (what, [rest, said, inputs]) => {
  const file = `${what.replaceAll(" ", "-")}.yml`;
  const isOfEnvironment = what === "environment";

  beforeAll(() => pipeline(file, rest, inputs));

  it("is an error of validate, and of a run that needs it", () => {
    for (const words of [["validate"], ["run"], ["plan", "--until", "train"]]) {
      const [verb = "", ...options] = words;
      const { code, stderr } = rig.cli(verb, file, ...options);
      expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
      expect(stderr).toContain(" error: ");
    }
  });

  it("is a warning where the run leaves out what needs it", () => {
    const planned = rig.cli("plan", file, "--until", "make");
    expect(planned.code).toBe(0);
    expect(planned.stdout).toMatch(/skip +train +not needed by --until/);
    const { code, stderr } = rig.cli("run", file, "--until", "make", "--name", `${file}-1`);
    expect(code).toBe(0);
    if (!isOfEnvironment) expect(stderr).toMatch(said);
    expect(stderr).not.toContain("error");
  });

  it("is an error of a rerun that needs it", () => {
    const again = rig.cli("rerun", `${file}-1`, "--until", "make");
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("reused  make")]);
    const whole = rig.cli("rerun", `${file}-1`);
    expect(whole.code).not.toBe(0);
    expect(whole.stderr).not.toContain("start ");
  });
});

it("a thing that a step needs as well is an error", () => {
  pipeline(
    "both.yml",
    "  a: {command: echo, code: ./nothere}\n  b: {command: echo, code: ./nothere}\n",
  );
  expect(rig.cli("plan", "both.yml", "--until", "a").code).toBe(2);
});

it("other mistakes of a step that is left out are errors", () => {
  pipeline("wrong.yml", "  train: {command: echo, code: ./nothere, nokey: 1}\n");
  const { code, stderr } = rig.cli("plan", "wrong.yml", "--until", "make");
  expect([code, stderr]).toEqual([2, expect.stringContaining("2 errors")]);
});

const UV = `#!/bin/sh
echo "$@" >> "$HOME_OF_TEST/asked"
echo "uv 9.9.9"
`;

it("nobody asks uv for the environment of a step that is left out; a rerun that runs it does", () => {
  rig.write("bin/uv", UV);
  fs.chmodSync(rig.at("bin/uv"), 0o755);
  pipeline("environment-later.yml", "  train: {command: echo, environment: {packages: [six]}}\n");
  const with_uv = {
    CI: "",
    HOME_OF_TEST: rig.folder,
    PATH: `${rig.at("bin")}:${process.env.PATH}`,
  };
  const words = ["environment-later.yml", "--until", "make", "--name", "later"];
  expect(rig.cliWith(with_uv, "run", ...words).code).toBe(0);
  expect(fs.existsSync(rig.at("asked"))).toBe(false);
  expect(rig.cli("shell", "later", "train", "--", "true").stderr).toBe(
    "error: later left out step train, and did not ask for its environment\n  run it: stepwell rerun later\n",
  );
  rig.cliWith(with_uv, "rerun", "later");
  expect(rig.read("asked")).toContain("pip compile");
});

it("a rerun runs what the first run left out", () => {
  pipeline("half.yml", "  train: {command: echo trained}\n");
  rig.run("run", "half.yml", "--until", "make", "--name", "half");
  const { status, steps } = rig.run("rerun", "half", "--name", "whole");
  expect([status, steps.map(({ reuse }) => reuse.decision)]).toEqual([
    "Completed",
    ["reused", "ran"],
  ]);
  expect(rig.cli("logs", "whole", "train").stdout).toContain("trained");
});
