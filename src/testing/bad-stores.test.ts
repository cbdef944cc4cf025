import fs from "node:fs";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exited, makeRig, type Rig } from "./rig.ts";
import { type S3Server, startMoto } from "./servers/moto.ts";
import { type S3Proxy, startS3Proxy } from "./servers/s3-proxy.ts";
import { type SmallDisk, smallDisk } from "./small-disk.ts";

// Storages that fail in the middle, as a user of the command line meets them: what it says, what is left, what it goes on with.

const server = await startMoto();
const missing = "missing" in server ? server.missing : null;
const proxy = missing === null ? await startS3Proxy((server as S3Server).endpoint) : null;

const FILES = 12;
const FILE_BYTES = 1 << 20;

let rig: Rig;
let disk: SmallDisk | null = null;

beforeEach(() => {
  disk = null;
});

afterEach(() => {
  proxy?.refuse(null);
  rig.remove();
  disk?.remove();
});

interface Done {
  readonly code: number | null;
  readonly said: string;
}

/** Without blocking this process, in which the proxy lives. */
async function run(...words: readonly string[]): Promise<Done> {
  const { child, said } = rig.watch({ XDG_CONFIG_HOME: rig.at("config") }, ...words);
  return { code: await exited(child), said: said() };
}

const READS = `type: pipeline
jobs:
  read:
    command: cat \${{inputs.data}}/* | wc -c > \${{outputs.count}}; echo ran >> "$LEDGER"
    environment_variables: {LEDGER: "@LEDGER@"}
    inputs: {data: {type: uri_folder, path: azureml://datastores/lake/paths/in}}
    outputs: {count: {type: uri_file}}
`;

/** A bucket with files, and a workspace that reaches it through the proxy. */
async function open(): Promise<void> {
  const { endpoint, accessKeyId, secretAccessKey, makeBucket } = server as S3Server;
  const bucket = await makeBucket();
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials });
  for (let file = 0; file < FILES; file += 1) {
    const Body = Buffer.alloc(FILE_BYTES, `file ${file} `);
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `in/${file}.bin`, Body }));
  }
  rig.write(
    "lake.yml",
    `name: lake\ntype: s3\nbucket: ${bucket}\nregion: us-east-1\nendpoint: ${(proxy as S3Proxy).endpoint}\ncredentials: {access_key_id: ${accessKeyId}, secret_access_key: ${secretAccessKey}}\n`,
  );
  expect(await run("datastore", "create", "lake.yml")).toMatchObject({ code: 0 });
  fs.rmSync(rig.at("lake.yml"));
  rig.write("job.yml", READS.replace("@LEDGER@", rig.at("ledger")));
}

/** Whole copies of what lies elsewhere. */
function downloads(): readonly string[] {
  const folder = rig.at(".stepwell/downloads");
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => !name.includes(".")) : [];
}

function secretsIn(text: string): boolean {
  const { secretAccessKey } = server as S3Server;
  const files = fs.readdirSync(rig.folder, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((one) => one.isFile())
    .map((one) => fs.readFileSync(`${one.parentPath}/${one.name}`, "latin1"));
  return [text, ...texts].some((one) => one.includes(secretAccessKey));
}

describe.skipIf(missing !== null)("a bucket that fails while a step's input is fetched", () => {
  it.each([
    ["credentials that expire", { status: 403, code: "ExpiredToken" }, /expired/i],
    ["a bucket that disappears", { status: 404, code: "NoSuchBucket" }, /no such place/],
    ["access that is taken away", { status: 403, code: "AccessDenied" }, /refuse|denied|access/i],
  ])(
    "%s: the run says so, keeps nothing half, shows no secret, and goes on later",
    async (_, refusal, words) => {
      rig = makeRig("bad-stores");
      await open();
      proxy?.refuse((count) => (count > 4 ? refusal : null));
      const { code, said } = await run("run", "job.yml");
      expect([code, said]).toEqual([expect.any(Number), expect.stringMatching(words)]);
      expect(code).not.toBe(0);
      expect(said).toMatch(/\n\s+(→ )?\S.*(lake|stepwell|again|credentials|datastore)/);
      expect([downloads(), fs.existsSync(rig.at("ledger")), secretsIn(said)]).toEqual([
        [],
        false,
        false,
      ]);
      proxy?.refuse(null);
      expect(await run("run", "job.yml")).toMatchObject({ code: 0 });
      expect(rig.read("ledger")).toBe("ran\n");
    },
  );
});

describe.skipIf(missing !== null)("a disk that is too small for a step's input", () => {
  it("fails the run in words, leaves room, and takes no half input for a whole one", async ({
    skip,
  }) => {
    disk = smallDisk({ megabytes: 8, inodes: 2000 });
    if (disk === null) return skip();
    rig = makeRig("bad-stores", disk.folder);
    await open();
    const { code, said } = await run("run", "job.yml");
    expect([code, said]).toEqual([expect.any(Number), expect.stringMatching(/disk|space/)]);
    expect(code).not.toBe(0);
    expect([downloads(), fs.existsSync(rig.at("ledger")), secretsIn(said)]).toEqual([
      [],
      false,
      false,
    ]);
  });
});

const MAKES = `type: pipeline
jobs:
  make:
    command: for i in 1 2 3; do head -c 1000000 /dev/zero > \${{outputs.out}}/$i; done; head -c 6000000 /dev/zero > \${{outputs.out}}/large
    outputs: {out: {type: uri_folder@PATH@}}
@SEND@`;

const SEND = `  send:
    type: data_transfer
    task: export_data
    inputs: {source: "\${{parent.jobs.make.outputs.out}}"}
    sink: {type: file_system, connection: small, path: sent}
`;

/** A workspace with room, and a datastore without. */
function openSmall(inodes: number): boolean {
  disk = smallDisk({ megabytes: 4, inodes });
  if (disk === null) return false;
  rig = makeRig("bad-stores");
  rig.write("stepwell.yml", `datastores: {small: {type: file, path: ${disk.folder}}}\n`);
  return true;
}

/** No file there holds a part of what was to be written. */
function wholeFilesOnly(): void {
  const folder = `${disk?.folder}/sent`;
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const sizes = names
    .filter((name) => !name.startsWith("."))
    .map((name) => fs.statSync(`${folder}/${name}`).size);
  expect(sizes.filter((size) => size !== 1_000_000)).toEqual([]);
}

describe("a disk that becomes full while an output is sent", () => {
  it("fails an export, with what to do, and shows no half file", async ({ skip }) => {
    if (!openSmall(1000)) return skip();
    rig.write("job.yml", MAKES.replace("@PATH@", "").replace("@SEND@", SEND));
    const { code, said } = await run("run", "job.yml");
    expect([code, said]).toEqual([1, expect.stringMatching(/full|no space/i)]);
    wholeFilesOnly();
  });

  it("fails the run and keeps the output where a copy was asked for", async ({ skip }) => {
    if (!openSmall(1000)) return skip();
    const path = ", path: azureml://datastores/small/paths/sent";
    rig.write("job.yml", MAKES.replace("@PATH@", path).replace("@SEND@", ""));
    const { code, said } = await run("run", "job.yml");
    expect([code, said]).toEqual([1, expect.stringContaining("no space left on the disk; free")]);
    expect(said).toContain(disk?.folder);
    wholeFilesOnly();
    expect(rig.cli("outputs", "make.out").stdout).toContain("make/out");
  });
});
