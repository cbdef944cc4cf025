import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";

function hints(text: string): readonly (string | null)[] {
  return loaded(text).problems.map((problem) => problem.hint);
}

describe("bindings as early previews of the language wrote them", () => {
  const text = `type: pipeline
inputs: {n: 3}
outputs: {report: }
jobs:
  first:
    command: echo \${{inputs.n}} > \${{outputs.o}}/n
    inputs: {n: "\${{inputs.n}}"}
    outputs: {o: }
  second:
    command: cp -r \${{inputs.i}} \${{outputs.report}}
    inputs: {i: "\${{jobs.first.outputs.o}}"}
    outputs: {report: "\${{outputs.report}}"}
`;

  it("are told with what to write instead, and nothing follows from them", () => {
    expect(hints(text)).toEqual([
      "Did you mean `${{parent.inputs.n}}`?",
      "Did you mean `${{parent.jobs.first.outputs.o}}`?",
      "Did you mean `${{parent.outputs.report}}`?",
    ]);
  });

  it("are told with the forms that there are where nothing of that name is there", () => {
    const unknown = text
      .replace("jobs.first", "jobs.third")
      .replace('{{outputs.report}}"', '{{outputs.x}}"');
    expect(hints(unknown)).toContain(
      "Write `${{parent.inputs.x}}` or `${{parent.jobs.node.outputs.x}}`.",
    );
    expect(hints(unknown)).toContain(
      "Write nothing, settings (`type`, `mode`, `path`), or `${{parent.outputs.name}}`.",
    );
  });
});

describe("a node whose type is not known", () => {
  it("may make an output of the pipeline: nothing is said of that", () => {
    const text = (type: string) =>
      `type: pipeline\noutputs: {o: }\njobs:\n  a:\n    type: ${type}\n    command: ls\n    outputs: {o: "\${{parent.outputs.o}}"}\n`;
    expect(findings(loaded(text("component_job")))).toEqual(["error unknown_kind 5:11"]);
    expect(hints(text("component_job"))).toEqual(["Write `type: command`."]);
    expect(hints(text("magic"))[0]).toContain("Known types: `command`");
  });
});

describe("a variable that holds what is not filled in", () => {
  const job = (value: string) => `command: ls\nenvironment_variables: {KEY: "${value}"}\n`;

  it("is told with the command that sets it", () => {
    expect(hints(job("${{inputs.x}}"))).toEqual([
      'Set it in the command: `export KEY="${{inputs.x}}"`.',
    ]);
  });

  it("comes from the shell where a CI system would have filled it in", () => {
    expect(hints(job("${{ secrets.KEY }}"))).toEqual([
      "Remove it here, and hand it over from your shell: `pass_env: [KEY]` in stepwell.yml, or run with `--env KEY`.",
    ]);
  });

  it("of a node may also be bound to an input of the pipeline", () => {
    const node = `type: pipeline\njobs:\n  a:\n    command: ls\n    environment_variables: {KEY: "\${{inputs.x}}"}\n`;
    expect(hints(node)[0]).toContain(
      "or bind it to an input of the pipeline, `${{parent.inputs.x}}`.",
    );
  });
});

describe("fields as the first previews of the language wrote them", () => {
  const job = (...lines: readonly string[]): string =>
    ["type: command", "command: ls", ...lines, ""].join("\n");

  it.each([
    ["code", job("code: {local_path: ./src}"), ["Write `code: ./src`."]],
    ["compute", job("compute: {target: azureml:cpu}"), ["Write `compute: azureml:cpu`."]],
    [
      "data of an input",
      job("inputs: {d: {data: 'azureml:iris:1', mode: ro_mount}}"),
      ["Write `path: azureml:iris:1`."],
    ],
    [
      "image of an environment",
      job("environment: {docker: {image: 'python:3.9'}}"),
      ["Write `image: python:3.9`."],
    ],
    [
      "Dockerfile of an environment",
      job("environment: {docker: {build: {dockerfile: FROM x}}}"),
      ["Write `build: {path: FOLDER, dockerfile_path: FILE}`."],
    ],
    [
      "references in a command",
      job("inputs: {d: 1}").replace("ls", "'echo {inputs.d}'"),
      ["Write `${{inputs.d}}`."],
    ],
  ])("are told with what to write now, and nothing follows from them: %s", (_, text, told) => {
    expect(hints(text)).toEqual(told);
  });

  it("say no more than is certain", () => {
    expect(hints(job("code: {git: x}"))).toEqual([null]);
    expect(hints(job("environment: {docker: {}}"))[0]).toMatch(/^Known keys/);
    expect(hints(job("inputs: {d: {data: [1], path: ./x}}"))[0]).toMatch(/^Known keys/);
  });
});
