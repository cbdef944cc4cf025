import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";
import { SPEC_LIMITS } from "./limits.ts";

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

describe("a number under `value`", () => {
  it("is warned of where Azure ML's client would cut it, and stays what it is", () => {
    const job = loaded(
      "type: pipeline\ninputs:\n  rate: {value: 0.5}\n  many: {value: 5}\n  word: {value: '0.5'}\n  sure: {type: number, value: 0.5}\n  bare: 0.5\njobs: {a: {command: ls, inputs: {r: '${{parent.inputs.rate}}', k: {value: 1.5}}}}",
    );
    expect(findings(job)).toEqual([
      "warning value_cut_by_azure 3:17",
      "warning value_cut_by_azure 8:75",
    ]);
    expect(job.problems[0]?.hint).toBe("Write the number alone: `rate: 0.5`.");
    const source = { kind: "literal", literal: { kind: "number", text: "0.5" } };
    expect(job.graph?.steps[0]?.inputs.r?.source).toEqual(source);
  });
});

describe("mistakes in keys and values", () => {
  it.each([
    ["type: pipeline\ndisplayname: x\njobs: {a: {command: ls}}", "unknown_key", "display_name"],
    [
      "type: pipeline\njobs: {a: {comand: ls, component: ./c.yml, inputs: {data: ./data}}}",
      "unknown_key",
      "command",
    ],
    ["command: ls\nlimits: {timout: 3}", "unknown_key", "timeout"],
    ["command: ls\nlimits: {timeout: soon}", "wrong_type", ""],
    ["command: [ls]", "wrong_type", ""],
    ["command: ls\nresources: {instance_count: 0}", "out_of_range", ""],
    ["command: ls\nresources: {memory: lots}", "wrong_type", ""],
    ["command: ls\ndistribution: {type: pytroch}", "unknown_value", "pytorch"],
    ["command: ls\ndistribution: {process_count_per_instance: 1}", "missing_field", "type"],
    ["command: ls\noutputs: {o: {mode: uplaod}}", "unknown_value", "upload"],
    ["command: ls\noutputs: {'../x': }", "bad_name", ""],
    ["command: ls\nretry: {max_retries: -1}", "out_of_range", ""],
    ["command: ls\ncheckpoint: sometimes", "wrong_type", ""],
    ["command: ls\ncheckpoint: {kept: true}", "unknown_key", ""],
    ["command: ls\nretry: {on: [sometimes]}", "unknown_value", ""],
    ["command: ls\nproperties: {stepwell.retry: '{'}", "bad_property", ""],
    ["command: ls\nproperties: {stepwell.retry: '{\"max\": 1}'}", "unknown_key", ""],
    ["command: ls\nenvironment: {image: x, conda: y}", "unknown_key", "conda_file"],
    ["command: ls\nenvironment: azureml:a:b:c", "bad_environment", ""],
    ["command: ls\nenvironment: {python: 3.10, packages: [six]}", "wrong_type", '"3.10"'],
    ["type: pipeline\njobs: {a: {type: comand, command: ls}}", "unknown_kind", "command"],
    ["type: pipeline\njobs: {a: ls}", "wrong_type", ""],
    ["type: pipeline\njobs: {'a b': {command: ls}}", "bad_name", ""],
    ["type: pipeline\njobs: {a: {display_name: x}}", "missing_field", "component"],
    [
      'type: pipeline\nsettings: {default_datastore: ""}\njobs: {a: {command: ls}}',
      "bad_name",
      "Use up to 255 letters",
    ],
    ["type: pipeline\njobs: {}", "empty_pipeline", ""],
    [
      "type: pipeline\njobs: {a: {type: parallel, component: ./c.yml, inputs: {data: ./data}}}",
      "wrong_component_type",
      "command",
    ],
    ["type: pipeline\ncomponent: ./c.yml", "wrong_component_type", "jobs"],
  ])("reports %j", (text, code, hint) => {
    const job = loaded(text, FILES);
    expect(findings(job).map((one) => one.split(" ")[1])).toContain(code);
    expect(job.problems.map((one) => one.hint).join()).toContain(hint);
    expect(job.graph).toBeNull();
  });

  it("only warns of an unknown setting", () => {
    const text = "type: pipeline\nsettings: {default_datestore: x}\njobs: {a: {command: ls}}";
    expect(only(text)).toMatchObject({
      severity: "warning",
      code: "unknown_key",
      hint: "Did you mean `default_datastore`?",
    });
  });
});

describe("mistakes in what is named", () => {
  it.each([
    ["inputs: {x: {type: uri_file, path: ./nothing}}", "missing_path", "2:36"],
    ["code: ./nothing", "missing_path", "2:7"],
    ["environment: {conda_file: nothing.yml}", "unreadable_file", "2:27"],
    ["environment: ./nothing.yml", "unreadable_file", "2:14"],
    ["environment: {requirements: nothing.txt}", "unreadable_file", "2:29"],
    ["environment: {python: nothing}", "missing_path", "2:23"],
    ["code: git+https://x.org/y", "unsupported_code", "2:7"],
    ["inputs: {x: {path: 'ftp://x/y'}}", "bad_data_reference", "2:20"],
    ["outputs: {x: {path: 'azureml://x'}}", "bad_data_reference", "2:21"],
    ["outputs: {x: {path: 'azureml:d:1'}}", "bad_data_reference", "2:21"],
    ["outputs: {x: {path: 'azureml://jobs/r/outputs/o'}}", "bad_data_reference", "2:21"],
    ["outputs: {x: {path: 'https://x.org/y'}}", "bad_data_reference", "2:21"],
  ])("reports %s", (line, code, place) => {
    expect(findings(loaded(`command: ls\n${line}`))).toEqual([`error ${code} ${place}`]);
  });

  it.each([
    ["name: e\ndependecies: [pandas]\n", "/project/env.yml 2:1"],
    ["dependencies: pandas\n", "/project/env.yml 1:1"],
    ["name: e\n", "/project/env.yml 1:1"],
  ])("warns of the conda file %j, which names no packages", (conda, place) => {
    const files = { "env.yml": conda };
    const job = loaded("command: ls\nenvironment: {conda_file: env.yml}", { files });
    expect(findings(job)).toEqual([`warning wrong_type ${place}`]);
    expect(job.graph).not.toBeNull();
  });

  it.each([
    ["{python: /usr, requirements: r.txt}", "not_read 2:29"],
    ["{project: /usr, packages: [six]}", "not_read 2:30"],
    ["{packages: [six], requirements: r.txt}", "not_read 2:32"],
    ["{python: '3.11', project: /usr}", "not_read 2:15"],
    ["{python: '3.11', conda_file: {dependencies: [six]}}", "not_read 2:15"],
    ["{python: '3.11', packages: [six]}", null],
    ["{python: '3.11', requirements: r.txt}", null],
    ["{requirements: r.txt, conda_file: {dependencies: [six]}}", null],
  ])("of the environment %s it is told what is not read", (environment, found) => {
    const files = { "r.txt": "six", "/usr": "" };
    const job = loaded(`command: ls\nenvironment: ${environment}`, { files });
    const told = findings(job).filter((one) => !one.includes("missing_path"));
    expect(told).toEqual(found === null ? [] : [`warning ${found}`]);
  });

  it.each([
    ["dependencies:\n- pip:\n  - six\n  -\n", "wrong_type", "3:3"],
    ["dependencies: [python=3.11, null]", "wrong_type", "1:29"],
    ["dependencies: [python=3.11, '']", "wrong_type", "1:29"],
    ["dependencies: [{pip: [six, 3]}]", "wrong_type", "1:28"],
    ["dependencies: [{pip: [[six]]}]", "wrong_type", "1:23"],
    ["dependencies: [{pip: {six: 1}}]", "wrong_type", "1:22"],
    ["dependencies: [{conda: [six]}]", "unknown_key", "1:17"],
  ])("reports the entry of the conda file %j that names no package", (conda, code, place) => {
    const job = loaded("command: ls\nenvironment: {conda_file: env.yml}", {
      files: { "env.yml": conda },
    });
    expect(findings(job)).toEqual([`error ${code} /project/env.yml ${place}`]);
  });

  it.each([
    ["./nothing.yml", "unreadable_file"],
    ["azureml:nothing", "unknown_component"],
    ["azureml:a:b:c", "unknown_component"],
    ["./broken.yml", "yaml_syntax"],
    ["./list.yml", "not_a_mapping"],
    ["./odd.yml", "unknown_kind"],
  ])("reports the component %s, and nothing that follows from it", (name, code) => {
    const files = { "broken.yml": "a: [", "list.yml": "- a", "odd.yml": "type: odd" };
    const text = `type: pipeline\noutputs: {m: }\njobs:\n  a: {component: ${name}, inputs: {x: 1}, outputs: {o: "\${{parent.outputs.m}}"}}\n  b: {command: ls, inputs: {i: "\${{parent.jobs.a.outputs.any}}"}}\n`;
    expect(findings(loaded(text, { files })).map((one) => one.split(" ")[1])).toEqual([code]);
  });

  it("reports every use of a component that has mistakes of its own", () => {
    const text = "type: pipeline\njobs: {a: {component: ./x.yml}, b: {component: ./x.yml}}";
    const job = loaded(text, { files: { "x.yml": "type: odd" } });
    expect(job.problems.map((one) => one.code).sort()).toEqual([
      "unknown_kind",
      "unusable_component",
    ]);
  });

  it("reports a pipeline that contains itself", () => {
    const files = { "p.yml": "type: pipeline\njobs: {a: {type: pipeline, component: ./p.yml}}" };
    const job = loaded("type: pipeline\njobs: {a: {component: ./p.yml}}", { files });
    expect(job.problems.map((one) => one.code)).toEqual(["pipeline_in_itself"]);
  });

  it("stops at the limit of steps, however they are nested", () => {
    const ten = (of: (at: number) => string) =>
      Array.from({ length: 10 }, (_, at) => `  n${at}: ${of(at)}`).join("\n");
    const files: Record<string, string> = {
      "p0.yml": `type: pipeline\njobs:\n${ten(() => "{command: ls}")}`,
    };
    for (let level = 1; level < 9; level += 1) {
      files[`p${level}.yml`] =
        `type: pipeline\njobs:\n${ten(() => `{component: ./p${level - 1}.yml}`)}`;
    }
    const limits = { ...SPEC_LIMITS, steps: 1_000 };
    const job = loaded("type: pipeline\ncomponent: ./p8.yml", { files, options: { limits } });
    expect(job.problems.map((one) => one.code)).toEqual(["too_many_steps"]);
  });

  it("says both ways out of an unknown compute", () => {
    const text =
      "type: pipeline\nsettings: {default_compute: azureml:cpu}\njobs:\n  a: {command: ls}\n  b: {command: ls, compute: gpu}\n  c: {command: ls, compute: local}\n";
    const job = loaded(text, { options: { knownComputes: (name) => name === "local" } });
    expect(findings(job)).toEqual(["error unknown_compute 2:29", "error unknown_compute 5:29"]);
    expect(job.problems[0]?.hint).toContain("--compute local");
    expect(job.problems[0]?.hint).toContain("computes: {cpu: {type: local}}");
  });
});

describe("bindings where nothing is filled in", () => {
  it("are told: variables but for inputs of the pipeline, and the pipeline's default compute", () => {
    const text = `type: pipeline
inputs: {c: local, n: 1}
settings: {default_compute: "\${{parent.inputs.c}}"}
jobs:
  a:
    command: env
    environment_variables: {A: "\${{parent.inputs.n}}", B: "\${{inputs.n}}"}
    compute: \${{parent.inputs.c}}
  b: {command: ls}
`;
    const job = loaded(text, { options: { knownComputes: (name) => name === "local" } });
    expect(findings(job)).toEqual(["error bad_binding 3:29", "warning bad_binding 7:59"]);
    expect(job.problems[1]?.hint).toContain('export B="${{inputs.n}}"');
  });
});

describe("files that are no jobs", () => {
  it.each([
    ["$schema: https://x/commandComponent.schema.json\ncommand: ls", "component_not_job"],
    ["command: ls\ninputs: {n: {type: integer}}", "component_not_job"],
    ["command: ls\nversion: 2", "component_not_job"],
    [
      "$schema: https://x/pipelineComponent.schema.json\ntype: pipeline\njobs: {}",
      "component_not_job",
    ],
    ["type: sweep\ntrial: {}", "unsupported_kind"],
    ["type: managed_online", "unknown_kind"],
    ["name: x", "unknown_kind"],
    ["- a", "not_a_mapping"],
    ["a: [", "yaml_syntax"],
  ])("says what %j is", (text, code) => {
    expect(only(text)?.code).toBe(code);
  });

  it.each([
    ["type: uri_folder\npath: x", "a data asset", "stepwell data create"],
    [
      "$schema: https://x/environment.schema.json\nimage: i",
      "an environment",
      "environment create",
    ],
    ["type: custom_model\npath: x", "a model", "stepwell model create"],
    ["trigger: {type: cron}\ncreate_job: ./p.yml", "a schedule", "stepwell run ./p.yml"],
    ["name: cpu\ntype: amlcompute", "a compute", "computes: {cpu: {type: local}}"],
    ["$schema: https://x/managedOnlineDeployment.schema.json", "a deployment", "serves no models"],
  ])("says what %j is and which command is for it", (text, what, way) => {
    const found = only(text);
    expect(found?.message).toContain(what);
    expect(found?.hint).toContain(way);
  });

  it.each(["/p/train.py", "/p/a.ipynb", "/p/x.R"])(
    "makes no YAML mistakes of the script %s",
    (file) => {
      const job = loaded("import x", { options: { file } });
      expect(findings(job)).toEqual(["error unknown_kind -"]);
      expect(job.problems[0]?.hint).toContain(`stepwell init ${file}`);
    },
  );

  it("says that the file itself cannot be read", () => {
    const job = loaded("", { options: { file: "/nowhere.yml" } });
    expect(findings(job)).toEqual(["error unreadable_file -"]);
  });
});

describe("what real files get wrong", () => {
  it("is only a warning: kinds of data that differ, inputs that a nested pipeline lacks, a number in a text's enum", () => {
    const files = {
      "c.yml": COMPONENT,
      "t.yml": "command: ls\ninputs: {t: {type: mltable}}",
      "p.yml": "type: pipeline\ninputs: {x: {type: string, default: a}}\njobs: {a: {command: ls}}",
      "data/f.csv": "",
    };
    const text = `type: pipeline
inputs: {f: {type: uri_file, path: ./data/f.csv}}
jobs:
  a: {component: ./c.yml, inputs: {data: "\${{parent.inputs.f}}", k: 5}}
  b: {component: ./t.yml, inputs: {t: {type: uri_folder, path: ./data}}}
  c: {component: ./c.yml, inputs: {data: {type: uri_folder, path: ./data/f.csv}}}
  d: {component: ./p.yml, inputs: {y: 1}}
`;
    const job = loaded(text, { files });
    expect(job.graph).not.toBeNull();
    expect(findings(job)).toEqual([
      "warning type_mismatch 4:42",
      "warning not_in_enum 4:69",
      "warning type_mismatch 5:64",
      "warning type_mismatch 6:67",
      "warning unknown_input 7:36",
    ]);
  });
});

it("says that no Ray is started for a step", () => {
  const job = loaded(
    "type: command\ncommand: python train.py\ndistribution: {type: ray}\nresources: {instance_count: 2}\n",
  );
  expect(findings(job)).toEqual(["warning ray_not_started 3:15"]);
});

it.each([
  ["pytorch", "process_count_per_instance: 501", "a step of 1002 processes"],
  ["mpi", "process_count_per_instance: 501", "a step of 1002 processes"],
  ["tensorflow", "worker_count: 1000, parameter_server_count: 1", "a step of 1001 processes"],
])("refuses more processes of one step than its machine would bear: %s", (type, keys, message) => {
  const text = `type: command\ncommand: python train.py\ndistribution: {type: ${type}, ${keys}}\nresources: {instance_count: 2}\n`;
  const job = loaded(text);
  expect(findings(job)).toEqual(["error too_many_processes 3:15"]);
  expect(job.problems[0]?.message).toContain(message);
  expect(findings(loaded(text.replace(/50\d|1000/, "400")))).toEqual([]);
});

it("warns of names of a component that differ in case alone", () => {
  const leaf = `type: command
name: leaf
inputs: {a: {type: string, default: x}, A: {type: string, default: y}}
outputs: {o: {type: uri_file}, O: {type: uri_file}}
command: echo \${{inputs.a}} \${{inputs.A}}
`;
  const job = loaded("type: pipeline\njobs: {n: {component: ./leaf.yml}}\n", {
    files: { "leaf.yml": leaf },
  });
  expect(findings(job)).toEqual([
    "warning equal_but_for_case /project/leaf.yml 3:41",
    "warning equal_but_for_case /project/leaf.yml 4:32",
  ]);
});

describe("variables of a component", () => {
  it("are set, with a warning where Azure ML's client leaves them out and the node does not say them", () => {
    const variables = "environment_variables: {A: theirs, B: theirs}";
    const files = { "c.yml": `type: command\nname: c\ncommand: env\n${variables}\n` };
    const job = loaded(
      `type: pipeline
jobs:
  a: {component: ./c.yml, environment_variables: {A: mine, C: mine}}
  b: {component: {type: command, command: env, ${variables}}, environment_variables: {A: a, B: b}}
  c: {component: {type: command, command: env, ${variables}}}
  d: {command: env, ${variables}}
`,
      { files },
    );
    expect(findings(job)).toEqual([
      "warning dropped_by_azure 5:48",
      "warning dropped_by_azure /project/c.yml 4:1",
    ]);
    expect(job.graph?.steps.map((step) => step.environmentVariables)).toEqual([
      { A: "mine", B: "theirs", C: "mine" },
      { A: "a", B: "b" },
      { A: "theirs", B: "theirs" },
      { A: "theirs", B: "theirs" },
    ]);
  });
});

describe("all mistakes at once", () => {
  it("are sorted by place, errors before warnings, the job's own file first", () => {
    const files = { "c.yml": `${COMPONENT}oops: 1\n` };
    const text = withInputs("      n: x\n      m: 2\nsettings: {default_datestore: x}\n");
    expect(findings(loaded(text, { files, folders: ["data"] }))).toEqual([
      "error wrong_type 7:10",
      "error unknown_input 8:7",
      "error unknown_key /project/c.yml 12:1",
      "warning unknown_key 9:12",
    ]);
  });

  it("end at the limit with a word about the rest", () => {
    const keys = Array.from({ length: 3_000 }, (_, at) => `x${at}: 1`).join("\n");
    const job = loaded(`command: ls\n${keys}`);
    expect(job.problems).toHaveLength(1_001);
    expect(job.problems.some((one) => one.code === "too_many_problems")).toBe(true);
  });
});
