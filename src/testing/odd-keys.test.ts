import fs from "node:fs";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";
import { type S3Server, startMoto } from "./servers/moto.ts";

// A bucket with keys that no file can be called: everything else in it is used, and nothing is written outside of its folder.

const server = await startMoto();

const ODD = ["/abs", "a//b", "in/../../evil", "in/bad/../../../evil", "in/x/./y"];

describe.skipIf("missing" in server)("a bucket with keys that no file can be called", () => {
  let rig: Rig;

  const cli = (...words: readonly string[]) => {
    const done = rig.cliWith({ XDG_CONFIG_HOME: rig.at("config") }, ...words);
    return { code: done.code, said: done.stdout + done.stderr };
  };

  beforeAll(async () => {
    rig = makeRig("odd-keys");
    const { endpoint, accessKeyId, secretAccessKey, makeBucket } = server as S3Server;
    const Bucket = await makeBucket();
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({
      endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials,
    });
    for (const Key of [...ODD, "in/good.csv", "in/line\u001b[2J.csv"])
      await client.send(new PutObjectCommand({ Bucket, Key, Body: "a\n1\n" }));
    client.destroy();
    rig.write(
      "lake.yml",
      `name: lake\ntype: s3\nbucket: ${Bucket}\nregion: us-east-1\nendpoint: ${endpoint}\ncredentials: {access_key_id: ${accessKeyId}, secret_access_key: ${secretAccessKey}}\n`,
    );
    expect(cli("datastore", "create", "lake.yml")).toMatchObject({ code: 0 });
  });
  afterAll(() => rig.remove());

  it("is checked and looked at, and says how many are left out", () => {
    expect(cli("datastore", "check", "lake")).toMatchObject({ code: 0 });
    const { code, said } = cli("data", "preview", "azureml://datastores/lake/paths/");
    expect([code, said]).toEqual([0, expect.stringContaining("in/good.csv")]);
    expect(said).toContain(
      '5 names there are left out, because no file can be called that, the first "/abs"',
    );
    expect(said).not.toContain("\u001b[2J");
  });

  it.each([
    ["", 5],
    ["in", 3],
  ])("gives a step what else there is in %j, and one warning", (place, count) => {
    rig.write(
      "job.yml",
      `type: pipeline
jobs:
  read:
    command: cd \${{inputs.data}} && find . -type f | wc -l > \${{outputs.count}}
    inputs: {data: {type: uri_folder, path: azureml://datastores/lake/paths/${place}}}
    outputs: {count: {type: uri_file, path: ./count}}
`,
    );
    const { code, said } = cli("run", "job.yml");
    expect([code, said]).toEqual([0, expect.stringContaining(`${count} names there are left out`)]);
    expect(said.split("left out").length).toBe(2);
    expect(rig.read("count").trim()).toBe("2");
    expect(fs.readdirSync(rig.folder, { recursive: true }).join("\n")).not.toContain("evil");
  });

  it.each([
    ["copy_data", "inputs: {from: {type: uri_folder, path: azureml://datastores/lake/paths/in}}"],
    ["import_data", "source: {type: file_system, connection: lake, path: in}"],
  ])("is moved without them by %s, which says so", (task, from) => {
    const name = task.slice(0, 4);
    rig.write(
      "move.yml",
      `type: pipeline
jobs:
  move:
    type: data_transfer
    task: ${task}
    ${from}
    outputs: {sink: {type: uri_folder}}
`,
    );
    const { code, said } = cli("run", "move.yml", "--name", name);
    expect([code, said]).toEqual([0, expect.any(String)]);
    const log = cli("logs", name, "move").said;
    expect(`${said}${log}`).toContain("3 names there are left out");
    expect(log).toContain("2 files");
    expect(fs.readdirSync(rig.folder, { recursive: true }).join("\n")).not.toContain("evil");
  });

  it.each([
    ["in/../../evil", "leaves the datastore lake"],
    ["a//b", "has an empty part"],
  ])("says what is wrong with %s where it is named", (key, words) => {
    const { code, said } = cli("data", "preview", `azureml://datastores/lake/paths/${key}`);
    expect([code, said]).toEqual([expect.any(Number), expect.stringContaining(words)]);
    expect(code).not.toBe(0);
  });
});
