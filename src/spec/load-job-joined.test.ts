import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

const MERGE = `
type: command
inputs:
  columns: {type: string}
  many: {type: integer, default: 1}
  data: {type: uri_file, optional: true}
command: merge \${{inputs.columns}} \${{inputs.many}} $[[\${{inputs.data}}]]
`;

const FILES = { files: { "merge.yml": MERGE, "parts/north.csv": "" } };

/** A pipeline with inputs of each kind, and one node with these inputs. */
function withInputs(inputs: string): string {
  return `type: pipeline
inputs:
  left: station
  right: 10
  share: 1e-5
  empty: {type: string, optional: true}
  unset: {type: string}
  table: {type: uri_file, path: ./parts/north.csv}
jobs:
  first: {command: ls, outputs: {o: {type: uri_file}}}
  merge:
    component: ./merge.yml
    inputs: {${inputs}}
`;
}

function given(inputs: string) {
  const job = loaded(withInputs(inputs), FILES);
  expect(findings(job)).toEqual([]);
  return job.graph?.steps.find((step) => step.path === "merge")?.inputs;
}

function told(inputs: string) {
  const { problems } = loaded(withInputs(inputs), FILES);
  expect(problems).toHaveLength(1);
  return problems[0];
}

describe("a value that holds inputs of the pipeline among other words", () => {
  it("is put together as the command would read them", () => {
    const inputs = given(
      "columns: '${{parent.inputs.left}}, ${{ parent.inputs.right }}:${{parent.inputs.share}}'",
    );
    expect(inputs?.columns?.source).toEqual({
      kind: "literal",
      literal: { kind: "string", text: "station, 10:1e-5" },
    });
  });

  it("becomes what the input is declared as", () => {
    const inputs = given("columns: a, many: '1${{parent.inputs.right}}'");
    expect(inputs?.many?.source).toMatchObject({ literal: { kind: "integer", text: "110" } });
  });

  it("becomes a path where the input is data", () => {
    const inputs = given(
      "columns: a, data: 'azureml:${{parent.inputs.left}}:${{parent.inputs.right}}'",
    );
    expect(inputs?.data?.source).toMatchObject({
      reference: { kind: "asset", name: "station", version: "10" },
    });
  });

  it("holds nothing where an optional input is unset", () => {
    const inputs = given("columns: '${{parent.inputs.left}},${{parent.inputs.empty}}'");
    expect(inputs?.columns?.source).toMatchObject({ literal: { text: "station," } });
  });

  it("keeps what the run fills in, and braces that mean nothing", () => {
    const inputs = given("columns: '${{name}}-${{parent.inputs.left}}-${{x}}'");
    expect(inputs?.columns?.source).toMatchObject({
      literal: { text: "${{name}}-station-${{x}}" },
    });
  });

  it("goes on into nested pipelines", () => {
    const inner = `
type: pipeline
inputs: {a: {type: string}}
jobs:
  deep: {command: "echo \${{inputs.t}}", inputs: {t: "<\${{parent.inputs.a}}>"}}
`;
    const text = `
type: pipeline
inputs: {who: you}
jobs: {in: {type: pipeline, component: ./inner.yml, inputs: {a: "to \${{parent.inputs.who}}"}}}
`;
    const { graph } = loaded(text, { files: { "inner.yml": inner } });
    expect(graph?.steps[0]?.inputs.t?.source).toMatchObject({ literal: { text: "<to you>" } });
  });
});

describe("what cannot stand inside a text", () => {
  it.each([
    ["columns: 'a-${{parent.jobs.first.outputs.o}}'", "bad_binding", "put the text together"],
    ["columns: 'a-${{parent.outputs.o}}'", "bad_binding", "put the text together"],
    ["columns: 'a-${{parent.inputs.table}}'", "wrong_type", "name what is inside it"],
    ["columns: 'a-${{parent.inputs.unset}}'", "missing_input", "--input unset=…"],
    ["columns: 'a-${{parent.inputs.lefd}}'", "unknown_input", "left"],
  ])("%s", (inputs, code, hint) => {
    const problem = told(inputs);
    expect(problem).toMatchObject({ code, position: { line: 13 } });
    expect(problem?.hint).toContain(hint);
  });

  it("is anything of a pipeline in an input of the job itself", () => {
    const job = loaded("command: echo ${{inputs.a}}\ninputs: {a: 'x-${{parent.inputs.b}}'}");
    expect(findings(job)).toEqual(["error bad_binding 2:13"]);
  });
});
