import { describe, expect, it } from "vitest";
import { graphOf, JOB, loaded, step, TRAIN, WITH_TRAIN } from "../testing/loaded-job.ts";

describe("loadJob: a pipeline of components", () => {
  const job = `
type: pipeline
display_name: training
experiment_name: trials
tags: {team: a, n: 1}
settings: {default_compute: azureml:cpu, default_datastore: azureml:blob, continue_on_step_failure: true}
inputs:
  raw: {type: uri_folder, path: ./data}
  rate: 0.50
outputs:
  best: {type: mlflow_model, mode: upload, path: "azureml://datastores/\${{default_datastore}}/paths/\${{name}}/best", name: best-model, version: 4}
jobs:
  use:
    command: cat \${{inputs.model}}/MLmodel
    environment: {image: python}
    inputs: {model: "\${{parent.jobs.fit.outputs.model}}"}
  fit:
    type: command
    component: ./train/train.yml
    inputs:
      data: \${{parent.inputs.raw}}
      alpha: \${{parent.inputs.rate}}
    outputs:
      model: \${{parent.outputs.best}}
    compute: azureml:gpu
`;
  const graph = graphOf(job, WITH_TRAIN);

  it("says what the job says", () => {
    expect(graph).toMatchObject({
      format: 2,
      type: "pipeline",
      pipeline: "training",
      name: null,
      displayName: "training",
      experiment: "trials",
      tags: { team: "a", n: "1" },
      continueOnStepFailure: true,
      forceRerun: false,
      defaultDatastore: "blob",
      inputs: {
        raw: {
          type: "uri_folder",
          source: { kind: "data", reference: { kind: "local", path: "/project/data" } },
        },
        rate: {
          type: "number",
          source: { kind: "literal", literal: { kind: "number", text: "0.5" } },
        },
      },
      outputs: { best: { step: "fit", output: "model" } },
    });
  });

  it("puts steps after what they read", () => {
    expect(graph.steps.map((one) => one.path)).toEqual(["fit", "use"]);
  });

  it("binds inputs to the pipeline's inputs, and gives the others their defaults as Azure writes them", () => {
    const { inputs } = step(graph, "fit");
    expect(inputs.data).toEqual({
      type: "uri_folder",
      mode: "ro_mount",
      optional: false,
      source: { kind: "data", reference: { kind: "local", path: "/project/data" } },
    });
    const texts = Object.entries(inputs).map(([name, { source }]) => [
      name,
      source.kind === "literal" ? source.literal.text : source.kind,
    ]);
    expect(Object.fromEntries(texts)).toEqual({
      data: "data",
      alpha: "0.5",
      epochs: "20",
      kernel: "rbf",
      verbose: "False",
      note: "unset",
    });
  });

  it("takes code, environment, resources and names from the component", () => {
    expect(step(graph, "fit")).toMatchObject({
      type: "command",
      displayName: "Train",
      component: null,
      code: { path: "/project/train/src", includes: [], definitionFiles: [] },
      environment: { kind: "asset", name: "sklearn", version: null, label: null, registry: null },
      resources: { instanceCount: 2, instanceType: "Standard_DS3_v2", cpus: null },
      compute: "gpu",
      position: { file: JOB, line: 17, column: 3 },
    });
    expect(step(graph, "use").compute).toBe("cpu");
  });

  it("hands what the pipeline asks of an output to the step that makes it", () => {
    expect(step(graph, "fit").outputs).toEqual({
      model: {
        type: "mlflow_model",
        mode: "upload",
        publishTo: {
          kind: "datastore",
          datastore: "${{default_datastore}}",
          path: "${{name}}/best",
        },
        registerName: "best-model",
        registerVersion: "4",
      },
      report: {
        type: "uri_file",
        mode: null,
        publishTo: null,
        registerName: null,
        registerVersion: null,
      },
    });
  });

  it("lists every file that was read, for a cache", () => {
    expect(loaded(job, WITH_TRAIN).files).toEqual([JOB, "/project/train/train.yml"]);
  });
});

describe("loadJob: ways to name a component", () => {
  const node = (component: string, type = "") =>
    `type: pipeline\njobs:\n  a:\n    ${type}\n    component: ${component}\n    inputs: {data: {path: ./data}}\n`;

  it.each([
    "./train/train.yml",
    "train/train.yml",
    "file:./train/train.yml",
    "/project/train/train.yml",
  ])("reads the file %s", (name) => {
    expect(step(graphOf(node(name), WITH_TRAIN), "a").displayName).toBe("Train");
  });

  it("takes registered components with the folder that their paths start from", () => {
    const registered = {
      version: "3",
      definition: TRAIN,
      baseFolder: "/project/train",
      file: null,
      place: "azureml:train:3",
      reference: "train:3",
    };
    const more = { ...WITH_TRAIN, components: { "train:3": registered } };
    for (const name of [
      "azureml:train:3",
      "azureml:train@latest",
      "azureml:train",
      "azureml://registries/r/components/train/versions/3",
    ]) {
      expect(step(graphOf(node(name), more), "a")).toMatchObject({
        component: "train:3",
        code: { path: "/project/train/src" },
      });
    }
  });

  it("takes a component written inside the node", () => {
    const text = `
type: pipeline
jobs:
  a:
    component:
      command: echo \${{inputs.x}}
      inputs: {x: {type: integer, default: 3}}
      environment: {image: python}
`;
    expect(step(graphOf(text), "a").inputs.x).toMatchObject({
      type: "integer",
      source: { literal: { text: "3" } },
    });
  });

  it("takes a missing type from the component, and a missing component as a command", () => {
    const graph = graphOf(
      "type: pipeline\njobs: {a: {command: ls}, b: {command: ls, type: command}}",
    );
    expect(graph.steps.map((one) => [one.path, one.type])).toEqual([
      ["a", "command"],
      ["b", "command"],
    ]);
  });
});

describe("loadJob: nested pipelines", () => {
  const inner = `
type: pipeline
name: inner
inputs:
  data: {type: uri_folder}
  alpha: {type: number, default: 2}
  where: {type: string}
outputs:
  model: {type: mlflow_model}
  extra: {type: uri_folder}
jobs:
  fit:
    component: ./train.yml
    inputs: {data: "\${{parent.inputs.data}}", alpha: "\${{parent.inputs.alpha}}"}
    outputs: {model: "\${{parent.outputs.model}}"}
    compute: \${{parent.inputs.where}}
  look:
    command: ls \${{inputs.m}} > \${{outputs.list}}/x
    environment: {image: python}
    inputs: {m: "\${{parent.jobs.fit.outputs.model}}"}
    outputs: {list: "\${{parent.outputs.extra}}"}
`;
  const outer = `
type: pipeline
inputs: {raw: {type: uri_folder, path: ./data}, cluster: azureml:gpu}
outputs: {final: {path: ./out, type: mlflow_model}}
jobs:
  one:
    type: pipeline
    component: ./train/inner.yml
    inputs: {data: "\${{parent.inputs.raw}}", where: "\${{parent.inputs.cluster}}"}
    outputs: {model: "\${{parent.outputs.final}}"}
  two:
    type: pipeline
    component: ./train/inner.yml
    inputs: {data: "\${{parent.jobs.one.outputs.extra}}", alpha: 7, where: cpu}
`;
  const files = { ...WITH_TRAIN.files, "train/inner.yml": inner };
  const graph = graphOf(outer, { files, folders: ["data"] });

  it("inlines every node under a dotted path, and keeps the pipelines beside", () => {
    expect(graph.steps.map((one) => [one.path, one.parent])).toEqual([
      ["one.fit", "one"],
      ["one.look", "one"],
      ["two.fit", "two"],
      ["two.look", "two"],
    ]);
    expect(graph.pipelines.map((one) => [one.path, one.parent, one.outputs])).toEqual([
      [
        "one",
        null,
        {
          model: { step: "one.fit", output: "model" },
          extra: { step: "one.look", output: "list" },
        },
      ],
      [
        "two",
        null,
        {
          model: { step: "two.fit", output: "model" },
          extra: { step: "two.look", output: "list" },
        },
      ],
    ]);
  });

  it("follows bindings through both directions, also of outputs that the caller does not list", () => {
    expect(step(graph, "two.fit").inputs.data?.source).toEqual({
      kind: "step",
      step: "one.look",
      output: "list",
    });
    expect(step(graph, "one.fit").inputs.alpha?.source).toMatchObject({ literal: { text: "2.0" } });
    expect(step(graph, "two.fit").inputs.alpha?.source).toMatchObject({ literal: { text: "7" } });
    expect(graph.outputs).toEqual({ final: { step: "one.fit", output: "model" } });
    expect(step(graph, "one.fit").outputs.model).toMatchObject({
      publishTo: { kind: "local", path: "/project/out" },
    });
    expect(step(graph, "two.fit").outputs.model?.publishTo).toBeNull();
  });

  it("fills a promoted input into a node's compute, without its prefix", () => {
    expect(graph.steps.map((one) => one.compute)).toEqual(["gpu", "local", "cpu", "local"]);
  });

  it("runs a pipeline component by itself, without a level of its own", () => {
    const text = `
type: pipeline
component: ./train/inner.yml
inputs: {data: {type: uri_folder, path: ./data}, where: cpu}
outputs: {model: {mode: upload}}
`;
    const alone = graphOf(text, { files, folders: ["data"] });
    expect(alone.steps.map((one) => one.path)).toEqual(["fit", "look"]);
    expect(alone.outputs).toMatchObject({ model: { step: "fit", output: "model" } });
    expect(alone.inputs.alpha?.source).toMatchObject({ literal: { kind: "number", text: "2.0" } });
    expect(step(alone, "fit").outputs.model?.mode).toBe("upload");
  });

  it("brings an output as the nearest says: the step, what it is bound to outward, the pipeline's component, its own", () => {
    const port = (mode: string): string => `{type: uri_folder, mode: ${mode}}`;
    const bound = (name: string, mode = ""): string =>
      `{path: "\${{parent.outputs.${name}}}"${mode === "" ? "" : `, mode: ${mode}`}}`;
    const nested = {
      "leaf.yml": `type: command\nname: leaf\ncommand: ls\noutputs: {o: ${port("direct")}, q: ${port("direct")}}\n`,
      "inner.yml": `type: pipeline
outputs: {o: ${port("upload")}, q: {type: uri_folder}}
jobs:
  leaf: {component: ./leaf.yml, outputs: {o: ${bound("o")}, q: ${bound("q")}}}
`,
    };
    const text = `type: pipeline
outputs: {wide: ${port("mount")}, bare: {type: uri_folder}, own: ${port("mount")}}
jobs:
  a: {type: pipeline, component: ./inner.yml}
  b: {type: pipeline, component: ./inner.yml, outputs: {o: ${bound("wide")}, q: {mode: rw_mount}}}
  c: {type: pipeline, component: ./inner.yml, outputs: {o: ${bound("bare")}}}
  d: {component: ./leaf.yml, outputs: {o: ${bound("own", "upload")}}}
`;
    const modes = graphOf(text, { files: nested }).steps.map(({ path, outputs }) => [
      path,
      outputs.o?.mode,
      outputs.q?.mode,
    ]);
    expect(modes).toEqual([
      ["a.leaf", "upload", "direct"],
      ["b.leaf", "mount", "rw_mount"],
      ["c.leaf", "upload", "direct"],
      ["d", "upload", "direct"],
    ]);
  });
});
