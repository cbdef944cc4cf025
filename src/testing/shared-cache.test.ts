import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../records/sqlite/driver.ts";
import { type Ended, makeRig, type Rig } from "./rig.ts";

// Sharing without a server: one workspace writes, another reads, and nothing that is not signed by somebody trusted, or is
// not what its name says, is ever used.

let maker: Rig;
let reader: Rig;

beforeEach(() => {
  maker = makeRig("maker");
  reader = makeRig("reader");
  for (const rig of [maker, reader]) rig.write("p.yml", pipeline(rig));
});

afterEach(() => {
  maker.remove();
  reader.remove();
});

const pipeline = (rig: Rig): string =>
  `
type: pipeline
display_name: both
settings: {default_compute: azureml:local}
jobs:
  one:
    type: command
    command: >-
      echo one >> "${rig.at("ledger")}"; mkdir \${{outputs.d}}/x; echo hi > \${{outputs.d}}/x/f.txt;
      chmod +x \${{outputs.d}}/x/f.txt; ln -s x/f.txt \${{outputs.d}}/l; mkdir \${{outputs.d}}/empty
    outputs: {d: {type: uri_folder}}
  two:
    type: command
    command: echo two >> "${rig.at("ledger")}"; cat \${{inputs.d}}/l > \${{outputs.f}}
    inputs: {d: {type: uri_folder, path: "\${{parent.jobs.one.outputs.d}}"}}
    outputs: {f: {type: uri_file}}
`.replaceAll(rig.at("ledger"), "/dev/null");

/** Both have keys of their own. */
const as = (rig: Rig, ...words: readonly string[]): Ended =>
  rig.cliWith({ XDG_CONFIG_HOME: rig.at("config") }, ...words);

const keyOf = (rig: Rig): string => as(rig, "cache", "key").stdout.trim();

const place = (): string => maker.at("shared");

function share(trust: readonly string[] = [keyOf(maker)]): void {
  maker.write("stepwell.yml", `cache: [{url: ./shared, mode: read-write}]\n`);
  reader.write("stepwell.yml", `cache: [{url: "${place()}", trust: [${trust.join(", ")}]}]\n`);
}

function run(rig: Rig, ...words: readonly string[]) {
  const done = as(rig, "run", "p.yml", ...words, "--json");
  const view = JSON.parse(done.stdout);
  const decisions = view.steps
    .filter((one: { type: string }) => one.type !== "pipeline")
    .map((one: { reuse: { decision: string } | null }) => one.reuse?.decision);
  return { decisions, name: view.name, status: view.status, said: done.stderr };
}

function filesBelow(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => fs.statSync(file).isFile());
}

function alter(part: string, change: (text: string) => string): void {
  const files = filesBelow(path.join(place(), part));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    fs.chmodSync(file, 0o644);
    fs.writeFileSync(file, change(fs.readFileSync(file, "utf8")));
  }
}

/** All that is recorded there was made two days before. */
function makeOlder(rig: Rig): void {
  const database = openDatabase(rig.at(".stepwell/stepwell.db"));
  database.exec(
    `update event set body=json_set(body, '$.at', json_extract(body, '$.at')-172800000)
     where json_extract(body, '$.kind')='step_completed'`,
  );
  database.close();
}

/** Its step one takes no result that is older than a day. */
function youngOnly(rig: Rig): void {
  rig.write("p.yml", rig.read("p.yml").replace("  one:\n", "  one:\n    reuse: {max_age: 1d}\n"));
}

describe("a shared cache", () => {
  it("have a lineage where they are read, with the run and the steps of their maker", () => {
    share();
    run(maker);
    run(reader);
    const view = JSON.parse(as(reader, "lineage", "two.f", "--json").stdout);
    expect(view.made.run).toMatch(/^both-1\.[0-9a-f]{8}$/);
    const steps = view.nodes.filter((node: { kind: string }) => node.kind === "step_run");
    expect(steps.map((node: { step: string }) => node.step)).toEqual(["two", "one"]);
    const down = as(reader, "lineage", "one.d", "--down").stdout;
    expect(down).toMatch(/read as d by two of both-1\./);
  });

  it("gives a reader what the maker made, and its bytes when they are needed", () => {
    share();
    expect(run(maker).decisions).toEqual(["ran", "ran"]);
    const planned = as(reader, "plan", "p.yml").stdout;
    expect(planned).toContain("0 to run, 2 to reuse");
    const { decisions, name } = run(reader);
    expect(decisions).toEqual(["reused", "reused"]);
    expect(fs.existsSync(reader.at(".stepwell/store/azureml"))).toBe(false);
    const at = as(reader, "outputs", name, "one.d").stdout.trim();
    expect(fs.readFileSync(path.join(at, "l"), "utf8")).toBe("hi\n");
    expect(fs.statSync(path.join(at, "x/f.txt")).mode & 0o111).not.toBe(0);
    expect(fs.existsSync(path.join(at, "empty"))).toBe(true);
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
  });

  it("is no promise of a plan for a step that reads what another is about to make", () => {
    for (const rig of [maker, reader])
      rig.write("p.yml", rig.read("p.yml").replace("  one:\n", "  one:\n    reuse: never\n"));
    share();
    run(maker);
    const detail = "never ran; a cache may have its result, which depends on one";
    expect(JSON.parse(as(reader, "plan", "p.yml", "--json").stdout).steps).toMatchObject([
      { name: "one", decision: "run" },
      { name: "two", decision: "depends", reason: { kind: "never_ran", detail } },
    ]);
    expect(run(reader).decisions).toEqual(["ran", "reused"]);
  });

  it("brings what a step reads before it starts, when only that step runs", () => {
    share();
    run(maker);
    expect(run(reader, "--force", "two").decisions).toEqual(["reused", "ran"]);
    const found = filesBelow(reader.at(".stepwell/store/azureml")).map((one) => path.basename(one));
    expect(found.filter((one) => one === "f.txt")).toHaveLength(1);
  });

  it("brings what a step reads for a shell where it ran", () => {
    share();
    run(maker);
    const { name } = run(reader);
    const said = as(
      reader,
      "shell",
      name,
      "two",
      "--",
      "bash",
      "-c",
      "./step.sh; cat $SW_outputs_f",
    );
    expect([said.code, said.stdout]).toEqual([0, "hi\n"]);
  });

  it("brings an output that was removed here and made again elsewhere", () => {
    share();
    run(maker);
    expect(run(reader, "--force").decisions).toEqual(["ran", "ran"]);
    expect(as(reader, "delete", "both-1").code).toBe(0);
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
    const at = as(reader, "outputs", "both-1", "one.d").stdout.trim();
    expect(fs.readFileSync(path.join(at, "l"), "utf8")).toBe("hi\n");
  });

  it("is read by whoever made it without naming the own key", () => {
    share();
    run(maker);
    fs.rmSync(maker.at(".stepwell"), { recursive: true });
    expect(run(maker).decisions).toEqual(["reused", "reused"]);
  });

  it("is not believed when nobody who is trusted signed", () => {
    share([]);
    run(maker);
    const { decisions, said } = run(reader);
    expect(decisions).toEqual(["ran", "ran"]);
    expect(said).toContain(`its key is not trusted: ${keyOf(maker)}`);
  });

  it.each([
    ["altered", (text: string) => text.replace("both", "evil")],
    ["cut off", (text: string) => text.slice(0, text.length / 2)],
    ["empty", () => ""],
    ["unsigned", (text: string) => JSON.stringify({ format: 1, body: JSON.parse(text).body })],
    ["signed by another", (text: string) => text.replace(/"signature":"..../, '"signature":"AAAA')],
    ["of another format", () => '{"format":9}'],
  ])("is not believed when a run in it is %s", (_, change) => {
    share();
    run(maker);
    alter("runs", change);
    const { decisions, said } = run(reader);
    expect(decisions).toEqual(["ran", "ran"]);
    expect(said).toContain("is not used:");
  });

  it("is not believed when bytes in it are others, and its result is not taken again", () => {
    share();
    run(maker);
    alter("bytes", (text) => text.replace("hi", "ho"));
    const { decisions, status } = run(reader, "--force", "two");
    expect([decisions[0], status]).toEqual(["reused", "Failed"]);
    expect(as(reader, "show").stdout).toContain("run again: one will run then");
    expect(run(reader)).toMatchObject({ decisions: ["ran", "reused"], status: "Completed" });
  });

  it("is not believed when a list in it leads elsewhere", () => {
    share();
    run(maker);
    alter("manifests", (text) => text.replace("x/f.txt", "../../f.txt"));
    const { decisions, status } = run(reader, "--force", "two");
    expect([decisions, status]).toEqual([["ran", "ran"], "Completed"]);
    expect(fs.existsSync(reader.at(".stepwell/store/azureml/f.txt"))).toBe(false);
  });

  it.each(["bytes", "manifests"])("is no hit when %s in it are gone, and says so", (part) => {
    share();
    run(maker);
    run(reader);
    fs.rmSync(path.join(place(), part), { recursive: true });
    const words = `its bytes are gone from the cache ${place()}`;
    expect(as(reader, "plan", "p.yml").stdout).toMatch(new RegExp(`run +one .*${words}`));
    const { decisions, status, said } = run(reader);
    expect([decisions[0], status]).toEqual(["ran", "Completed"]);
    expect(said).toContain(words);
    expect(as(reader, "why", "one").stdout).toContain(words);
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
  });

  it("is no hit when it is not named any more and the bytes never came", () => {
    share();
    run(maker);
    run(reader);
    fs.rmSync(reader.at("stepwell.yml"));
    const { decisions, status } = run(reader);
    expect([decisions, status]).toEqual([["ran", "ran"], "Completed"]);
  });

  it("is believed while it cannot be asked", () => {
    share();
    run(maker);
    run(reader);
    fs.renameSync(place(), `${place()}-away`);
    fs.writeFileSync(place(), "");
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
    const { status } = run(reader, "--force", "two");
    expect(status).toBe("Failed");
    fs.rmSync(place());
    fs.renameSync(`${place()}-away`, place());
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
  });

  it("is done without when it cannot be reached, and says so once", () => {
    reader.write(
      "stepwell.yml",
      "datastores: {gone: {type: s3, bucket: b, endpoint: http://127.0.0.1:1, credentials: none}}\ncache: [{url: azureml://datastores/gone/paths/x}]\n",
    );
    const { decisions, said } = run(reader);
    expect(decisions).toEqual(["ran", "ran"]);
    expect(said.split("is done without").length).toBe(2);
  });

  it("is done without, with the run completed, where its folder cannot be made", () => {
    maker.write("taken", "");
    maker.write("stepwell.yml", "cache: [{url: ./taken, mode: read-write}]\n");
    const { status, name, said } = run(maker);
    expect(status).toBe("Completed");
    expect(said).toContain(`warning: ${name} was not shared with ./taken`);
    const pushed = as(maker, "push", name);
    expect([pushed.code, pushed.stderr]).toEqual([1, expect.stringContaining("not a folder")]);
  });

  it("takes runs and assets by name", () => {
    share();
    const { name } = run(maker);
    maker.write("iris.csv", "a,b\n1,2\n");
    as(maker, "data", "create", "--name", "iris", "--path", "iris.csv");
    maker.write("iris.csv", "changed since\n");
    expect(as(maker, "push", "data:iris:1").stdout).toContain("data:iris:1, 1 new files");
    expect(as(maker, "push", name).stdout).toContain("2 results, 0 new files");
    expect(as(reader, "pull", name).stdout).toContain("2 outputs");
    expect(as(reader, "pull", "data:iris:1").stdout).toContain("azureml:iris:1");
    const shown = JSON.parse(as(reader, "data", "show", "iris", "--json").stdout);
    expect(shown).toMatchObject({ version: "1", definition: { copied: true, sizeBytes: 8 } });
    expect(as(reader, "pull", "none").stderr).toContain("there is none of that name");
    expect(as(reader, "push").code).toBe(2);
  });

  it("says which run to pull where one took everything over", () => {
    share();
    const first = run(maker).name;
    const again = run(maker).name;
    expect(as(maker, "push", again).stdout).toMatch(
      new RegExp(`${again}: 0 results,.*\n.*${first}: 2 results,`),
    );
    const refused = as(reader, "pull", again);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("by the name of the run that made them"),
    ]);
    expect(as(reader, "pull", first).stdout).toContain("2 outputs");
  });

  it("does not bring back what was invalidated here, but brings what another made since", () => {
    share();
    run(maker);
    run(reader);
    for (const rig of [maker, reader]) {
      as(rig, "invalidate", "one", "--reason", "wrong labels");
      expect(as(rig, "plan", "p.yml").stdout).toMatch(/run +one .*invalidated by .*wrong labels/);
    }
    expect(run(maker).decisions).toEqual(["ran", "reused"]);
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
  });

  it("is asked for a younger result where the own one is too old for the step", () => {
    share();
    run(maker);
    run(reader);
    makeOlder(reader);
    youngOnly(reader);
    run(maker, "--force");
    const planned = as(reader, "plan", "p.yml").stdout;
    expect(planned).toMatch(/reuse +one +unchanged since both-2\./);
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
  });

  it("gives a result that is young enough, however many old ones it has", () => {
    for (let at = 0; at < 4; at += 1) run(maker, "--force");
    makeOlder(maker);
    share();
    for (const number of [1, 2, 3, 4]) as(maker, "push", `both-${number}`);
    run(maker, "--force");
    youngOnly(reader);
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
    expect(as(reader, "why", "one").stdout).toMatch(/unchanged since both-5\./);
  });

  it.each([
    ["code", "code: ."],
    ["data", "inputs: {data: {type: uri_folder, path: .}}"],
  ])("is no %s where it lies in the folder that a step names as such", (_, uses) => {
    share();
    maker.write("p.yml", `type: command\ncompute: local\n${uses}\ncommand: 'true'\n`);
    expect(run(maker).decisions).toEqual(["ran"]);
    expect(filesBelow(place()).length).toBeGreaterThan(0);
    expect(as(maker, "plan", "p.yml").stdout).toMatch(/^reuse/);
  });

  it("keeps to itself what relies on undeclared files", () => {
    share();
    maker.write("extra.txt", "x\n");
    maker.write(
      "p.yml",
      `type: command\ncompute: local\ncommand: python3 -c "print(open('${maker.at("extra.txt")}').read())" > \${{outputs.o}}\noutputs: {o: {type: uri_file}}\n`,
    );
    const { name } = run(maker);
    expect(as(maker, "push", name).stdout).toMatch(
      /0 results.*\n.*not shared: it relies on what it does not declare/,
    );
    expect(fs.existsSync(path.join(place(), "results"))).toBe(false);
  });

  it("is written by several at once without harm, and again without writing", async () => {
    const { name } = run(maker);
    share();
    const pushes = [1, 2, 3].map(() =>
      maker.startWith({ XDG_CONFIG_HOME: maker.at("config") }, "push", name),
    );
    const codes = await Promise.all(pushes.map(async (one) => (await once(one, "exit"))[0]));
    expect(codes).toEqual([0, 0, 0]);
    const before = filesBelow(place());
    expect(before.filter((one) => path.basename(path.dirname(one)) === "runs")).toHaveLength(1);
    as(maker, "push", name);
    expect(filesBelow(place())).toEqual(before);
    expect(run(reader).decisions).toEqual(["reused", "reused"]);
  });
});
