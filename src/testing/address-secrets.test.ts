import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// A secret in an address is refused wherever a person can write one, and nothing below `.stepwell` ever has its bytes.

const SECRET = "hunter2-9f3a";
/** Shows that the search finds what is there. */
const CONTROL = "control-71c0";

let rig: Rig;
let said: string;

beforeEach(() => {
  rig = makeRig("address-secrets");
  said = "";
  rig.write("x.csv", "a\n1\n");
  rig.write("plain.yml", job({ inputs: `{x: ${CONTROL}}` }));
  cli("run", "plain.yml");
});

afterEach(() => rig.remove());

function cli(...words: readonly string[]): { readonly code: number | null; readonly said: string } {
  const done = rig.cliWith({ XDG_CONFIG_HOME: rig.at("config") }, ...words);
  said += done.stdout + done.stderr;
  return { code: done.code, said: done.stdout + done.stderr };
}

function job({ inputs = "{}", command = "echo done", more = "" }): string {
  return `type: command\ncompute: local\ncommand: ${command}\ninputs: ${inputs}\n${more}`;
}

function filesWith(bytes: string): readonly string[] {
  const names = fs.readdirSync(rig.at(".stepwell"), { recursive: true, encoding: "utf8" });
  return names
    .map((name) => path.join(rig.at(".stepwell"), name))
    .filter((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile())
    .filter((file) => fs.readFileSync(file).includes(bytes));
}

function expectUnseen(): void {
  expect(filesWith(CONTROL).map((file) => path.basename(file))).toEqual(
    expect.arrayContaining([expect.stringMatching(/^stepwell\.db/)]),
  );
  expect(filesWith(SECRET)).toEqual([]);
  expect(said).not.toContain(SECRET);
}

const PASSWORD = `postgres://ann:${SECRET}@db.example/x`;
const SIGNED = `https://a.blob.core.windows.net/c/x.csv?sv=2&sig=${SECRET}`;

it.each([
  ["a parameter", job({ inputs: `{db: "${PASSWORD}"}` }), "4:15"],
  ["the path of an input", job({ inputs: `{x: {type: uri_file, path: "${SIGNED}"}}` }), "4:37"],
  ["a variable", job({ more: `environment_variables: {DB: "${PASSWORD}"}` }), "5:30"],
  ["a command", job({ command: `psql ${PASSWORD}` }), "3:15"],
  ["the path of an output", job({ more: `outputs: {x: {path: "${SIGNED}"}}` }), "5:22"],
  ["an address of no known kind", job({ inputs: `{x: {path: "redis://u:${SECRET}@h"}}` }), "4:21"],
])("%s that holds one is refused with its place, and no copy of it is kept", (_, text, place) => {
  rig.write("job.yml", text);
  for (const words of [
    ["validate"],
    ["plan"],
    ["plan", "--json"],
    ["plan", "--markdown"],
    ["run"],
    ["run", "--detach"],
  ]) {
    const { code, said } = cli(words[0] as string, "job.yml", ...words.slice(1));
    expect([words, code]).toEqual([words, 2]);
    expect(said).toMatch(/secret_in_address|holds a (?:password|signature)/);
    if (words[0] === "validate")
      expect(said).toContain(`job.yml:${place}: error: this address holds a`);
  }
  cli("show", "--json");
  cli("lineage", "x.csv");
  expectUnseen();
});

it("is refused on the command line and in what is registered or imported", () => {
  const named = `name: d\npath: ${SIGNED}\ntype: uri_file\n`;
  rig.write("data.yml", named);
  rig.write("component.yml", `name: c\ntype: command\n# ${PASSWORD}\ncommand: echo\n`);
  rig.write(
    "import.yml",
    `name: i\npath: azureml://datastores/d/paths/x\nsource: {type: file_system, path: "${SIGNED}"}\n`,
  );
  rig.write("http.yml", `name: h\ntype: http\nurl: ${SIGNED}\n`);
  rig.write("table/MLTable", `paths: [{file: "${SIGNED}"}]\n`);
  const tries = [
    ["run", "plain.yml", "--input", `x=${PASSWORD}`],
    ["run", "plain.yml", "--set", `inputs.x=${PASSWORD}`],
    ["run", "plain.yml", "--tag", `from=${SIGNED}`],
    ["data", "create", "--name", "d", "--path", "x.csv", "--tag", `from=${SIGNED}`],
    ["data", "create", "data.yml"],
    ["data", "create", "--name", "d", "--path", SIGNED],
    ["data", "create", "--name", "t", "--path", "table", "--type", "mltable"],
    ["data", "import", "import.yml"],
    ["component", "create", "component.yml"],
    ["datastore", "create", "http.yml"],
  ];
  for (const words of tries) {
    const { code, said } = cli(...words);
    expect([words.join(" "), code, said]).toEqual([
      words.join(" "),
      2,
      expect.stringMatching(/holds a (?:password|signature)/),
    ]);
  }
  expectUnseen();
});

it("reaches a step by the way out that the message names", () => {
  rig.write("secret", PASSWORD);
  expect(cli("secret", "set", "db", "--from-file", "secret")).toEqual({
    code: 0,
    said: expect.any(String),
  });
  rig.write("stepwell.yml", "pass_env: [{name: DB, secret: db}]\n");
  const command = `"test \\"$DB\\" = ${PASSWORD.replace("hunter2", "$A")} && echo $DB"`;
  rig.write("job.yml", job({ command, more: "environment_variables: {A: hunter2}\n" }));
  expect(cli("run", "job.yml", "--name", "r")).toEqual({ code: 0, said: expect.any(String) });
  expect(cli("logs", "r").said).toContain("***");
  expectUnseen();
});
