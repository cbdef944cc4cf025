import fs from "node:fs";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, eventually, exited, makeRig, type Rig } from "./rig.ts";
import { type S3Server, startMoto } from "./servers/moto.ts";

// Data that lies in a bucket, as pipelines read and write it: a real S3 server, the real command line.

const server = await startMoto();
const missing = "missing" in server ? server.missing : null;

let rig: Rig;
let bucket: string;
let client: S3Client;

beforeAll(async () => {
  if (missing !== null) return;
  const { endpoint, accessKeyId, secretAccessKey } = server as S3Server;
  rig = makeRig("remote");
  bucket = await (server as S3Server).makeBucket();
  client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  rig.write(
    "lake.yml",
    `name: lake\ntype: s3\nbucket: ${bucket}\nprefix: team\nregion: us-east-1\nendpoint: ${endpoint}\ncredentials: {access_key_id: {env: LAKE_ID}, secret_access_key: ${secretAccessKey}}\n`,
  );
  expect(cli("datastore", "create", "lake.yml").code).toBe(0);
});

afterAll(() => rig?.remove());

const environment = (): Record<string, string> => ({
  XDG_CONFIG_HOME: rig.at("config"),
  LAKE_ID: (server as S3Server).accessKeyId,
});

const cli = (...words: readonly string[]): Ended => rig.cliWith(environment(), ...words);

const run = (...words: readonly string[]): ReturnType<Rig["run"]> => {
  const done = cli("run", ...words, "--json");
  try {
    return JSON.parse(done.stdout);
  } catch {
    throw new Error(done.stderr);
  }
};

async function put(key: string, text: string): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
}

async function get(key: string): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Body?.transformToString();
}

const COUNTS = `
type: command
compute: local
command: >-
  echo count >> "$LEDGER"; cat \${{inputs.words}}/*.txt | wc -w | tr -d ' ' > \${{outputs.count}}
environment_variables: {LEDGER: "@LEDGER@"}
inputs: {words: {type: uri_folder, path: "@PATH@"}}
outputs: {count: {type: uri_file@MORE@}}
`;

function counts(file: string, from: string, more = ""): string {
  const text = COUNTS.replace("@LEDGER@", rig.at("ledger")).replace("@PATH@", from);
  rig.write(file, text.replace("@MORE@", more));
  return file;
}

function outputOf(name: string): string {
  return fs.readFileSync(cli("outputs", name, "count").stdout.trim(), "utf8").trim();
}

const downloads = (): readonly string[] =>
  fs.readdirSync(rig.at(".stepwell/downloads")).filter((one) => !one.includes("."));

describe.skipIf(missing !== null)("data in a bucket", () => {
  it("is read by a step, once, and read anew when it has changed", async () => {
    await put("team/words/a.txt", "one two\n");
    await put("team/words/deep/b.txt", "not counted\n");
    const file = counts("counts.yml", "azureml://datastores/lake/paths/words");
    const first = run(file);
    expect([first.status, outputOf(first.name)]).toEqual(["Completed", "2"]);
    expect(run(file).status).toBe("Completed");
    expect(rig.ran()).toEqual(["count"]);
    await put("team/words/a.txt", "one two three\n");
    const second = run(file);
    expect(outputOf(second.name)).toBe("3");
    expect(rig.ran()).toEqual(["count"]);
  });

  it("counts by its bytes: the same under another address, or on this disk, runs nothing", async () => {
    await put("team/copy/a.txt", "one two three\n");
    await put("team/copy/deep/b.txt", "not counted\n");
    run(counts("counts-copy.yml", "azureml://datastores/lake/paths/copy/"));
    rig.write("local/a.txt", "one two three\n");
    rig.write("local/deep/b.txt", "not counted\n");
    run(counts("counts-local.yml", "./local"));
    run(counts("counts-url.yml", `s3://${bucket}/team/copy`));
    expect(rig.ran()).toEqual([]);
  });

  it("is not fetched again when nobody needs it: what is known of its versions is enough", () => {
    fs.rmSync(rig.at(".stepwell/downloads"), { recursive: true });
    fs.mkdirSync(rig.at(".stepwell/downloads"));
    expect(cli("plan", "counts.yml").stdout).toMatch(/reuse/i);
    run("counts.yml");
    expect([rig.ran(), downloads()]).toEqual([[], []]);
    const { name } = run("counts.yml", "--force");
    expect([rig.ran(), downloads().length]).toEqual([["count"], 1]);
    for (const folder of ["downloads", "store/.kept"])
      fs.rmSync(rig.at(`.stepwell/${folder}`), { recursive: true, force: true });
    expect(cli("rerun", name).code).toBe(0);
    expect(cli("rerun", name, "--force").code).toBe(0);
    expect([rig.ran(), downloads().length]).toEqual([["count"], 1]);
  });

  it("is brought here as a file and as the folder of that file alone, and neither takes the other's place", async () => {
    await put("team/single/only/a.txt", "alone\n");
    const at = "azureml://datastores/lake/paths/single";
    rig.write(
      "twice.yml",
      `type: command\ncompute: local\ncommand: cat \${{inputs.file}} \${{inputs.folder}}/a.txt \${{inputs.above}}/only/a.txt\ninputs:\n  file: {type: uri_file, path: "${at}/only/a.txt"}\n  folder: {type: uri_folder, path: "${at}/only"}\n  above: {type: uri_folder, path: "${at}"}\n`,
    );
    const { name, status } = run("twice.yml");
    expect([status, cli("logs", name).stdout]).toEqual(["Completed", "alone\nalone\nalone\n"]);
  });

  it("that vanished, or a path where nothing is, is told before anything starts", () => {
    const refused = cli("run", counts("nothing.yml", "azureml://datastores/lake/paths/none"));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "azureml://datastores/lake/paths/none: there is nothing there",
    );
    const up = cli("run", counts("up.yml", "azureml://datastores/lake/paths/../secret"));
    expect(up.stderr).toContain("leaves the datastore lake");
  });

  it("is a data asset whose drift is found, with what changed", async () => {
    await put("team/asset/a.txt", "a\n");
    await put("team/asset/b.txt", "b\n");
    const made = cli(
      "data",
      "create",
      "--name",
      "far",
      "--path",
      "azureml://datastores/lake/paths/asset",
      "--json",
    );
    expect(JSON.parse(made.stdout).definition).toMatchObject({ sizeBytes: 4, files: 2 });
    fs.writeFileSync(rig.at("stepwell.yml"), "keep: reference\n");
    await put("team/asset/b.txt", "another\n");
    await put("team/asset/c.txt", "new\n");
    fs.rmSync(rig.at(".stepwell/store/.kept"), { recursive: true, force: true });
    const refused = cli("run", counts("drift.yml", "azureml:far:1"));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/not those that were recorded: .*b\.txt/);
    expect(refused.stderr).toContain(
      "stepwell data create --name far --path azureml://datastores/lake/paths/asset",
    );
    fs.rmSync(rig.at("stepwell.yml"));
  });

  it("is read by the step itself in mode direct, and never brought here", async () => {
    rig.write(
      "direct.yml",
      `type: command\ncompute: local\ncommand: echo \${{inputs.far}} > \${{outputs.said}}\ninputs: {far: {type: uri_folder, mode: direct, path: "azureml://datastores/lake/paths/asset"}}\noutputs: {said: {type: uri_file}}\n`,
    );
    const before = downloads().length;
    const { name } = run("direct.yml");
    const said = fs.readFileSync(cli("outputs", name, "said").stdout.trim(), "utf8").trim();
    expect(said).toBe(`s3://${bucket}/team/asset`);
    expect(downloads().length).toBe(before);
    expect(cli("rerun", name).code).toBe(0);
    await put("team/asset/a.txt", "other\n");
    expect(JSON.parse(cli("plan", "direct.yml", "--json").stdout).steps[0].decision).toBe("run");
  });

  it("goes there from a step, also when the step is reused", async () => {
    const file = counts(
      "sends.yml",
      "azureml://datastores/lake/paths/words",
      `, path: "azureml://datastores/lake/paths/out/\${{name}}/count.txt"`,
    );
    const first = run(file);
    expect(await get(`team/out/${first.name}/count.txt`)).toBe("3\n");
    const second = run(file);
    expect(second.steps[0]?.status).toBe("Completed");
    expect(await get(`team/out/${second.name}/count.txt`)).toBe("3\n");
    expect(rig.ran().length).toBeLessThanOrEqual(1);
  });

  it("gets copies of all intermediate data where it is the default", async () => {
    rig.write("stepwell.yml", "default_datastore: lake\n");
    rig.write("mine.txt", "mine\n");
    const words = ["--name", "mine", "--path", "mine.txt", "--copy", "--json"];
    const made = JSON.parse(cli("data", "create", ...words).stdout);
    expect(made.definition).toMatchObject({ copied: true, reference: { datastore: "lake" } });
    expect(await get(`team/${made.definition.reference.path}`)).toBe("mine\n");
    const { name } = run("counts.yml", "--force");
    expect(await get(`team/azureml/${name}/count`)).toBe("3\n");
    fs.rmSync(rig.at("stepwell.yml"));
    rig.ran();
  });

  it("that cannot be written fails the run and not the step, and says why", async () => {
    const file = counts(
      "denied.yml",
      "./local",
      `, path: "azureml://datastores/shut/paths/out/count.txt"`,
    );
    rig.write(
      "shut.yml",
      `name: shut\ntype: s3\nbucket: ${bucket}\nendpoint: ${(server as S3Server).endpoint}\ncredentials: {access_key_id: nobody, secret_access_key: wrong}\n`,
    );
    cli("datastore", "create", "shut.yml");
    const failed = run(file);
    expect(failed.status).toBe("Failed");
    expect(failed.steps[0]?.status).toBe("Completed");
    expect(cli("show", failed.name).stdout).toContain(
      "output count is recorded, but was not copied to azureml://datastores/shut/paths/out/count.txt",
    );
    rig.write("stepwell.yml", "default_datastore: shut\n");
    const unsent = run("counts.yml", "--force");
    fs.rmSync(rig.at("stepwell.yml"));
    expect(unsent.status).toBe("Failed");
    // Run again it would be reused, and nothing sent.
    expect(cli("show", unsent.name).stdout).toContain("run it with --force\n");
  });

  it("is fetched by one process at a time, and on from where a killed one left off", async () => {
    const megabytes = 6;
    await put("team/big/a.txt", "word ".repeat((megabytes << 20) / 5));
    rig.write("stepwell.yml", "transfers: {bandwidth: 200kB}\n");
    const file = counts("big.yml", "azureml://datastores/lake/paths/big");
    const slow = rig.startWith(environment(), "run", file);
    const partial = (): string | undefined =>
      fs.readdirSync(rig.at(".stepwell/downloads")).find((one) => one.endsWith(".partial"));
    await eventually(() => partial() !== undefined, "the fetch to begin");
    slow.kill("SIGKILL");
    await exited(slow);
    expect(fs.existsSync(rig.at(`.stepwell/downloads/${partial()?.replace(".partial", "")}`))).toBe(
      false,
    );
    rig.write("stepwell.yml", "transfers: {at_once: 8}\n");
    const both = [1, 2].map(() => rig.startWith(environment(), "run", file));
    const codes = await Promise.all(both.map(exited));
    expect(codes).toEqual([0, 0]);
    expect(outputOf("last")).toBe(String(Math.floor((megabytes << 20) / 5)));
    expect(
      fs.readdirSync(rig.at(".stepwell/downloads")).filter((one) => one.includes(".")),
    ).toEqual([]);
    fs.rmSync(rig.at("stepwell.yml"));
    rig.ran();
  });

  it("that is gone when the step starts fails the step, with a way out", async () => {
    await put("team/late/a.txt", "late\n");
    const file = counts("late.yml", "azureml://datastores/lake/paths/late");
    run(file);
    fs.rmSync(rig.at(".stepwell/downloads"), { recursive: true });
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: "team/late/a.txt" }));
    expect(cli("run", file).stderr).toContain("there is nothing there");
  });
});

if (missing !== null) it.skip(`data in a bucket is read and written: ${missing}`, () => {});
