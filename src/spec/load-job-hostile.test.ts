import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loaded } from "../testing/loaded-job.ts";
import { SPEC_LIMITS } from "./limits.ts";
import { PROBLEM_CODES } from "./problem-codes.ts";

describe("hostile definitions", () => {
  it("stops at pipelines that hold pipelines without a step in them", () => {
    const ten = (of: string) => Array.from({ length: 10 }, (_, at) => `  n${at}: ${of}`).join("\n");
    const files: Record<string, string> = { "p0.yml": "type: pipeline\njobs: {}" };
    for (let level = 1; level < 12; level += 1) {
      const below = `{type: pipeline, component: ./p${level - 1}.yml}`;
      files[`p${level}.yml`] = `type: pipeline\njobs:\n${ten(below)}`;
    }
    const limits = { ...SPEC_LIMITS, steps: 2_000 };
    const job = loaded("type: pipeline\ncomponent: ./p11.yml", { files, options: { limits } });
    expect(job.graph).toBeNull();
    expect(job.problems.map((one) => one.code)).toContain("too_many_steps");
  });

  it("stops at a component of many inputs used by many nodes", () => {
    const inputs = Array.from(
      { length: 20_000 },
      (_, at) => `  i${at}: {type: string, optional: true}`,
    );
    const nodes = Array.from({ length: 2_000 }, (_, at) => `  n${at}: {component: ./c.yml}`);
    const files = { "c.yml": `command: ls\ninputs:\n${inputs.join("\n")}` };
    const job = loaded(`type: pipeline\njobs:\n${nodes.join("\n")}`, { files });
    expect(job.problems.map((one) => one.code)).toContain("too_many_steps");
  });

  it("reads a command of a million references that stand nowhere in the source", () => {
    const command = "\\u0024{{inputs.x}} ".repeat(100_000);
    const job = loaded(`command: "${command}"`);
    expect(job.problems.map((one) => one.code)).toEqual(["undeclared_input"]);
  });

  it("reads a million blanks before a value, and behind a mistake", () => {
    const blanks = " ".repeat(1_000_000);
    const value = (text: string) =>
      loaded(`type: pipeline\njobs: {a: {command: "ls \${{inputs.x}}", inputs: {x: "${text}"}}}`);
    expect(value(`${blanks}y`).problems).toEqual([]);
    expect(value(`parent.inputs.x${blanks}y`).problems).toEqual([]);
    expect(value(`${blanks}{{parent.inputs.x}}`).problems).toMatchObject([
      { code: "near_reference" },
    ]);
    const broken = loaded(`command: {${blanks}x: y z: ]`);
    expect(broken.problems.map((one) => one.code)).toEqual(["yaml_syntax"]);
  });

  it("refuses a `--set` of a hundred thousand levels", () => {
    const path = "a.".repeat(100_000);
    const job = loaded("command: ls", { options: { set: [{ path: `${path}b`, value: "1" }] } });
    expect(job.problems.map((one) => one.code)).toEqual(["bad_set"]);
  });

  it("keeps names that JavaScript objects have of their own", () => {
    const text =
      "command: ls ${{inputs.toString}}\ninputs: {toString: 1, valueOf: 2}\noutputs: {hasOwnProperty: }\n";
    const job = loaded(text);
    expect(job.problems).toEqual([]);
    expect(Object.keys(job.graph?.steps[0]?.inputs ?? {})).toEqual(["toString", "valueOf"]);
    const unknown = loaded("command: ls\ntoString: 1\ndistribution: {type: valueOf}");
    expect(unknown.problems.map((one) => one.code)).toEqual(["unknown_key", "unknown_value"]);
    expect(loaded("type: pipeline\njobs: {a: {type: toString}}").problems[0]?.code).toBe(
      "unknown_kind",
    );
    expect(loaded("type: valueOf").problems[0]?.code).toBe("unknown_kind");
  });

  it("never leaves the reader: paths are handed over as they are named", () => {
    const job = loaded("command: ls\nenvironment: ../../../../etc/passwd\ncode: /etc");
    expect(job.problems.map((one) => one.code)).toEqual(
      ["missing_path", "unreadable_file"].reverse(),
    );
  });
});

describe("any definition", () => {
  const word = fc.constantFrom(
    ..."type jobs component command inputs outputs path mode name compute settings environment code resources".split(
      " ",
    ),
    ..."pipeline parallel sweep spark automl if_else trial task retry reuse depends_on properties limits".split(
      " ",
    ),
    ..."uri_file uri_folder integer string default optional min max enum distribution conda_file image".split(
      " ",
    ),
    ..."./c.yml ./p.yml azureml:x:1 ${{parent.inputs.x}} ${{parent.jobs.a.outputs.o}} ${{parent.outputs.o}}".split(
      " ",
    ),
    ..."a b x o search_space true_block false_block condition body items stepwell.retry on max_retries".split(
      " ",
    ),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(word, fc.constantFrom(null, 1, 0.5, true, "", "-1", "{", "${{", "$[[x]]", "../..")),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(word, tie("node"), { maxKeys: 6 }),
    ),
  })).node;

  it("gives a graph or findings with known codes, and never throws", () => {
    fc.assert(
      fc.property(value, value, fc.constantFrom("pipeline", "command"), (top, below, type) => {
        const job = {
          ...(top as object),
          type,
          jobs: { a: below, b: top },
          command: "ls ${{inputs.x}}",
        };
        const files = {
          "c.yml": JSON.stringify({ command: "ls", ...(below as object) }),
          "p.yml": JSON.stringify({ type: "pipeline", jobs: { a: top }, inputs: below }),
        };
        const found = loaded(JSON.stringify(job), { files });
        for (const one of found.problems) {
          expect(PROBLEM_CODES).toHaveProperty([one.code]);
          expect(one.message).not.toContain("undefined");
          expect(one.message).not.toContain("[object");
        }
        if (found.graph !== null) JSON.stringify(found.graph);
      }),
      { numRuns: 600 },
    );
  });
});
