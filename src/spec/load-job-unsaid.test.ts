// Mistakes that would run without a word, as something else than was meant.

import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

const node = (fields: string): string => `type: pipeline\njobs:\n  a: {command: ls, ${fields}}\n`;

describe("an input of a node", () => {
  it.each(["{type: uri_file}", "{type: integer, mode: direct}", "{type: uri_folder, path: null}"])(
    "that says %s has no value",
    (input) => {
      const job = loaded(node(`inputs: {x: ${input}}`));
      expect(findings(job)).toEqual(["error missing_input 3:32"]);
    },
  );

  it.each(["{type: uri_file, optional: true}", "{type: integer, default: 4}", "null"])(
    "may say %s",
    (input) => {
      expect(findings(loaded(node(`inputs: {x: ${input}}`)))).toEqual([]);
    },
  );
});

describe("`stepwell` in the properties of resources", () => {
  const told = (own: string) =>
    findings(loaded(node(`resources: {properties: {free: [1], stepwell: ${own}}}`)));

  it("is held to its fields", () => {
    expect(told("{cpus: x, gpu: 2}")).toEqual(["error wrong_type 3:73", "error unknown_key 3:76"]);
    expect(told("3")).toEqual(["error wrong_type 3:66"]);
  });

  it("may say what the step needs, beside whatever else is there", () => {
    expect(told("{cpus: 2, memory: 1GB}")).toEqual([]);
  });
});

describe("the name of a variable", () => {
  it("holds no `=`: no process could get it", () => {
    const job = loaded(node('environment_variables: {"A=B": 1, "C D": 2}'));
    expect(findings(job)).toEqual(["error bad_name 3:44"]);
    expect(job.problems[0]?.hint).toBe("Write `A: B`.");
  });
});

describe("a tracking address of the user's own", () => {
  const told = (address: string) =>
    findings(loaded(node(`environment_variables: {MLFLOW_TRACKING_URI: "${address}"}`)));

  it.each(["mlruns", "./a/b", "../a", "file:mlruns", "sqlite:///mlflow.db"])(
    "is warned of as %s, which goes with the work folder",
    (address) => {
      expect(told(address)).toEqual(["warning lost_metrics 3:65"]);
    },
  );

  it.each([
    "http://127.0.0.1:5000",
    "/data/mlruns",
    "file:///data/mlruns",
    "sqlite:////data/mlflow.db",
    "sqlite:///outputs/mlflow.db",
    "./outputs",
    "databricks",
    "databricks://profile",
    "",
  ])("is taken as %j", (address) => {
    expect(told(address)).toEqual([]);
  });
});

describe("the path of an output", () => {
  const output = (fields: string) =>
    loaded(node(`outputs: {model: {type: uri_folder, ${fields}}}`));

  it.each([
    "azureml://datastores/d/paths/${{nme}}",
    "./out/${{parent.inputs.x}}",
    "azureml://datastores/d/paths/../x",
  ])("is not %s", (path) => {
    const codes = output(`path: "${path}"`).problems.map((one) => one.code);
    expect(codes).toEqual([path.includes("${{") ? "bad_binding" : "bad_data_reference"]);
  });

  it("says which word was meant", () => {
    expect(output('path: "./${{nmae}}"').problems[0]?.hint).toBe("Did you mean `${{name}}`?");
  });

  it("may hold the run, the default datastore and the name that the output has where it is written", () => {
    const path =
      "azureml://datastores/${{default_datastore}}/paths/a/../${{name}}/${{ output_name }}";
    const job = output(`path: "${path}"`);
    expect(job.graph?.steps[0]?.outputs.model?.publishTo).toMatchObject({
      path: "a/../${{name}}/model",
    });
    const outer = loaded(
      'type: pipeline\noutputs: {best: {path: "./x/${{output_name}}"}}\njobs:\n  a: {command: ls, outputs: {model: "${{parent.outputs.best}}"}}\n',
    );
    expect(outer.graph?.steps[0]?.outputs.model?.publishTo).toMatchObject({
      path: "/project/x/best",
    });
  });
});

describe("the version of an output", () => {
  it("registers nothing without a name", () => {
    const told = (fields: string) =>
      findings(loaded(node(`outputs: {o: {type: uri_file, ${fields}}}`)));
    expect(told("version: 3")).toEqual(["warning not_read 3:59"]);
    expect(told("version: 3, name: best")).toEqual([]);
  });
});

describe("a mistake in a command of several lines", () => {
  const places = (lines: readonly string[], inputs = "{q: 1}") =>
    findings(
      loaded(
        `type: pipeline\njobs:\n  a:\n    inputs: ${inputs}\n${lines.map((one) => `    ${one}\n`).join("")}`,
      ),
    );

  it("is told at the reference inside a group that spans lines", () => {
    const lines = [
      "command: |",
      "  one",
      "  two $[[ --x ${{inputs.x}}",
      "    --y ${{inputs.y}} ]]",
    ];
    expect(places(lines)).toEqual(["error undeclared_input 7:19", "error undeclared_input 8:13"]);
  });

  it("is told behind a group that spans lines", () => {
    const lines = [
      "command: >",
      "  one $[[ ${{inputs.q",
      "  }} ]]",
      "  two ${{inputs.x}}",
      "  $[[ z ]]",
    ];
    expect(places(lines)).toEqual([
      "error undeclared_input 8:11",
      "warning group_without_reference 9:7",
    ]);
  });

  it("is told at each of several groups, and of several times that one is named", () => {
    const lines = ['command: "$[[a]] $[[b]] ${{inputs.y}} ${{inputs.y}}"'];
    expect(places(lines)).toEqual([
      "error undeclared_input 5:29",
      "error undeclared_input 5:43",
      "warning group_without_reference 5:15",
      "warning group_without_reference 5:22",
    ]);
  });

  it("is told in a group with escaped quotes", () => {
    const lines = ['command: "a $[[--x \\"${{inputs.x}}\\"]] ${{inputs.y}}"'];
    expect(places(lines)).toEqual(["error undeclared_input 5:26", "error undeclared_input 5:44"]);
  });
});

describe("a value beside its type", () => {
  it.each([
    ["{type: integer, value: abc}", "wrong_type"],
    ["{type: integer, min: 3, value: 1}", "out_of_range"],
    ["{type: string, enum: [a], value: b}", "not_in_enum"],
    ["{type: boolean, default: 3}", "wrong_type"],
  ])("is held to it at a node: %s", (input, code) => {
    const job = loaded(node(`inputs: {x: ${input}}`));
    expect(job.problems.map((one) => one.code)).toEqual([code]);
  });

  it("is free where a binding gives it", () => {
    const text =
      'type: pipeline\ninputs: {p: 1}\njobs:\n  a: {command: ls, inputs: {x: {type: integer, value: "${{parent.inputs.p}}"}}}\n';
    expect(findings(loaded(text))).toEqual([]);
  });
});

describe("limits of an input that nothing fits", () => {
  const declared = (input: string): readonly string[] => {
    const files = { "c.yml": `type: command\nname: c\ncommand: ls\ninputs:\n  x: ${input}\n` };
    return findings(
      loaded("type: pipeline\njobs:\n  a: {component: ./c.yml, inputs: {x: 3}}\n", { files }),
    );
  };

  it("are told at the component, once", () => {
    expect(declared("{type: integer, min: 5, max: 1, default: 3}")).toEqual([
      "error out_of_range /project/c.yml 5:35",
    ]);
    expect(declared("{type: number, min: 3, max: 3.0}")).toEqual([]);
  });

  it("are told at a pipeline that has no value for it yet", () => {
    const ofPipeline = (input: string) =>
      findings(loaded(`type: pipeline\ninputs:\n  x: ${input}\njobs: {a: {command: ls}}\n`));
    expect(ofPipeline("{type: number, min: 5, max: 1}")).toEqual(["error out_of_range 3:34"]);
    expect(ofPipeline("{type: integer, min: low}")).toEqual(["error wrong_type 3:27"]);
    expect(ofPipeline("{type: integer, min: 1, max: 5, default: null}")).toEqual([]);
  });

  it("are told of each entry of an enum", () => {
    expect(declared("{type: integer, enum: [1, x, 2.5, 3]}")).toEqual([
      "warning wrong_type /project/c.yml 5:32",
      "warning wrong_type /project/c.yml 5:35",
    ]);
    expect(declared("{type: number, enum: [1, 3.0]}")).toEqual([]);
  });
});

describe("what was meant as a binding", () => {
  it.each([
    "{{parent.inputs.p}}",
    "${parent.inputs.p}",
    "$parent.inputs.p",
    "${{parent.inputs.p}",
    "parent.jobs.b.outputs.o",
  ])("is told at a node's input: %s", (text) => {
    const job = loaded(node(`inputs: {x: "${text}"}`));
    expect(findings(job)).toEqual(["warning near_reference 3:32"]);
    expect(job.problems[0]?.hint).toMatch(
      /^Write `\$\{\{parent\.(inputs\.p|jobs\.b\.outputs\.o)\}\}`\.$/,
    );
  });

  it("is not seen in other texts", () => {
    expect(
      findings(loaded(node('inputs: {x: "{{ inputs }}", y: "the parent.inputs.p of it"}'))),
    ).toEqual([]);
  });
});

describe("a value of the wrong kind", () => {
  it.each([
    ["retry: {max_retries: 1, on: timeout}", "Write `[timeout]`."],
    ["limits: 5", "Its keys: `timeout`."],
    ["tags: x", "Write `NAME: VALUE` below it, for each a line."],
    ["retry: {max_retries: many}", "Write digits, like 20."],
    ["resources: {cpus: many}", "Write a number, like 0.5."],
    ["is_deterministic: maybe", "Write true or false."],
    ["resources: {instance_count: 0}", "Write 1 or more."],
  ])("says what to write: %s", (fields, hint) => {
    expect(loaded(node(fields)).problems.map((one) => one.hint)).toEqual([hint]);
  });
});

describe("the hint of a mistake", () => {
  const hint = (text: string, files: Readonly<Record<string, string>> = {}) =>
    loaded(text, { files }).problems.map((one) => one.hint);

  it("names the quotes that a command with a reference needs inside brackets", () => {
    const quotes = expect.stringContaining("needs quotes: ");
    expect(hint("type: pipeline\njobs:\n  a: {command: echo ${{inputs.a}}}\n")).toEqual([quotes]);
    expect(hint("type: pipeline\njobs:\n  a: {type: command, command: ls ${{x}}}\n")).toEqual([
      quotes,
    ]);
  });

  it("names the quotes that a text with a colon needs", () => {
    const colon = [expect.stringContaining("A text with `: `")];
    expect(hint('type: pipeline\njobs:\n  a:\n    command: echo "x: y"\n')).toEqual(colon);
    expect(hint("type: pipeline\njobs:\n  a:\n    command: echo x: y\n")).toEqual(colon);
  });

  it.each(["~/data", "$HOME/data", "data/${USER}/x"])("says that %s is not filled in", (path) => {
    const text = node(`inputs: {x: {type: uri_folder, path: "${path}"}}`);
    expect(hint(text)).toEqual([expect.stringContaining("are not filled in")]);
  });

  it("does not speak of mistakes in a component file that is not there", () => {
    const text = "type: pipeline\njobs:\n  a: {component: ./c.yml}\n  b: {component: ./c.yml}\n";
    expect(loaded(text).problems.map((one) => one.code)).toEqual([
      "unreadable_file",
      "unreadable_file",
    ]);
  });

  it("names the key that a key stands below", () => {
    expect(hint(node("timeout: 5"))).toEqual(["It stands below `limits`: `limits: {timeout: …}`."]);
    expect(hint(node("image: x"))).toEqual([
      "It stands below `environment`: `environment: {image: …}`.",
    ]);
    expect(hint("type: pipeline\ndefault_compute: x\njobs: {a: {command: ls}}\n")).toEqual([
      "It stands below `settings`: `settings: {default_compute: …}`.",
    ]);
  });
});

it("a pattern in a path is told with the folder to write", () => {
  const text = "command: ls\ninputs: {i: {type: uri_folder, path: 'images/**'}}\n";
  const job = loaded(text, { folders: ["images"] });
  expect(findings(job)).toEqual(["error missing_path 2:38"]);
  expect(job.problems[0]?.hint).toContain("write `images`.");
});
