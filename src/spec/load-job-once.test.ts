import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

// One mistake is told once: what would only follow from it is not told with it.

const TRAIN = `type: command
name: train
command: run \${{inputs.raw}} > \${{outputs.model}}
inputs: {raw: {type: uri_folder}, seed: {type: integer}}
outputs: {model: {type: uri_file}}
`;
const INNER = `type: pipeline
name: inner
inputs: {seed: {type: integer}}
jobs:
  one: {command: "echo \${{inputs.s}}", inputs: {s: "\${{parent.inputs.seed}}"}}
`;
const JOB = `type: pipeline
inputs: {raw: {type: uri_folder, path: ./data}, seed: 1}
outputs: {best: {type: uri_file}}
jobs:
  clean:
    command: clean \${{inputs.raw}} > \${{outputs.rows}}
    inputs: {raw: "\${{parent.inputs.raw}}"}
    outputs: {rows: {type: uri_folder}}
  train:
    component: ./train.yml
    inputs: {raw: "\${{parent.jobs.clean.outputs.rows}}", seed: "\${{parent.inputs.seed}}"}
    outputs: {model: "\${{parent.outputs.best}}"}
  nested:
    type: pipeline
    component: ./inner.yml
    inputs: {seed: "\${{parent.inputs.seed}}"}
  move:
    type: data_transfer
    task: copy_data
    inputs: {a: "\${{parent.jobs.train.outputs.model}}"}
    outputs: {b: {type: uri_folder}}
`;
const FILES = {
  files: { "train.yml": TRAIN, "inner.yml": INNER },
  folders: ["data"],
};

/** What is told once `from` stands as `to`. */
function told(from: string, to: string): readonly string[] {
  const text = JOB.replace(from, to);
  expect(text).not.toBe(JOB);
  return findings(loaded(text, FILES));
}

it("is right as it stands", () => {
  expect(findings(loaded(JOB, FILES))).toEqual([]);
});

describe("a mistyped key", () => {
  it.each([
    ["of the job's inputs", "\ninputs:", "\ninput:", "2:1"],
    ["of the job's outputs", "\noutputs:", "\noutput:", "3:1"],
    ["of the nodes", "\njobs:", "\njob:", "4:1"],
    ["of a node's inputs", "    inputs: {raw: ", "    input: {raw: ", "7:5"],
    ["of a node's outputs", "    outputs: {rows", "    ouputs: {rows", "8:5"],
    ["of a component", "    component: ./train", "    compnent: ./train", "10:5"],
    ["of a pipeline's inputs", "    inputs: {seed", "    input: {seed", "16:5"],
    ["of a node's type", "    type: data", "    typ: data", "18:5"],
    ["of a path", "path: ./data", "pat: ./data", "2:34"],
  ])("%s is read on as what it stands for", (_, from, to, place) => {
    expect(told(from, to)).toEqual([`error unknown_key ${place}`]);
  });

  it("is told with the mistakes below it", () => {
    expect(
      told("    outputs: {rows: {type: uri_folder}}", "    outputz: {rows: {typ: a}}"),
    ).toEqual(["error unknown_key 8:5", "error unknown_key 8:22", "error unknown_value 8:27"]);
  });

  it("is not read as a key that it does not have the shape of", () => {
    expect(told("    command: clean", "    output: x\n    command: clean")).toEqual([
      "error unknown_key 6:5",
    ]);
  });
});

describe("a value of the wrong shape", () => {
  it.each([
    ["the job's inputs", "{raw: {type: uri_folder, path: ./data}, seed: 1}", "[raw, seed]", "2:9"],
    ["the job's outputs", "{best: {type: uri_file}}", "best", "3:10"],
    ["the nodes", /jobs:[^$]*$/.source, "jobs: nothing\n", "4:7"],
    ["a node's inputs", '{raw: "${{parent.inputs.raw}}"}', "[raw]", "7:13"],
    ["a node's outputs", "{rows: {type: uri_folder}}", "rows", "8:14"],
    ["a text with a binding", "{rows: {type: uri_folder}}", "a-${{parent.inputs.seed}}", "8:14"],
    ["a bound mapping", '{raw: "${{parent.inputs.raw}}"}', '"${{parent.inputs.raw}}"', "7:13"],
    ["a component", "./train.yml", "[./train.yml]", "10:16"],
    ["a type", "data_transfer", "[data_transfer]", "18:11"],
    ["a path", "path: ./data", "path: [./data]", "2:40"],
  ])("is told alone: %s", (_, from, to, place) => {
    const text = from.startsWith("jobs:")
      ? JOB.replace(/jobs:[\s\S]*$/, to)
      : JOB.replace(from, to);
    expect(findings(loaded(text, FILES))).toEqual([`error wrong_type ${place}`]);
  });

  it("is told alone of a component too", () => {
    const files = {
      ...FILES.files,
      "train.yml": TRAIN.replace(/inputs: .*/, "inputs: [raw, seed]"),
    };
    expect(findings(loaded(JOB, { ...FILES, files }))).toEqual([
      "error wrong_type /project/train.yml 4:9",
    ]);
  });
});

describe("other mistakes with consequences", () => {
  it("a mistyped input of a component is not told as missing, nor inside of a pipeline", () => {
    expect(told('seed: "${{parent.inputs.seed}}"}\n    outputs', 'sed: "1"}\n    outputs')).toEqual(
      ["error unknown_input 11:58"],
    );
    expect(told('inputs: {seed: "', 'inputs: {sede: "')).toEqual(["error unknown_input 16:14"]);
  });

  it("a node that says not what it runs may have any output", () => {
    expect(told(/ {4}command: clean.*\n/.exec(JOB)?.[0] ?? "", "")).toEqual([
      "error missing_field 6:5",
    ]);
  });

  it("a type of data that there is not is no folder", () => {
    expect(told("type: uri_folder, path: ./data", "type: uri_fil, path: ./train.yml")).toEqual([
      "error unknown_value 2:22",
    ]);
  });

  it("a binding among other words is no value of a wrong type as well", () => {
    const limits = '    limits: {timeout: "a-${{parent.inputs.seed}}"}\n    command: clean';
    expect(told("    command: clean", limits)).toEqual(["error bad_binding 6:23"]);
  });

  it("a wrong binding of an output is told without the output that nobody makes then", () => {
    expect(told('{model: "${{parent.outputs.best}}"}', "{model: 7}")).toEqual([
      "error bad_binding 12:22",
    ]);
  });

  it("a letter is no other one mistyped", () => {
    const one = loaded('type: command\ncommand: "echo ${{inputs.n}}"\ninputs: {a: 1}');
    expect(one.problems[0]?.hint).toBe("Add it under `inputs`. Declared: `a`.");
  });
});

it.each([
  ["nothing", "{type: uri_folder, mode: ro_mount}"],
  ["an unknown type", "{type: folder}"],
])("an input of a component is told alone where it cannot be read: %s", (_, raw) => {
  const train = TRAIN.replace("{type: uri_folder}", raw);
  const job = loaded(JOB, { ...FILES, files: { ...FILES.files, "train.yml": train } });
  const isRight = raw.includes("uri_folder");
  expect(findings(job)).toEqual(isRight ? [] : ["error unknown_value /project/train.yml 4:22"]);
});

it("another mistake of its command is told with it", () => {
  const train = TRAIN.replace("{type: uri_folder}", "{type: folder}").replace(".model", ".modl");
  const job = loaded(JOB, { ...FILES, files: { ...FILES.files, "train.yml": train } });
  expect(findings(job)).toEqual([
    "error undeclared_output /project/train.yml 3:32",
    "error unknown_value /project/train.yml 4:22",
  ]);
});

describe("min and max of an input", () => {
  const input = (text: string) =>
    loaded("type: pipeline\njobs:\n  a: {component: ./c.yml, inputs: {n: 1}}", {
      files: { "c.yml": `type: command\nname: c\ncommand: ls\ninputs: {n: ${text}}` },
    });

  it.each(["nonsense", "true", "2020-01-01", "''"])("%s bounds nothing, and is told", (bound) => {
    const told = findings(input(`{type: integer, max: ${bound}}`));
    expect(told).toEqual(["error wrong_type /project/c.yml 4:34"]);
  });

  it("are not read of a text", () => {
    expect(findings(input("{type: string, min: 5}"))).toEqual([
      "warning not_read /project/c.yml 4:33",
    ]);
  });
});

it("type and mode of a node's ports are words, not bindings", () => {
  const typed = "{rows: {type: '${{parent.inputs.seed}}'}}";
  expect(told("{rows: {type: uri_folder}}", typed)).toEqual(["error unknown_value 8:28"]);
});

describe("a property that is called like ours", () => {
  const job = (property: string) =>
    loaded(`type: pipeline\njobs:\n  a:\n    command: ls\n    properties: {${property}}\n`);

  it("and is none of them is told, with the one that was meant", () => {
    const { problems } = job("stepwell.retri: '{}'");
    expect(problems).toMatchObject([
      {
        severity: "warning",
        code: "unknown_key",
        hint: "Did you mean `stepwell.retry`?",
        position: { line: 5, column: 18 },
      },
    ]);
  });

  it.each(["stepwell.inputs: text", "stepwell.retry: '{}'", "mine: x", "stepwell: x"])(
    "is not %s",
    (property) => {
      expect(findings(job(property))).toEqual([]);
    },
  );
});
