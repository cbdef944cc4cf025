import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, makeRig, type Rig } from "../testing/rig.ts";

// Data assets and datastores as a user meets them: registered, found again, checked whenever they are read.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("data");
  rig.write("words/a.txt", "one two\n");
  rig.write("words/b.txt", "three\n");
});

afterAll(() => rig.remove());

const cli = (...words: readonly string[]): Ended =>
  rig.cliWith({ XDG_CONFIG_HOME: rig.at("config") }, ...words);

const json = (...words: readonly string[]): ReturnType<typeof JSON.parse> =>
  JSON.parse(cli(...words, "--json").stdout);

const READS = (input: string): string => `
type: command
compute: local
command: cat \${{inputs.words}}/*.txt > \${{outputs.all}}
inputs: {words: {type: uri_folder, path: "${input}"}}
outputs: {all: {type: uri_file}}
`;

describe("a data asset", () => {
  it("is registered with its content, size and tags, by reference", () => {
    const made = json("data", "create", "--name", "words", "--path", "words", "--tag", "team=bio");
    expect(made).toMatchObject({ outcome: "created", version: "1", tags: { team: "bio" } });
    expect(made.definition).toMatchObject({ sizeBytes: 14, files: 2 });
    expect(cli("data", "show", "words").stdout).toContain("14 B in 2 files, by reference");
  });

  it("is found by text and tag, and not when it is archived", () => {
    const names = (...words: readonly string[]): readonly string[] =>
      json("data", "list", ...words).assets.map((one: { name: string }) => one.name);
    expect(names("--search", "BIO")).toEqual(["words"]);
    expect(names("--tag", "team=chem")).toEqual([]);
    expect(names("--tag", "team")).toEqual(["words"]);
    cli("data", "archive", "words:1");
    expect(names()).toEqual([]);
    expect(names("--archived-only")).toEqual(["words"]);
    expect(json("data", "show", "words:1")).toMatchObject({ archived: true });
    expect(cli("data", "create", "--name", "words", "--path", "words").stdout).toContain(
      "nothing was changed; it is archived: stepwell data restore words:1",
    );
    cli("data", "restore", "words");
    expect(names()).toEqual(["words"]);
    cli("data", "update", "words", "--description", "for tests", "--untag", "team");
    expect(json("data", "show", "words")).toMatchObject({ description: "for tests", tags: {} });
  });

  it("whose bytes changed fails what reads it before it starts, and says which files", () => {
    rig.write("reads.yml", READS("azureml:words:1"));
    expect(rig.run("run", "reads.yml").status).toBe("Completed");
    rig.write("stepwell.yml", "keep: reference\n");
    rig.write("big/a.txt", "x\n");
    rig.write("big/b.txt", "y\n");
    cli("data", "create", "--name", "big", "--path", "big");
    rig.write("big/b.txt", "changed\n");
    rig.write("reads-big.yml", READS("azureml:big:1"));
    const refused = cli("run", "reads-big.yml");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("are not those that were recorded: b.txt");
    expect(refused.stderr).toContain("stepwell data create --name big --path");
    fs.rmSync(rig.at("stepwell.yml"));
  });

  it("that was copied is immutable in fact", () => {
    rig.write("copied/a.txt", "kept\n");
    const made = json("data", "create", "--name", "copied", "--path", "copied", "--copy");
    expect(made.definition).toMatchObject({ copied: true, reference: { kind: "datastore" } });
    fs.rmSync(rig.at("copied"), { recursive: true });
    rig.write("reads-copied.yml", READS("azureml:copied@latest"));
    const run = rig.run("run", "reads-copied.yml");
    expect(run.status).toBe("Completed");
    expect(rig.cli("outputs", run.name, "all").stdout).toContain("all");
    expect(cli("data", "show", "copied").stdout).toContain("Stepwell holds the bytes");
  });

  it("that was copied and deleted gives its bytes back, unless a run has read them", () => {
    rig.write("spare/a.txt", "spare\n");
    cli("data", "create", "--name", "spare", "--path", "spare", "--copy");
    const places = ["spare", "copied"].map((name) => rig.at(`.stepwell/store/assets/${name}`));
    const folders = (): readonly number[] => places.map((at) => fs.readdirSync(at).length);
    const long = new Date(Date.now() - 2 * 3_600_000);
    for (const at of places)
      for (const name of fs.readdirSync(at)) fs.utimesSync(`${at}/${name}`, long, long);
    cli("gc");
    expect(folders()).toEqual([1, 1]);
    expect(cli("delete", "data:spare:1").code).toBe(0);
    cli("gc");
    expect(folders()).toEqual([0, 1]);
  });

  it("is made of an output after the fact, with the run that made it", () => {
    rig.write("reads.yml", READS("azureml:words:1"));
    const { name } = rig.run("run", "reads.yml", "--name", "maker");
    const made = json("data", "create", "--name", "all", "--from", `${name}.all`);
    expect(made).toMatchObject({ run: "maker", definition: { type: "uri_file" } });
  });
});

describe("a data import", () => {
  it("is a run whose output becomes the asset, by its file alone", () => {
    rig.write("far/2026/a.csv", "x\n1\n");
    rig.write("far.yml", "name: far_files\ntype: file\npath: ./far\n");
    cli("datastore", "create", "far.yml");
    rig.write(
      "import.yml",
      "name: brought\ntype: uri_folder\ndescription: of far\nsource: {type: file_system, connection: azureml:far_files, path: '2026'}\npath: azureml://datastores/far_files/paths/copies/${{name}}\n",
    );
    expect(cli("data", "import", "import.yml").code).toBe(0);
    const asset = json("data", "show", "brought");
    expect(asset).toMatchObject({ version: "1", run: "import-brought-1" });
    expect(rig.read("far/copies/import-brought-1/a.csv")).toBe("x\n1\n");
    rig.write("bad.yml", "name: x\nsource: {type: database, connection: c, tabel: t}\n");
    const refused = cli("data", "import", "bad.yml");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/bad\.yml:2:\d+.*`tabel`/),
    ]);
    cli("datastore", "delete", "far_files");
  });
});

describe("a datastore", () => {
  it("that is registered anew keeps no secret that it does not name any more", () => {
    const register = (credentials: string): readonly string[] => {
      const head = "name: sealed\ntype: azure_blob\naccount_name: a\ncontainer_name: c\n";
      rig.write("sealed.yml", `${head}credentials: ${credentials}\n`);
      expect(cli("datastore", "create", "sealed.yml").code).toBe(0);
      const secrets = JSON.parse(cli("secret", "list", "--json").stdout).secrets;
      return secrets.map(({ name }: { readonly name: string }) => name);
    };
    expect(register("{sas_token: one}")).toEqual(["datastores/sealed/sasToken"]);
    expect(register("{sas_token: {secret: datastores/sealed/sasToken}}")).toHaveLength(1);
    expect(register("{account_key: two}")).toEqual(["datastores/sealed/accountKey"]);
    expect(register("{account_key: {env: KEY}}")).toEqual([]);
    cli("datastore", "delete", "sealed");
  });

  it("is registered with its secrets sealed, and read by pipelines by its name", () => {
    rig.write("lake/words/a.txt", "from the lake\n");
    rig.write("lake.yml", "name: lake\ntype: file\npath: ./lake\n");
    expect(cli("datastore", "create", "lake.yml").code).toBe(0);
    rig.write("reads-lake.yml", READS("azureml://datastores/lake/paths/words"));
    const run = rig.run("run", "reads-lake.yml");
    expect(run.status).toBe("Completed");
    const secret = "canary-9f8e7d";
    rig.write(
      "s3.yml",
      `name: far\ntype: s3\nbucket: b\nendpoint: http://127.0.0.1:1\ncredentials: {access_key_id: ${secret}-id, secret_access_key: ${secret}}\n`,
    );
    const made = cli("datastore", "create", "s3.yml");
    expect(made.stderr).toContain("2 secrets are kept sealed");
    const shown = [
      made,
      cli("datastore", "show", "far"),
      cli("datastore", "list", "--json"),
      cli("datastore", "check", "far"),
      cli("secret", "list"),
    ];
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toContain(secret);
    for (const file of fs.readdirSync(rig.at(".stepwell")).filter((one) => /\.db/.test(one)))
      expect(fs.readFileSync(rig.at(`.stepwell/${file}`), "latin1")).not.toContain(secret);
  });

  it("that cannot be reached says so, with a way out", () => {
    const refused = cli("datastore", "check", "far");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/error: .*127\.0\.0\.1:1/);
    rig.write("reads-far.yml", READS("azureml://datastores/far/paths/words"));
    expect(cli("run", "reads-far.yml").stderr).toContain("stepwell datastore check");
  });

  it("that is not there is named, with the nearest one", () => {
    rig.write("reads-lak.yml", READS("azureml://datastores/lak/paths/words"));
    const refused = cli("validate", "reads-lak.yml").stderr + cli("run", "reads-lak.yml").stderr;
    expect(refused).toContain("there is no datastore lak");
    expect(refused).toContain("lake");
  });

  it("is forgotten with its secrets, and what it holds stays", () => {
    expect(cli("datastore", "delete", "far").code).toBe(0);
    expect(json("secret", "list").secrets).toEqual([]);
    expect(cli("datastore", "delete", "lake").code).toBe(0);
    expect(rig.read("lake/words/a.txt")).toBe("from the lake\n");
    expect(cli("datastore", "delete", "workspaceblobstore").code).toBe(2);
  });
});
