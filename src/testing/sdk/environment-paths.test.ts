import { execFileSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { makeRig } from "../rig.ts";
import { findings } from "./validate-module.ts";

// Paths of environments and data in a module, through the real command line: they mean what they mean in YAML.

const rig = makeRig("environment-paths");
afterAll(() => rig.remove());

const module = (environment: string, data = "./raw.txt"): string =>
  `import { command, input, pipeline } from "stepwell";
const where = command({
  name: "where", environment: ${environment}, inputs: { raw: input.file() },
  run: "python -c 'import sys; print(sys.prefix)' \${{inputs.raw}}",
});
export default pipeline({ name: "p" }, () => { where({ raw: "${data}" }); });
`;

describe("a path in a module", () => {
  it("of an interpreter starts from the module, and its results are those of YAML", () => {
    execFileSync("python3", ["-m", "venv", "--without-pip", rig.at("pipes/.venv")]);
    rig.write("pipes/raw.txt", "raw");
    rig.write("pipes/p.ts", module('{ python: ".venv/bin/python" }'));
    rig.write(
      "pipes/p.yml",
      `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  where:
    command: python -c 'import sys; print(sys.prefix)' \${{inputs.raw}}
    environment: {python: .venv/bin/python}
    inputs: {raw: {type: uri_file, path: raw.txt}}
`,
    );
    expect(rig.run("run", "pipes/p.yml").status).toBe("Completed");
    expect(rig.run("run", "pipes/p.ts").steps[0]?.reuse.decision).toBe("reused");
    expect(rig.cli("logs", "last", "where").stdout).toContain(rig.at("pipes/.venv"));
  });

  it("of an environment's file, or of data, is read as YAML reads it", () => {
    rig.write("pipes/env.yml", "python: 3.11\npackages: []\n");
    rig.write("pipes/e.ts", module('"env.yml"', "file:raw.txt"));
    expect(rig.cli("validate", "pipes/e.ts").code).toBe(0);
    rig.write("pipes/f.ts", module('"file:./env.yml"'));
    expect(rig.cli("validate", "pipes/f.ts").code).toBe(0);
  });

  it("that leads nowhere is told at its line, also behind a file", () => {
    rig.write("pipes/g.ts", module('{ python: "./raw.txt/bin/python" }'));
    expect(findings(rig, "pipes/g.ts")).toEqual([
      expect.stringMatching(
        /^error pipes\/g.ts:2:15 there is nothing at `.*\/pipes\/raw.txt\/bin\/python`/,
      ),
    ]);
  });
});
