import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadAsset } from "../spec/load-asset.ts";
import { type Canary, makeCanary } from "./canary.ts";
import { loaded } from "./loaded-job.ts";
import { memoryReader } from "./memory-reader.ts";
import { makeRig, type Rig } from "./rig.ts";

// Names that would be paths: in definitions, on the command line, and where outputs are published to. Each is refused, or
// is a plain name; a canary outside of the workspace is never read, written or removed.

const NAMES = [
  ..."../x ../../canary a/../../canary ./../x ..\\x %2e%2e/x ..%2fx ....//x ..;/x a/b a/ /a // . .. ~/x".split(
    " ",
  ),
  ..."/etc/passwd /proc/self/environ file:///etc/passwd \\\\host\\x C:\\x .stepwell/stepwell.db azureml:../x:1".split(
    " ",
  ),
  "",
  " ",
  "a\0b",
  "a\nb",
  "a\r\nb",
  "../\u0000.yml",
  "．．/x",
  "\u202e../x",
  "$(touch canary)",
  "`touch canary`",
  "a;touch canary",
  "a'b\"c",
  "a\tb",
  "*",
  "{a,b}",
  "a".repeat(300),
];
const SAFE = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** An accepted name is a plain one; null: it was refused. */
function expectSafe(name: string, accepted: readonly string[] | null): void {
  for (const one of accepted ?? []) expect([name, one, SAFE.test(one)]).toEqual([name, one, true]);
}

describe(`${NAMES.length} names that would be paths`, () => {
  const quoted = (name: string): string => JSON.stringify(name);
  const places = ["step", "output", "input", "pipeline input", "pipeline output"];
  /** The names of a job with this one in this place; null: it was refused. */
  const namesWith = (place: string, name: string): readonly string[] | null => {
    const key = (at: string): string => (place === at ? quoted(name) : "plain");
    const { graph } = loaded(`type: pipeline
inputs: {${key("pipeline input")}: 1}
outputs: {${key("pipeline output")}: {type: uri_file}}
jobs:
  ${key("step")}:
    command: ls
    inputs: {${key("input")}: 1}
    outputs: {${key("output")}: {type: uri_file, name: ${key("registered output")}, version: ${key("version of a registered output")}}}
`);
    if (graph === null) return null;
    return [
      ...graph.steps.flatMap((step) => [
        step.path,
        ...Object.keys(step.inputs),
        ...Object.keys(step.outputs),
      ]),
      ...graph.steps.flatMap((step) =>
        Object.values(step.outputs).flatMap(({ registerName, registerVersion }) => [
          ...(registerName === null ? [] : [registerName]),
          ...(registerVersion === null ? [] : [registerVersion]),
        ]),
      ),
      ...Object.keys(graph.inputs),
      ...Object.keys(graph.outputs),
    ];
  };

  it.each([...places, "registered output", "version of a registered output"])(
    "are refused as the name of a %s",
    (place) => {
      // A pipeline output that no step makes is left out of the graph, whatever its name.
      if (place !== "pipeline output") expect(namesWith(place, "ordinary")).toContain("ordinary");
      for (const name of NAMES) expectSafe(name, namesWith(place, name));
    },
  );

  it.each(["data", "model", "environment", "component"] as const)(
    "are refused as the name of a registered %s, where a plain one is taken",
    (kind) => {
      const body = {
        data: "path: .",
        model: "path: .",
        environment: "image: x",
        component: "command: ls",
      };
      const namesOf = (name: string): readonly string[] | null => {
        const text = `name: ${quoted(name)}\n${body[kind]}\n`;
        const reader = memoryReader({ files: { "/p/a.yml": text }, folders: ["/p"] });
        const { asset } = loadAsset(kind, "/p/a.yml", reader);
        return asset === null ? null : [asset.name];
      };
      expect(namesOf("ordinary")).toEqual(["ordinary"]);
      for (const name of NAMES) expectSafe(name, namesOf(name));
    },
  );
});

describe("on the command line", () => {
  let rig: Rig;
  let canary: Canary;
  beforeAll(() => {
    rig = makeRig("names");
    canary = makeCanary();
    rig.write(
      "p.yml",
      "type: pipeline\nsettings: {default_compute: azureml:local}\njobs: {a: {command: echo 1}}\n",
    );
    rig.run("run", "p.yml", "--name", "good");
  });
  afterAll(() => {
    rig.remove();
    canary.remove();
  });

  it("never takes a name of a run, a step or an output for a path", () => {
    const leads = [path.relative(rig.folder, canary.folder), canary.folder, "..", "../../.."];
    for (const lead of leads) {
      const before = rig.cli("runs").stdout;
      const attempts = [
        ["run", "p.yml", "--name", lead],
        ["run", "--resume", lead],
        ["rerun", lead],
        ["show", lead],
        ["logs", lead],
        ["logs", "good", lead],
        ["why", "good", lead],
        ["why", lead, "a"],
        ["cancel", lead],
        ["diff", "good", lead],
        ["outputs", lead, "x"],
        ["outputs", "good", lead],
        ["data", "create", "--name", lead, "--version", "1", "--type", "uri_folder", "--path", "."],
        ["data", "create", "--name", "d", "--version", lead, "--type", "uri_folder", "--path", "."],
        ["shell", lead, "a"],
      ];
      for (const words of attempts) {
        const done = rig.cli(...words);
        expect([words.join(" "), done.code]).toEqual([words.join(" "), 2]);
        expect(done.stdout + done.stderr).not.toContain(canary.secret);
      }
      expect(rig.cli("runs").stdout).toBe(before);
    }
    canary.expectUntouched(rig.folder);
  });

  it("keeps published outputs inside of their datastore", () => {
    const store = "azureml://datastores/workspaceblobstore/paths";
    const relative = path.relative(path.join(rig.folder, ".stepwell/store"), canary.folder);
    const publish = (...places: readonly string[]) => {
      const jobs = places.map(
        (place, at) =>
          `  s${at}: {command: "echo ${at} > \${{outputs.o}}", outputs: {o: {type: uri_file, path: ${JSON.stringify(place)}}}}`,
      );
      const file = `type: pipeline\nsettings: {default_compute: azureml:local}\njobs:\n${jobs.join("\n")}\n`;
      rig.write("publish.yml", file);
      return rig.cli("run", "publish.yml", "--json");
    };
    const outside = [
      `${store}/../../x`,
      `${store}/${relative}/file`,
      `${store}/a/../../../../x`,
      `${store}/\${{name}}/../../../x`,
    ];
    const refused = publish(...outside);
    expect(refused.code).toBe(2);
    expect(refused.stderr.match(/leaves the datastore/g)).toHaveLength(outside.length);
    const run = publish(`${store}//${canary.folder}/file`, `${store}/a/../x`);
    expect(run.code, run.stderr).toBe(0);
    expect(fs.existsSync(rig.at(".stepwell/store/x"))).toBe(true);
    expect(fs.existsSync(rig.at(`.stepwell/store/${canary.folder}/file`))).toBe(true);
    canary.expectUntouched(rig.folder);
    expect(fs.existsSync(rig.at("x"))).toBe(false);
    expect(fs.existsSync(rig.at(".stepwell/x"))).toBe(false);
    expect(fs.existsSync(path.join(path.dirname(rig.folder), "x"))).toBe(false);
  });
});
