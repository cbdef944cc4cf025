import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Graph } from "../../spec/graph.ts";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import { type LoadOptions, loadJob } from "../../spec/load-job.ts";
import { loaded } from "../../testing/loaded-job.ts";
import { checkCommands } from "./check-commands.ts";
import { createFieldPlaces } from "./field-places.ts";
import { fileReader } from "./load-definition.ts";

/** Codes of what is said of a job with this command and the value `["a", "b"]`. */
function codes(command: string): readonly string[] {
  const job = loaded(`command: ${command}\ninputs: {x: '["a", "b"]'}\n`);
  return checkCommands(job.graph as Graph, createFieldPlaces({})).map((problem) => problem.code);
}

describe("a value that holds quotes", () => {
  it("is told where the shell would have taken them away", () => {
    expect(codes("run --x ${{inputs.x}}")).toEqual(["shell_text_in_value"]);
    expect(codes('run --x "${{inputs.x}}"')).toEqual(["shell_text_in_value"]);
  });

  it("is not told between single quotes, where a shell leaves it alone, or where nothing reads it", () => {
    expect(codes("run --x '${{inputs.x}}'")).toEqual([]);
    expect(codes("run")).toEqual([]);
  });
});

describe("the place of what is said of a command", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-commands-"));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  /** Files by name, of which the last is the job. */
  function told(files: Readonly<Record<string, string>>, set: LoadOptions["set"] = []) {
    let file = "";
    for (const [name, text] of Object.entries(files)) {
      file = path.join(folder, name);
      fs.writeFileSync(file, text);
    }
    const options = { set, inputs: {}, compute: null, knownComputes: null, limits: SPEC_LIMITS };
    const { graph } = loadJob({ ...options, file, reader: fileReader() });
    return checkCommands(graph as Graph, createFieldPlaces({})).map(
      ({ code, position: at }) =>
        `${code} ${path.basename(at?.file ?? "")}:${at?.line}:${at?.column}`,
    );
  }

  const job = `type: pipeline
jobs:
  a:
    inputs: {n: 1, v: $HOME}
    command: |
      echo "\${{inputs.n}}" \${{inputs.v}}
      echo $((\${{inputs.n}}+1))
`;

  it("is the reference itself, and the value of an input", () => {
    expect(told({ "job.yml": job })).toEqual(["reference_in_arithmetic job.yml:7:15"]);
    expect(told({ "job.yml": job.replace(/ *echo \$\(\(.*\n/, "") })).toEqual([
      "shell_text_in_value job.yml:4:23",
    ]);
    expect(told({ "one.yml": "inputs: {n: 1}\ncommand: echo $((${{inputs.n}}))\n" })).toEqual([
      "reference_in_arithmetic one.yml:2:18",
    ]);
  });

  it("is in the component's file where the command stands there", () => {
    const component = `type: command\nname: c\ninputs: {n: {type: integer}}\ncommand: >\n  echo\n  \${{inputs.n}} $((\${{inputs.n}}))\n`;
    const user = "type: pipeline\njobs:\n  a: {component: ./c.yml, inputs: {n: 1}}\n";
    expect(told({ "c.yml": component, "user.yml": user })).toEqual([
      "reference_in_arithmetic c.yml:6:20",
    ]);
  });

  it("is the step where an option gave another command", () => {
    const set = [{ path: "jobs.a.command", value: "echo $((${{inputs.n}}))" }];
    expect(told({ "job.yml": job }, set)).toEqual(["reference_in_arithmetic job.yml:3:3"]);
  });
});
