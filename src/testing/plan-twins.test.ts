// What `plan` says of steps of one run that are the same work, held to what the run does.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

let rig: Rig;

beforeAll(() => {
  rig = makeRig("twins");
});

afterAll(() => rig.remove());

function steps(file: string): readonly { readonly [field: string]: unknown }[] {
  return JSON.parse(rig.cli("plan", file, "--json").stdout).steps;
}

describe("equal steps of which some wait for others", () => {
  const equal = (text: string, more = ""): string => `{command: "echo ${text}"${more}}`;
  const decided = (file: string): readonly unknown[] =>
    rig.run("run", file).steps.map(({ reuse }) => reuse.decision);

  it("are done by the one that is ready first, wherever it stands", () => {
    rig.write(
      "ready.yml",
      `
type: pipeline
jobs:
  first: {command: "sleep 0.3"}
  waits: ${equal("ready", ", depends_on: [first]")}
  ready: ${equal("ready")}
`,
    );
    expect(steps("ready.yml")).toMatchObject([
      { name: "first", decision: "run" },
      { name: "waits", decision: "reuse", reason: { detail: "the same work as step ready" } },
      { name: "ready", decision: "run" },
    ]);
    expect(decided("ready.yml")).toEqual(["ran", "reused", "ran"]);
  });

  it("are done by the one whose reused steps are over first, wherever it stands", () => {
    const made = (name: string): string =>
      `{command: "echo same > \${{outputs.o}} # ${name}", outputs: {o: {type: uri_file}}}`;
    const reads = (step: string): string =>
      `{command: "cat \${{inputs.i}} # $VERSION", inputs: {i: "\${{parent.jobs.${step}.outputs.o}}"}}`;
    const write = (version: string): void =>
      rig.write(
        "order.yml",
        `type: pipeline\njobs:\n  a: ${made("a")}\n  b: ${made("b")}\n  x: ${reads("b")}\n  y: ${reads("a")}\n`.replaceAll(
          "$VERSION",
          version,
        ),
      );
    write("1");
    rig.run("run", "order.yml");
    write("2");
    expect(steps("order.yml").slice(2)).toMatchObject([
      { name: "x", decision: "reuse", reason: { detail: "the same work as step y" } },
      { name: "y", decision: "run" },
    ]);
    expect(decided("order.yml").slice(2)).toEqual(["attached", "ran"]);
  });

  it("are not certain where each waits for another step", () => {
    const wait = (seconds: number): string =>
      `{command: "sleep ${seconds}; echo ${seconds} > \${{outputs.o}}", outputs: {o: {type: uri_file}}}`;
    const reads = (step: string): string =>
      `{command: 'wc -c < "\${{inputs.i}}"', inputs: {i: "\${{parent.jobs.${step}.outputs.o}}"}}`;
    rig.write(
      "wait.yml",
      `
type: pipeline
jobs:
  slow: ${wait(1)}
  quick: ${wait(0)}
  one: ${equal("wait", ", depends_on: [slow]")}
  two: ${equal("wait", ", depends_on: [quick]")}
  three: ${reads("slow")}
  four: ${reads("quick")}
`,
    );
    const mayBe = (step: string): object => ({
      decision: "depends",
      reason: { kind: "depends", detail: `depends on step ${step}, which may do the same work` },
    });
    expect(steps("wait.yml").slice(2)).toMatchObject(["two", "one", "four", "three"].map(mayBe));
    expect(decided("wait.yml")).toEqual(["ran", "ran", "reused", "ran", "ran", "ran"]);
  });

  it("are certain where the later ones wait for the first", () => {
    const next = (step: string): string =>
      `{command: 'cat "\${{inputs.i}}" > "\${{outputs.o}}"', inputs: {i: "\${{parent.jobs.${step}.outputs.o}}"}, outputs: {o: {type: uri_file}}}`;
    rig.write(
      "chain.yml",
      `
type: pipeline
jobs:
  start: {command: 'echo chain > "\${{outputs.o}}"', outputs: {o: {type: uri_file}}}
  one: ${next("start")}
  two: ${next("one")}
`,
    );
    expect(steps("chain.yml").slice(1)).toMatchObject([
      { name: "one", decision: "run", reason: { detail: "never ran" } },
      { name: "two", decision: "depends" },
    ]);
  });
});
