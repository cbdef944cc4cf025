import { describe, expect, it } from "vitest";
import { graphOf, step, WITH_TRAIN } from "../testing/loaded-job.ts";

describe("loadJob: node types of later work", () => {
  const text = `
type: pipeline
jobs:
  prep: {command: ls, outputs: {o: {type: mltable}}}
  sweep:
    type: sweep
    trial: ./train/train.yml
    inputs: {data: "\${{parent.jobs.prep.outputs.o}}"}
    search_space: {alpha: {type: uniform, min_value: 0.1, max_value: 1}}
    sampling_algorithm: random
    objective: {goal: maximize, primary_metric: acc}
    limits: {max_total_trials: 4, timeout: 100}
  learn:
    type: automl
    task: classification
    training_data: \${{parent.jobs.prep.outputs.o}}
    target_column_name: y
    outputs: {best_model: {type: mlflow_model}}
  batch:
    type: parallel
    mini_batch_size: 10kb
    input_data: \${{inputs.in}}
    inputs: {in: "\${{parent.jobs.prep.outputs.o}}"}
    outputs: {out: }
    task: {type: run_function, code: ./train/src, entry_script: s.py, environment: azureml:e:1}
  count:
    type: spark
    code: ./train/src
    entry: {file: w.py}
    args: --x \${{inputs.x}}
    inputs: {x: "\${{parent.jobs.sweep.outputs.model}}", y: "\${{parent.jobs.learn.outputs.best_model}}"}
  choose:
    type: if_else
    condition: \${{parent.jobs.prep.outputs.o}}
    true_block: \${{parent.jobs.yes}}
    false_block: ["\${{parent.jobs.no}}"]
  yes: {command: ls}
  no: {command: ls}
`;
  const graph = graphOf(text, WITH_TRAIN);

  it("puts them in the graph with their type, their edges and their settings", () => {
    expect(graph.steps.map((one) => [one.path, one.type])).toEqual([
      ["prep", "command"],
      ["sweep", "sweep"],
      ["learn", "automl"],
      ["batch", "parallel"],
      ["count", "spark"],
      ["choose", "if_else"],
      ["yes", "command"],
      ["no", "command"],
    ]);
    expect(step(graph, "sweep")).toMatchObject({
      command: expect.stringContaining("python train.py"),
      typeSettings: {
        search_space: { alpha: { min_value: 0.1 } },
        limits: { max_total_trials: 4 },
      },
      timeoutSeconds: null,
    });
    expect(step(graph, "learn")).toMatchObject({
      inputs: { training_data: { source: { kind: "step", step: "prep" } } },
      typeSettings: { task: "classification", target_column_name: "y" },
    });
    expect(step(graph, "batch").typeSettings).toMatchObject({ mini_batch_size: "10kb" });
    expect(step(graph, "count").typeSettings).toMatchObject({ entry: { file: "w.py" } });
  });

  it("takes the type of a node without one from its component", () => {
    const component = (type: string, more: string) =>
      `type: ${type}\ninputs: {x: {type: uri_folder, optional: true}}\n${more}`;
    const files = {
      "spark.yml": component(
        "spark",
        "code: ./\nentry: {file: w.py}\nargs: --x $[[${{inputs.x}}]]",
      ),
      "parallel.yml": component("parallel", "task: {type: run_function, entry_script: r.py}"),
      "copy.yml": component("data_transfer", "task: copy_data\noutputs: {o: {type: uri_folder}}"),
    };
    const nodes = Object.keys(files).map(
      (file) => `  ${file.split(".")[0]}: {component: ./${file}}`,
    );
    const found = graphOf(`type: pipeline\njobs:\n${nodes.join("\n")}`, { files });
    expect(found.steps.map((one) => [one.path, one.type])).toEqual([
      ["spark", "spark"],
      ["parallel", "parallel"],
      ["copy", "data_transfer"],
    ]);
  });

  it("hands on outputs that are values, as a condition decides on", () => {
    const files = {
      "ask.yml":
        "type: command\noutputs: {go: {type: boolean, is_control: true}, n: {type: integer}}\ncommand: ls",
      "use.yml": "type: command\ninputs: {n: {type: integer}}\ncommand: echo ${{inputs.n}}",
    };
    const found = graphOf(
      `type: pipeline
jobs:
  ask: {component: ./ask.yml}
  choose: {type: if_else, condition: "\${{parent.jobs.ask.outputs.go}}", true_block: "\${{parent.jobs.use}}"}
  use: {component: ./use.yml, inputs: {n: "\${{parent.jobs.ask.outputs.n}}"}}`,
      { files },
    );
    expect(step(found, "ask").outputs).toMatchObject({
      go: { value: "boolean" },
      n: { value: "integer" },
    });
    expect(step(found, "choose").inputs.condition).toMatchObject({ source: { step: "ask" } });
    expect(step(found, "use").inputs.n).toMatchObject({ type: "integer", source: { output: "n" } });
  });

  it("orders branches after the condition that decides on them", () => {
    expect(step(graph, "yes").dependsOn).toEqual(["choose"]);
    expect(step(graph, "no").dependsOn).toEqual(["choose"]);
  });
});

describe("loadJob: size", () => {
  it("loads ten thousand nodes that share a component", () => {
    const lines = ["type: pipeline", "inputs: {d: {path: ./data}}", "jobs:"];
    for (let at = 0; at < 10_000; at += 1) {
      lines.push(
        `  s${at}: {component: ./train/train.yml, inputs: {data: "\${{parent.inputs.d}}", alpha: ${at}}}`,
      );
    }
    expect(graphOf(lines.join("\n"), WITH_TRAIN).steps).toHaveLength(10_000);
  });

  it("orders a chain of ten thousand steps written backwards", () => {
    const lines = ["type: pipeline", "jobs:"];
    for (let at = 9_999; at >= 0; at -= 1) {
      lines.push(
        `  s${at}: {command: ls, outputs: {o: }, inputs: {i: "${at === 0 ? "x" : `\${{parent.jobs.s${at - 1}.outputs.o}}`}"}}`,
      );
    }
    const graph = graphOf(lines.join("\n"));
    expect(graph.steps.map((one) => one.path)).toEqual(graph.steps.map((_, at) => `s${at}`));
  });
});
