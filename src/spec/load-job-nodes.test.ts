import { describe, expect, it } from "vitest";
import { findings, graphOf, JOB, loaded, step } from "../testing/loaded-job.ts";

describe("loadJob: inputs and outputs of inline nodes", () => {
  const text = `
type: pipeline
jobs:
  make:
    command: echo hi > ./outputs/x
    outputs: {artifacts: , file: {type: uri_file}, folder: }
  read:
    command: cat \${{inputs.a}} \${{inputs.f}} \${{inputs.t}} \${{inputs.big}} \${{inputs.n}}
    inputs:
      a: \${{parent.jobs.make.outputs.artifacts}}
      f: {path: "\${{parent.jobs.make.outputs.file}}", mode: download}
      t: {type: mltable, path: azureml:table:2, mode: eval_mount}
      c: ./data/a.csv
      l: {path: ./data/a.csv}
      big: 9223372036854775808
      n: 1.0e-5
      b: yes
      d: 2020-01-31
      run: \${{name}}
  other:
    command: ls \${{inputs.x}}
    inputs: {x: "\${{parent.jobs.read.outputs.artifacts}}"}
`;
  const graph = graphOf(text, { files: { "data/a.csv": "" } });

  it("takes types from what is given", () => {
    const { inputs } = step(graph, "read");
    const types = Object.entries(inputs).map(([name, one]) => [name, one.type, one.mode]);
    expect(types).toEqual([
      ["a", "uri_folder", null],
      ["f", "uri_file", "download"],
      ["t", "mltable", "eval_mount"],
      ["c", "string", null],
      ["l", "uri_file", null],
      ["big", "integer", null],
      ["n", "number", null],
      ["b", "boolean", null],
      ["d", "string", null],
      ["run", "string", null],
    ]);
  });

  it("keeps every digit of a literal, as Python prints it", () => {
    const { inputs } = step(graph, "read");
    const text = (name: string) => {
      const source = inputs[name]?.source;
      return source?.kind === "literal" ? source.literal.text : null;
    };
    expect(["big", "n", "b", "d", "c", "run"].map(text)).toEqual([
      "9223372036854775808",
      "1e-05",
      "True",
      "2020-01-31",
      "./data/a.csv",
      "${{name}}",
    ]);
  });

  it("gives every command its own artifacts, listed or only read", () => {
    expect(Object.keys(step(graph, "make").outputs)).toEqual(["artifacts", "file", "folder"]);
    expect(Object.keys(step(graph, "read").outputs)).toEqual(["artifacts"]);
    expect(step(graph, "other").inputs.x?.source).toEqual({
      kind: "step",
      step: "read",
      output: "artifacts",
    });
  });
});

describe("loadJob: a standalone command job", () => {
  it("takes words of Azure's in any case, as its client does", () => {
    const component = "type: Command\ncommand: ls ${{inputs.d}}\ninputs: {d: {type: uri_folder}}";
    const job = loaded(
      `
type: pipeline
inputs: {d: {type: URI_Folder, path: ./data, mode: Download}}
jobs:
  a:
    type: COMMAND
    component: ./c.yml
    inputs: {d: "\${{parent.inputs.d}}"}
    queue_settings: {job_tier: Standard}
    identity: {type: UserIdentity}
  b:
    command: touch \${{outputs.o}}
    environment: {image: ubuntu, os_type: LINUX}
    outputs: {o: {type: URI_FILE, mode: Upload}}
`,
      { files: { "c.yml": component }, folders: ["data"] },
    );
    expect(findings(job)).toEqual([]);
    expect(job.graph?.steps).toMatchObject([
      { type: "command", inputs: { d: { type: "uri_folder", mode: "download" } } },
      { outputs: { o: { type: "uri_file", mode: "upload" } } },
    ]);
  });

  it("is a graph of one step", () => {
    const text = `
command: python main.py --c \${{inputs.c}} --out \${{outputs.o}}
code: src
environment: {conda_file: env.yml, image: ubuntu}
inputs: {c: 0.8, iris: {type: uri_file, path: "https://x.org/iris.csv"}}
outputs: {o: {type: uri_file, path: "azureml://datastores/blob/paths/\${{name}}.txt"}}
environment_variables: {A: 1, B: yes}
limits: {timeout: 600}
distribution: {type: PyTorch, process_count_per_instance: 2}
services: {code: {type: vs_code}}
queue_settings: {job_tier: spot}
identity: {type: managed}
`;
    const files = {
      "env.yml": "name: e\ndependencies: [python=3.10, {pip: [pandas]}]",
      "src/main.py": "",
    };
    const job = loaded(text, { files });
    expect(findings(job)).toEqual([]);
    expect(job.graph).toMatchObject({
      type: "command",
      pipeline: "job",
      pipelines: [],
      outputs: { o: { step: ".", output: "o" } },
    });
    expect(job.graph?.steps).toMatchObject([
      {
        path: ".",
        parent: null,
        code: { path: "/project/src" },
        environment: {
          kind: "inline",
          image: "ubuntu",
          conda: {
            path: "/project/env.yml",
            content: { name: "e", dependencies: ["python=3.10", { pip: ["pandas"] }] },
          },
        },
        environmentVariables: { A: "1", B: "True" },
        timeoutSeconds: 600,
        distribution: { type: "pytorch", processCountPerInstance: 2 },
        compute: "local",
      },
    ]);
  });

  it("counts definition files inside the code folder by what they say", () => {
    const graph = graphOf("command: ls\ncode: .");
    expect(graph.steps[0]?.code).toEqual({
      path: "/project",
      includes: [],
      definitionFiles: [JOB],
    });
  });
});

describe("loadJob: environments", () => {
  const environment = (written: string, files: Record<string, string> = {}) =>
    graphOf(`command: ls\nenvironment: ${written}`, { files }).steps[0]?.environment;

  it("reads names, registries, files and build contexts", () => {
    expect(environment("azureml:sk:1.5")).toMatchObject({
      kind: "asset",
      name: "sk",
      version: "1.5",
    });
    expect(environment("azureml:sk@prod")).toMatchObject({ version: null, label: "prod" });
    expect(environment("azureml://registries/azureml/environments/sk/versions/3")).toMatchObject({
      name: "sk",
      version: "3",
      registry: "azureml",
    });
    expect(
      environment("./env/env.yml", {
        "env/env.yml": "image: ubuntu\nconda_file: conda.yml",
        "env/conda.yml": "dependencies: [pip]",
      }),
    ).toMatchObject({
      kind: "inline",
      image: "ubuntu",
      conda: { path: "/project/env/conda.yml", content: { dependencies: ["pip"] } },
    });
    expect(
      environment("{build: {path: docker, dockerfile_path: D}}", { "docker/D": "" }),
    ).toMatchObject({
      build: { path: "/project/docker", dockerfile: "D" },
    });
    expect(environment("{conda_file: {dependencies: [python=3.11]}}")).toMatchObject({
      conda: { path: null, content: { dependencies: ["python=3.11"] } },
    });
  });

  it("reads Stepwell's own forms", () => {
    const files = {
      "requirements.txt": "pandas\n",
      "p/pyproject.toml": "",
      ".venv/bin/python": "",
    };
    expect(environment("{requirements: requirements.txt}", files)).toMatchObject({
      requirements: { path: "/project/requirements.txt", text: "pandas\n" },
    });
    expect(environment("{project: p}", files)).toMatchObject({ project: "/project/p" });
    expect(environment("{python: .venv/bin/python}", files)).toMatchObject({
      python: "/project/.venv/bin/python",
    });
    expect(environment("{python: 3.11, packages: [numpy<2]}")).toMatchObject({
      pythonVersion: "3.11",
      packages: ["numpy<2"],
    });
  });
});

describe("loadJob: extensions", () => {
  const only = (fields: string, component = "") => {
    const text = `type: pipeline\n${component}\njobs:\n  first: {command: ls}\n  a:\n    command: ls\n${fields}`;
    return step(graphOf(text), "a");
  };

  it("reads retry, reuse, depends_on and resources from keys", () => {
    const found = only(
      "    retry: {max_retries: 2, delay: 30s, on: [failure, lost]}\n    reuse: {max_age: 1d}\n    depends_on: [first]\n    resources: {cpus: 2, memory: 4GiB, gpus: 1}\n    is_deterministic: false\n",
    );
    expect(found).toMatchObject({
      retry: { maxRetries: 2, delaySeconds: 30, on: ["failure", "lost"] },
      reuse: { kind: "max_age", maxAgeSeconds: 86_400 },
      dependsOn: ["first"],
      resources: { instanceCount: 1, cpus: 2, memoryBytes: 4 * 1024 ** 3, gpus: 1 },
      deterministic: false,
    });
  });

  it("reads the same from properties, as JSON text", () => {
    const found = only(
      `    properties: {stepwell.retry: '{"max_retries": 3}', stepwell.reuse: never, stepwell.inputs: text}\n    resources: {properties: {stepwell: {cpus: 8}}}\n`,
    );
    expect(found).toMatchObject({
      retry: { maxRetries: 3, delaySeconds: 0, on: ["failure", "timeout", "lost"] },
      reuse: { kind: "never" },
      textSubstitution: true,
      resources: { cpus: 8 },
    });
  });

  it.each<[string, string, object | null]>([
    ["nothing", "", null],
    ["true", "    checkpoint: true\n", { keep: false }],
    ["false", "    checkpoint: false\n", null],
    ["keep", "    checkpoint: {keep: true}\n", { keep: true }],
    ["a property", "    properties: {stepwell.checkpoint: true}\n", { keep: false }],
    [
      "JSON in a property",
      `    properties: {stepwell.checkpoint: '{"keep": true}'}\n`,
      { keep: true },
    ],
  ])("reads checkpoint from %s", (_, fields, checkpoint) => {
    expect(only(fields)).toMatchObject({ checkpoint });
    const around = only(fields, "checkpoint: {keep: true}").checkpoint;
    expect(around).toEqual(fields === "" ? { keep: true } : checkpoint);
  });

  it("lets a pipeline set retry and reuse for everything inside", () => {
    expect(only("", "retry: {max_retries: 1}\nproperties: {stepwell.reuse: never}")).toMatchObject({
      retry: { maxRetries: 1 },
      reuse: { kind: "never" },
    });
    expect(only("    reuse: auto", "reuse: never")).toMatchObject({ reuse: { kind: "auto" } });
  });

  it("makes all steps of a nested pipeline wait for what the pipeline waits for", () => {
    const graph = graphOf(
      "type: pipeline\njobs:\n  p:\n    type: pipeline\n    depends_on: [z]\n    jobs: {a: {command: ls}, b: {command: ls, depends_on: a}}\n  z: {command: ls}\n  last: {command: ls, depends_on: [p]}\n",
    );
    expect(graph.steps.map((one) => [one.path, one.dependsOn])).toEqual([
      ["z", []],
      ["p.a", ["z"]],
      ["p.b", ["p.a", "z"]],
      ["last", ["p"]],
    ]);
  });

  it("reads depends_on from the properties of inline nodes too, and finds wrong names there", () => {
    const job = (names: string) =>
      loaded(
        `type: pipeline\njobs:\n  a: {command: ls}\n  b: {command: ls, properties: {stepwell.depends_on: '${names}'}}`,
      );
    expect(job('["a"]').graph?.steps[1]?.dependsOn).toEqual(["a"]);
    expect(job("a").graph?.steps[1]?.dependsOn).toEqual(["a"]);
    expect(job('["zzz"]').problems.map((one) => one.code)).toEqual(["unknown_node"]);
  });
});

describe("a node with a component", () => {
  it("makes a file where its component does, and what the component says where it is bound, as on Azure", () => {
    const maker =
      "type: command\noutputs: {file: {type: uri_file}, table: {type: mltable}}\ncommand: ls";
    const text = `
type: pipeline
outputs: {whole: {type: uri_folder}, rows: {type: uri_folder}}
jobs:
  free: {component: ./maker.yml, outputs: {file: {type: uri_folder}, table: {type: uri_folder}}}
  bound:
    component: ./maker.yml
    outputs:
      file: {type: uri_folder, path: "\${{parent.outputs.whole}}"}
      table: {type: uri_folder, path: "\${{parent.outputs.rows}}"}
`;
    const job = loaded(text, { files: { "maker.yml": maker } });
    const types = job.graph?.steps.map(({ outputs }) => [outputs.file?.type, outputs.table?.type]);
    expect(types).toEqual([
      ["uri_file", "uri_folder"],
      ["uri_file", "mltable"],
    ]);
    expect(findings(job)).toEqual([
      "warning not_read 5:57",
      "warning not_read 9:20",
      "warning not_read 10:21",
    ]);
  });

  it("warns of an output that it calls a file and its component makes as a folder", () => {
    const maker =
      "type: command\noutputs: {all: {type: uri_folder}, model: {type: mlflow_model}}\ncommand: ls";
    const text = `
type: pipeline
jobs:
  a: {component: ./maker.yml, outputs: {all: {type: uri_file}, model: {type: uri_folder}}}
  b: {command: ls, outputs: {o: {type: uri_file}}}
`;
    const job = loaded(text, { files: { "maker.yml": maker } });
    expect(job.graph?.steps[0]?.outputs.all?.type).toBe("uri_file");
    expect(findings(job)).toEqual(["warning type_mismatch 4:53"]);
  });

  it("warns of what it says of the component's own, which nobody reads", () => {
    const files = {
      "c.yml": "command: ls\nenvironment: {image: x}\n",
      "none.yml": "command: ls\n",
      "p.yml": "type: pipeline\njobs: {one: {component: ./c.yml}}\n",
    };
    const job = loaded(
      `type: pipeline
jobs:
  a: {component: ./c.yml, command: rm, environment: {image: y}, code: }
  b: {type: pipeline, component: ./p.yml, jobs: {one: {command: rm}}}
  c: {component: ./none.yml, environment: {image: y}}
`,
      { files },
    );
    expect(findings(job)).toEqual([
      "warning not_read 3:27",
      "warning not_read 3:40",
      "warning not_read 4:43",
    ]);
    expect(job.graph?.steps.map((step) => step.command)).toEqual(["ls", "ls", "ls"]);
    const images = job.graph?.steps.map(({ environment }) =>
      environment?.kind === "inline" ? environment.image : null,
    );
    expect(images).toEqual(["x", "x", "y"]);
  });
});
