import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createRegisterCommands } from "./defining-files.ts";

let folder = "";

afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

const SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest";

function project(files: Readonly<Record<string, string>>) {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-defining-"));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  return createRegisterCommands(folder, folder);
}

describe("the command that registers what a file of the project defines", () => {
  it.each([
    ["component", `${SCHEMA}/commandComponent.schema.json\nname: x\ntype: command\n`],
    ["component", `${SCHEMA}/pipelineComponent.schema.json\ntype: pipeline\nname: "x" # mine\n`],
    ["component", "type: command\nname: x\ncommand: ls\n"],
    ["environment", `${SCHEMA}/environment.schema.json\nname: x\nimage: i\n`],
    ["environment", "name: x\nconda_file: c.yml\n"],
    ["data", `${SCHEMA}/data.schema.json\nname: x\npath: .\n`],
    ["data", "name: 'x'\r\ntype: uri_file\r\npath: a.csv\r\n"],
    ["model", "name: x\ntype: mlflow_model\npath: m\n"],
  ] as const)("%s of %j", (kind, text) => {
    const commands = project({ "some/where/it.yaml": text });
    expect(commands(kind, "x", null)).toBe(`stepwell ${kind} create some/where/it.yaml`);
    expect(commands(kind, "x", "3")).toBe(`stepwell ${kind} create some/where/it.yaml --version 3`);
    expect(commands(kind, "y", null)).toBe(null);
    expect(commands(kind === "data" ? "model" : "data", "x", null)).toBe(null);
  });

  it("takes no job, no file of another kind, and nothing that is set aside", () => {
    const component = "type: command\nname: x\ncommand: ls\n";
    const commands = project({
      "job.yml": `${SCHEMA}/pipelineJob.schema.json\ntype: pipeline\nname: x\n`,
      "conda.yml": "name: x\ndependencies: [python]\n",
      "deep.yml": "one:\n  name: x\n  type: command\n",
      ".hidden/c.yml": component,
      "node_modules/c.yml": component,
      "c.txt": component,
    });
    expect(commands("component", "x", null)).toBe(null);
    expect(commands("environment", "x", null)).toBe(null);
  });

  it("prefers the file nearest to the top, and leaves a version that stands in it", () => {
    const component = (version: string) => `type: command\nname: x\ncommand: ls\n${version}`;
    const commands = project({
      "a/b/c.yml": component(""),
      "z/c.yml": component("version: 2\n"),
    });
    expect(commands("component", "x", "2")).toBe("stepwell component create z/c.yml");
    const other = "stepwell component create z/c.yml --version 3";
    expect(commands("component", "x", "3")).toBe(other);
  });

  it("quotes a path with blanks", () => {
    const commands = project({ "my parts/c.yml": "type: command\nname: x\ncommand: ls\n" });
    expect(commands("component", "x", null)).toBe("stepwell component create 'my parts/c.yml'");
  });

  it("finds nothing in a folder that is not there", () => {
    expect(createRegisterCommands("/nowhere/at/all", "/")("data", "x", null)).toBe(null);
  });
});
