import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

const COMPONENT = `type: command
name: c
command: run \${{inputs.data}} \${{inputs.n}}
inputs:
  data: {type: uri_folder}
  n: {type: integer, default: 1, min: 1, max: 10}
  k: {type: string, enum: [linear, rbf], optional: true}
  f: {type: number, optional: true}
  b: {type: boolean, optional: true}
outputs:
  model: {type: uri_folder}
`;
const FILES = { files: { "c.yml": COMPONENT }, folders: ["data", "src"] };

/** A pipeline whose node `a` uses the component with these inputs. */
function withInputs(inputs: string): string {
  return `type: pipeline\njobs:\n  a:\n    component: ./c.yml\n    inputs:\n      data: {path: ./data}\n${inputs}`;
}

function only(text: string, more: Parameters<typeof loaded>[1] = FILES) {
  const job = loaded(text, more);
  expect(findings(job)).toHaveLength(1);
  if (job.problems[0]?.severity === "error") expect(job.graph).toBeNull();
  return job.problems[0];
}

describe("mistakes in bindings", () => {
  const pipeline = (line: string) =>
    `type: pipeline\ninputs: {raw: 1}\noutputs: {final: }\njobs:\n  make:\n    command: ls\n    outputs: {o: }\n  use:\n    command: ls\n${line}\n`;

  it.each([
    [
      "an unknown node",
      '    inputs: {x: "${{parent.jobs.mkae.outputs.o}}"}',
      "unknown_node",
      "10:17",
      "`make`",
    ],
    [
      "an unknown output",
      "    inputs: {x: '${{parent.jobs.make.outputs.p}}'}",
      "unknown_output",
      "10:17",
      "`o`",
    ],
    [
      "an unknown pipeline input",
      "    inputs: {x: '${{parent.inputs.rwa}}'}",
      "unknown_input",
      "10:17",
      "`raw`",
    ],
    [
      "an unknown pipeline output",
      "    outputs: {x: '${{parent.outputs.finl}}'}",
      "unknown_output",
      "10:18",
      "`final`",
    ],
    [
      "an input where an output belongs",
      "    outputs: {x: '${{parent.inputs.raw}}'}",
      "bad_binding",
      "10:18",
      "parent.outputs",
    ],
    [
      "a binding without `parent`",
      "    inputs: {x: '${{inputs.raw}}'}",
      "bad_binding",
      "10:17",
      "parent.inputs.raw",
    ],
    [
      "an output that is a part of a value",
      "    inputs: {x: 'a-${{parent.jobs.make.outputs.o}}'}",
      "bad_binding",
      "10:17",
      "command",
    ],
    [
      "a binding in a field that is not a literal",
      "    compute: ${{parent.jobs.make.outputs.o}}",
      "bad_binding",
      "10:14",
      "parent.inputs",
    ],
    [
      "an unknown input in a field",
      "    compute: ${{parent.inputs.rew}}",
      "unknown_input",
      "10:14",
      "`raw`",
    ],
    ["an unknown node in depends_on", "    depends_on: [maek]", "unknown_node", "10:18", "`make`"],
    [
      "a binding in depends_on",
      "    depends_on: ${{parent.jobs.make.outputs.o}}",
      "unknown_node",
      "10:17",
      "alone: `make`",
    ],
  ])("reports %s", (_, line, code, place, hint) => {
    const job = loaded(pipeline(line));
    const errors = findings(job).filter((one) => one.startsWith("error"));
    expect(errors).toEqual([`error ${code} ${place}`]);
    expect(job.problems[0]?.hint).toContain(hint);
  });

  it("reports a binding in an input of the job itself", () => {
    const text = "type: pipeline\ninputs: {x: '${{parent.inputs.y}}'}\njobs: {a: {command: ls}}";
    expect(findings(loaded(text))).toEqual(["error bad_binding 2:13"]);
  });

  it("names the steps of a cycle in the order of the data", () => {
    const text = `type: pipeline
jobs:
  a: {command: ls, inputs: {x: "\${{parent.jobs.c.outputs.o}}"}, outputs: {o: }}
  b: {command: ls, inputs: {x: "\${{parent.jobs.a.outputs.o}}"}, outputs: {o: }}
  c: {command: ls, depends_on: [b], outputs: {o: }}
`;
    const problem = only(text);
    expect(problem).toMatchObject({ code: "cycle", position: { line: 3, column: 3 } });
    expect(problem?.message).toContain("a → b → c → a");
  });

  it("reports a step that waits for itself", () => {
    expect(only("type: pipeline\njobs: {a: {command: ls, depends_on: [a]}}")?.message).toContain(
      "a → a",
    );
  });

  it("reports an output that two nodes make", () => {
    const node = "{command: ls, outputs: {o: '${{parent.outputs.o}}'}}";
    const text = `type: pipeline\noutputs: {o: }\njobs:\n  a: ${node}\n  b: ${node}\n`;
    expect(only(text)?.code).toBe("output_made_twice");
  });

  it("reports a text where the job lists its outputs, which nothing can be done with", () => {
    const bound = "outputs: {o: '${{parent.jobs.a.outputs.x}}'}\njobs: {a: {command: ls}}";
    const command = "command: ls\noutputs: {o: azureml://datastores/blob/paths/x}";
    for (const text of [`type: pipeline\n${bound}`, command]) {
      const problem = only(text);
      expect(problem).toMatchObject({ severity: "error", code: "bad_binding" });
      expect(problem?.hint).toContain("Write nothing or settings");
    }
  });

  it("says how a path of Windows is written here", () => {
    const node =
      "command: ls\n    code: .\\src\\train\n    inputs: {x: {type: uri_folder, path: .\\data}}";
    const job = loaded(
      `type: pipeline\njobs:\n  a:\n    ${node}\n  b: {component: ..\\c.yml}`,
      FILES,
    );
    const hints = job.problems.map(({ hint }) => /^Write `(.*)`: folders/.exec(hint ?? "")?.[1]);
    expect(hints.sort()).toEqual(["../c.yml", "./data", "./src/train"]);
  });

  it("reports a path that goes on behind a binding, instead of looking for it", () => {
    const problem = only(
      pipeline("    inputs: {x: {type: uri_folder, path: '${{parent.inputs.raw}}/part'}}").replace(
        "outputs: {final: }\n",
        "",
      ),
    );
    expect(problem).toMatchObject({ code: "bad_binding", position: { line: 9 } });
    expect(problem?.message).toBe("the binding in `x` must be the whole value");
  });

  it("warns of an output of the job that no node makes", () => {
    const text = "type: pipeline\noutputs: {o: }\njobs: {a: {command: ls}}";
    expect(findings(loaded(text))).toEqual(["warning unmade_output 2:11"]);
  });
});

describe("mistakes in the inputs of a component", () => {
  it.each([
    ["n: abc", "wrong_type", "7:10"],
    ["n: 1.5", "wrong_type", "7:10"],
    ["n: true", "wrong_type", "7:10"],
    ["f: abc", "wrong_type", "7:10"],
    ["b: 3", "wrong_type", "7:10"],
    ["n: 11", "out_of_range", "7:10"],
    ["n: 0", "out_of_range", "7:10"],
    ["k: liner", "not_in_enum", "7:10"],
    ["n: {path: ./data}", "wrong_type", "7:17"],
    ["m: 3", "unknown_input", "7:7"],
    ["n: [1]", "wrong_type", "7:10"],
  ])("reports %s", (line, code, place) => {
    expect(findings(loaded(withInputs(`      ${line}`), FILES))).toEqual([
      `error ${code} ${place}`,
    ]);
  });

  it.each([
    "n: 10",
    'n: "7"',
    "n: 3.0",
    "f: 3",
    "f: 1e-3",
    "b: yes",
    'b: "false"',
    "k: rbf",
    "n: ",
  ])("accepts %s", (line) => {
    expect(findings(loaded(withInputs(`      ${line}`), FILES))).toEqual([]);
  });

  it("reports a missing required input where the node stands, and what it is", () => {
    const problem = only("type: pipeline\njobs:\n  a: {component: ./c.yml}\n");
    expect(problem).toMatchObject({ code: "missing_input", position: { line: 3, column: 3 } });
    expect(problem?.message).toContain("`data` (uri_folder)");
  });

  it("says how to give a pipeline input that has no value", () => {
    const text =
      "type: pipeline\ninputs: {d: {type: uri_folder}}\njobs:\n  a: {component: ./c.yml, inputs: {data: '${{parent.inputs.d}}'}}\n";
    const problem = only(text);
    expect(problem?.code).toBe("missing_input");
    expect(problem?.hint).toContain("--input d=");
  });

  it("reports a data input that is given a number, and a literal that is given data", () => {
    const text = `type: pipeline
jobs:
  a: {component: ./c.yml, inputs: {data: 3}}
  b: {component: ./c.yml, inputs: {data: ./data, n: "\${{parent.jobs.a.outputs.model}}"}}
`;
    expect(findings(loaded(text, FILES))).toEqual([
      "error wrong_type 3:42",
      "error wrong_type 4:53",
    ]);
  });

  it("reports a default that does not fit its own declaration, once for all nodes", () => {
    const files = {
      "c.yml":
        "command: ls\ninputs:\n  n: {type: integer, default: x}\n  m: {type: integer, default: 5, max: 3}\n",
    };
    const text = "type: pipeline\njobs: {a: {component: ./c.yml}, b: {component: ./c.yml}}";
    const errors = findings(loaded(text, { files })).filter((one) => one.includes("c.yml"));
    expect(errors).toEqual([
      "error wrong_type /project/c.yml 3:31",
      "error out_of_range /project/c.yml 4:31",
    ]);
  });
});

describe("mistakes in commands", () => {
  it("reports what a component's command names and nobody declares, at the place in its text", () => {
    const files = {
      "c.yml":
        "inputs: {data: {type: string, default: x}}\ncommand: |\n  echo ${{inputs.data}}\n  echo ${{inputs.dat}} ${{outputs.o}}\n",
    };
    const job = loaded("type: pipeline\njobs: {a: {component: ./c.yml}}", { files });
    expect(findings(job)).toEqual([
      "error undeclared_input /project/c.yml 4:8",
      "error undeclared_output /project/c.yml 4:24",
    ]);
    expect(job.problems[0]?.hint).toContain("`data`");
  });

  it.each([
    ["echo ${{inputs.x}}", "undeclared_input"],
    ["echo ${{parent.inputs.x}}", "bad_binding"],
    ["echo ${{what}}", "bad_binding"],
    ["echo ${{inputs.x", "bad_binding"],
    ["echo $[[--x ${{inputs.x}}]]", "undeclared_input"],
  ])("reports %s in a job", (command, code) => {
    expect(only(`command: ${command}`)?.code).toBe(code);
  });

  it.each([
    ["${inputs.x}", "${{inputs.x}}"],
    ["$(inputs.x)", "${{inputs.x}}"],
    ["$inputs.x", "${{inputs.x}}"],
    ["{{ inputs.x }}", "${{inputs.x}}"],
    ["${ outputs.o }", "${{outputs.o}}"],
  ])("warns of %s, which reaches the command as it stands, at its place", (written, meant) => {
    const text = `inputs: {x: 1}\noutputs: {o: }\ncommand: |\n  echo \${{inputs.x}} ${written}\n`;
    const job = loaded(text, FILES);
    expect(findings(job)).toEqual(["warning near_reference 4:22"]);
    expect(job.problems[0]?.message).toContain(`\`${written}\` is no reference`);
    expect(job.problems[0]?.hint).toBe(`Write \`${meant}\`.`);
    expect(job.graph).not.toBeNull();
  });

  it.each(["${inputs.other}", "{${{inputs.x}}}", "{{inputs}}", "$inputs", "${{inputs.x}}.y"])(
    "says nothing of %s",
    (written) => {
      expect(findings(loaded(`inputs: {x: 1}\ncommand: echo "${written}"\n`, FILES))).toEqual([]);
    },
  );

  it("warns of groups without a reference, and of optional inputs outside a group", () => {
    const files = {
      "c.yml":
        "inputs: {x: {type: string, optional: true}}\ncommand: echo $[[inputs.x]] ${{inputs.x}}\n",
    };
    const job = loaded("type: pipeline\njobs: {a: {component: ./c.yml}}", { files });
    expect(findings(job).map((one) => one.split(" ").slice(0, 2).join(" "))).toEqual([
      "warning group_without_reference",
      "warning optional_outside_group",
    ]);
    expect(job.graph).not.toBeNull();
  });
});

describe("the inputs of a pipeline without a component", () => {
  const pipeline = (input: string) =>
    `type: pipeline\ninputs:\n  x: ${input}\njobs:\n  a:\n    command: echo \${{inputs.y}}\n    inputs: {y: "\${{parent.inputs.x}}"}\n`;

  it.each([
    ["{type: integer, default: 1.5}", "wrong_type", "3:31"],
    ["{type: boolean, default: 3}", "wrong_type", "3:31"],
    ["{type: string, enum: [p, q], default: r}", "not_in_enum", "3:44"],
    ["{type: number, min: 1, max: 2, default: 5}", "out_of_range", "3:46"],
    ["{type: integer}", "missing_input", "7:17"],
    ["{type: uri_file}", "missing_input", "7:17"],
    ["", "missing_input", "7:17"],
  ])("that say %s are told: %s", (input, code, at) => {
    const job = loaded(pipeline(input), FILES);
    expect(findings(job)).toEqual([`error ${code} ${at}`]);
  });

  it.each([
    "{type: integer, default: 3, min: 1, max: 3}",
    "{type: number, default: 3}",
    "{type: string, enum: [p, q], default: p}",
    "{type: boolean, default: yes}",
    "{type: uri_file, optional: true}",
    "{type: integer, optional: true}",
  ])("may say %s", (input) => {
    expect(loaded(pipeline(input), FILES).graph).not.toBeNull();
  });

  it("may be left for --input to set", () => {
    const options = { inputs: { x: "4" } };
    expect(loaded(pipeline("{type: integer}"), { ...FILES, options }).graph).not.toBeNull();
  });
});

describe("a mistyped key that must be there", () => {
  it.each([
    ["a job", "type: command\ncomand: ls", "2:1"],
    ["a node", "type: pipeline\njobs:\n  a: {comand: ls}", "3:7"],
    ["a node with a component", "type: pipeline\njobs:\n  a: {compnent: ./d.yml}", "3:7"],
  ])("is told once, of %s", (_, text, place) => {
    const files = { "d.yml": "type: command\nname: d\ncommand: ls" };
    expect(findings(loaded(text, { files }))).toEqual([`error unknown_key ${place}`]);
  });

  it("is told as missing where no other key can stand for it", () => {
    expect(findings(loaded("type: pipeline\njobs:\n  a: {inputs: {}}"))).toEqual([
      "error missing_field 3:6",
    ]);
  });
});

describe("a timeout that is written as a duration", () => {
  it("is refused with the number of seconds that it is", () => {
    const told = (text: string) =>
      only(`type: pipeline\njobs: {a: {command: ls, limits: {timeout: ${text}}}}\n`)?.hint;
    expect([told("1m"), told("2h"), told("5.5"), told("soon")]).toEqual([
      "It counts whole seconds: `60`.",
      "It counts whole seconds: `7200`.",
      "It counts whole seconds: `6`.",
      "Write digits, like 20.",
    ]);
  });
});
