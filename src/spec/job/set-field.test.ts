import { describe, expect, it } from "vitest";
import { loaded } from "../../testing/loaded-job.ts";

describe("--set of a mode", () => {
  const text = `type: pipeline
inputs: {raw: {type: uri_folder, path: "https://a.org/x"}}
outputs: {made: {type: uri_file}}
jobs:
  a:
    command: "cp \${{inputs.data}} \${{outputs.out}}"
    inputs: {data: "\${{parent.inputs.raw}}"}
    outputs: {out: "\${{parent.outputs.made}}"}
`;
  const stepWith = (path: string, value: string) =>
    loaded(text, { options: { set: [{ path, value }] } }).graph?.steps[0];

  it("stays beside a binding that stands alone", () => {
    const plain = loaded(text).graph?.steps[0];
    const input = stepWith("jobs.a.inputs.data.mode", "download")?.inputs.data;
    expect(input).toEqual({ ...plain?.inputs.data, mode: "download" });
    const output = stepWith("jobs.a.outputs.out.mode", "upload")?.outputs.out;
    expect(output).toEqual({ ...plain?.outputs.out, mode: "upload" });
  });

  it("that cannot be one is a mistake of the option", () => {
    const set = [{ path: "jobs.a.inputs.data.mode", value: "downlod" }];
    const { problems } = loaded(text, { options: { set } });
    expect(problems.map(({ message, position }) => [message, position])).toEqual([
      ["--set jobs.a.inputs.data.mode: `mode` cannot be `downlod`", null],
    ]);
  });
});
