import { spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DataPreview } from "../operations/data/preview-data.ts";
import { CLI, type Ended, exited, makeRig, type Rig } from "./rig.ts";
import { type S3Server, startMoto } from "./servers/moto.ts";

// `data preview` as a person types it: data of every kind, wherever it lies, and nothing of it obeyed by a terminal.

const server = await startMoto();
const missing = "missing" in server ? server.missing : null;

const PIPELINE = `
type: pipeline
display_name: taxi
settings: {default_compute: azureml:local}
jobs:
  prepare:
    command: printf 'x,y\\n1,2\\n' > \${{outputs.rows}}/a.csv
    outputs: {rows: {type: uri_folder}}
`;

const ROWS = 400_000;

let rig: Rig;
let parquet: Buffer;

beforeAll(async () => {
  rig = makeRig("preview");
  fs.mkdirSync(rig.at(".git"));
  rig.write("fares.csv", "id,fare\n1,2.5\n2,\n");
  rig.write("pipeline.yml", PIPELINE);
  expect(rig.cli("data", "create", "--name", "fares", "--path", "fares.csv").code).toBe(0);
  expect(rig.run("run").status).toBe("Completed");
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const ids = Array.from({ length: ROWS }, (_, at) => at);
  const columnData = [
    { name: "id", data: ids, type: "INT32" } as const,
    ...["a", "b", "c"].map((name, seed) => ({
      name,
      data: ids.map((at) => Math.sin(at + seed)),
      type: "DOUBLE" as const,
    })),
  ];
  parquet = Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: ROWS, pageSize: 1 << 16 }));
});

afterAll(() => rig.remove());

describe("a folder with links", () => {
  it("says which lead to no file of it, and follows the others", () => {
    rig.write("linked/a.txt", "a");
    for (const [name, target] of [
      ["inside", "a.txt"],
      ["nowhere", "gone.txt"],
      ["outside", "../fares.csv"],
    ] as const)
      fs.symlinkSync(target, rig.at(`linked/${name}`));
    const { folder, notes } = preview("./linked");
    expect(folder?.files.map(({ path: at }) => at)).toEqual(["a.txt", "inside"]);
    expect(notes).toEqual([
      '2 links are left out, because no file of the folder is behind: the first "nowhere"',
    ]);
    expect(rig.cli("data", "preview", "./linked").stdout).toContain("2 links are left out");
  });
});

function preview(...words: readonly string[]): DataPreview {
  const done = rig.cli("data", "preview", ...words, "--json");
  expect([words, done.code, done.stderr]).toEqual([words, 0, ""]);
  return JSON.parse(done.stdout);
}

describe("data preview", () => {
  it.each(["fares", "fares:1", "fares@latest", "azureml:fares:1", "data:fares:1", "./fares.csv"])(
    "finds the table %s",
    (word) => {
      const { kind, table } = preview(word);
      expect(kind).toBe("table");
      expect(table?.columns).toEqual([
        { name: "id", type: "integer" },
        { name: "fare", type: "number" },
      ]);
      expect(table?.rows).toEqual([
        [1, 2.5],
        [2, null],
      ]);
    },
  );

  it("shows an output of a run: its files, and the table in it", () => {
    const { kind, folder, table } = preview("last.prepare.rows");
    expect(kind).toBe("folder");
    expect(folder?.files).toEqual([{ path: "a.csv", sizeBytes: 8 }]);
    expect(table?.rows).toEqual([[1, 2]]);
  });

  it("shows an asset as it was registered, and says when those bytes are gone", () => {
    rig.write("drift.csv", "a\n1\n");
    expect(rig.cli("data", "create", "--name", "drift", "--path", "drift.csv").code).toBe(0);
    rig.write("drift.csv", "a\n22\n");
    expect(preview("drift").table?.rows).toEqual([[1]]);
    rig.write("stepwell.yml", "keep: reference\n");
    rig.write("other.csv", "a\n1\n2\n");
    expect(rig.cli("data", "create", "--name", "other", "--path", "other.csv").code).toBe(0);
    rig.write("other.csv", "a\n22\n");
    const done = rig.cli("data", "preview", "other");
    expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("are not those")]);
    fs.rmSync(rig.at("stepwell.yml"));
  });

  it("applies what an MLTable file says, also to files elsewhere", () => {
    rig.write("more/2024/b.csv", "id,fare\n3,9\n4,1\n");
    rig.write(
      "table/MLTable",
      "paths:\n  - file: ./a.csv\n  - pattern: ../more/*/*.csv\ntransformations:\n  - read_delimited: {header: all_files_same_headers}\n  - filter: fare > 1\n  - keep_columns: id\n",
    );
    rig.write("table/a.csv", "id,fare\n1,2\n2,1\n");
    const { table } = preview("table");
    expect([table?.format, table?.rows]).toEqual(["mltable", [[1], [3]]]);
  });

  it.each([
    ["png", "89504e470d0a1a0a0000000d49484452000002800000012c0806000000", "PNG image", "640 × 300"],
    ["gif", "474946383961400110000000", "GIF image", "320 × 16"],
    ["jpg", "ffd8ffe000104a46494600010100000100010000ffc0001108007800a003", "JPEG", "160 × 120"],
    ["webp", "524946460000000057454250565038580a000000000000003f01001f0100", "WEBP", "320 × 288"],
  ])("tells the size of a picture: %s", (ending, hex, title, size) => {
    fs.writeFileSync(rig.at(`picture.${ending}`), Buffer.from(hex, "hex"));
    const { stdout } = rig.cli("data", "preview", `picture.${ending}`);
    expect(stdout).toContain(title);
    expect(stdout).toContain(size);
  });

  it("tells the lines that are odd, and sends no sign to the terminal that it would obey", () => {
    rig.write("odd.csv", "a\u001b]0;x\u0007,b\n1,\u202egnp.exe\n2\n\u009b31m,3,4\n");
    const { stdout, code } = rig.cli("data", "preview", "odd.csv");
    expect(code).toBe(0);
    expect(stdout).toContain("fewer cells than the head: line 3");
    expect(stdout).toContain("more cells than the head: line 4");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    fs.writeFileSync(rig.at("text.txt"), "\u001b[2Jhello\u0000\u0001");
    const binary = rig.cli("data", "preview", "text.txt").stdout;
    expect(binary).toContain("neither a table, a picture nor text");
  });

  it("writes a page that holds nothing of others but text", () => {
    rig.write("page.csv", '<b>a</b>,b\n<script>alert(1)</script>,"&quot;"\n');
    expect(rig.cli("data", "preview", "page.csv", "--html", "page.html").code).toBe(0);
    const page = rig.read("page.html");
    expect(page).not.toMatch(/<script|<b>/);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).toContain("Content-Security-Policy");
  });

  it.each([
    ["nothing.csv", "there is no data nothing.csv"],
    ["./nothing.csv", "there is nothing there"],
    ["fares:7", "there is no data fares:7"],
    ["azureml://datastores/none/paths/x", "there is no datastore none"],
    ["gopher://x/y", "not a kind of address"],
  ])("refuses %s", (word, message) => {
    const { code, stderr } = rig.cli("data", "preview", word);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("says that a name is no UTF-8 instead of leaving the file out", () => {
    fs.mkdirSync(rig.at("odd"));
    fs.writeFileSync(Buffer.concat([Buffer.from(rig.at("odd/")), Buffer.from([0xff])]), "x");
    const { code, stderr } = rig.cli("data", "preview", "./odd");
    expect([code, stderr]).toEqual([2, expect.stringContaining("not valid UTF-8")]);
  });

  it("says that a file may not be read", () => {
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const cwd = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-denied-"));
    fs.mkdirSync(path.join(cwd, ".git"));
    fs.writeFileSync(path.join(cwd, "t.csv"), "x\n1\n", { mode: 0 });
    fs.chmodSync(cwd, 0o777);
    const env = { ...process.env, HOME: cwd, STEPWELL_WORKSPACE: "" };
    const words = [CLI, "data", "preview", "t.csv"];
    const done = spawnSync(process.execPath, words, { cwd, env, encoding: "utf8", ...nobody });
    fs.rmSync(cwd, { recursive: true });
    expect(done.stderr).toContain("t.csv cannot be read: permission denied");
    expect(done.status).toBe(1);
  });

  it("refuses a pipe instead of waiting for it", () => {
    expect(spawnSync("mkfifo", [rig.at("pipe")]).status).toBe(0);
    expect(rig.cli("data", "preview", "pipe").stderr).toContain("neither a file nor a folder");
  });
});

describe("data preview of what lies elsewhere", () => {
  it("asks a web server for a small part of a large table", async () => {
    let sent = 0;
    const web = http.createServer((request, response) => {
      const [, from = "0", to = ""] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
      const end = to === "" ? parquet.length : Math.min(parquet.length, Number(to) + 1);
      const part = parquet.subarray(Number(from), end);
      response.writeHead(request.headers.range === undefined ? 200 : 206, {
        "content-length": part.length,
        "content-range": `bytes ${from}-${end - 1}/${parquet.length}`,
      });
      if (request.method === "HEAD") return response.end();
      sent += part.length;
      return response.end(part);
    });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = web.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/lake/trips.parquet?sig=secret`;
      const child = rig.watch({}, "data", "preview", url, "--html", "trips.html");
      expect([await exited(child.child), child.said()]).toEqual([0, "written: trips.html\n"]);
      expect(rig.read("trips.html")).toContain(String(ROWS));
      expect(rig.read("trips.html")).not.toContain("secret");
      expect(parquet.length).toBeGreaterThan(10_000_000);
      expect(sent).toBeLessThan(2_000_000);
    } finally {
      web.close();
      web.closeAllConnections();
    }
  });

  it.skipIf(missing !== null)(
    `reads a table in a bucket by ranges${missing === null ? "" : ` (${missing})`}`,
    async () => {
      const { endpoint, accessKeyId, secretAccessKey, makeBucket } = server as S3Server;
      const bucket = await makeBucket();
      const credentials = { accessKeyId, secretAccessKey };
      const options = { endpoint, region: "us-east-1", forcePathStyle: true, credentials };
      const client = new S3Client(options);
      for (const [key, body] of [
        ["trips.parquet", parquet],
        ["parts/MLTable", "paths: [{file: ./a.csv}]\ntransformations: [read_delimited: {}]\n"],
        ["parts/a.csv", "x\n1\n"],
      ] as const)
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      rig.write(
        "lake.yml",
        `name: lake\ntype: s3\nbucket: ${bucket}\nregion: us-east-1\nendpoint: ${endpoint}\ncredentials: {access_key_id: {env: LAKE_ID}, secret_access_key: {env: LAKE_KEY}}\n`,
      );
      const env = { LAKE_ID: accessKeyId, LAKE_KEY: secretAccessKey };
      const cli = (...words: readonly string[]): Ended => rig.cliWith(env, ...words);
      expect(cli("datastore", "create", "lake.yml").code).toBe(0);
      const words = ["data", "preview", `s3://${bucket}/trips.parquet`, "--rows", "3", "--json"];
      const { table, bytesRead }: DataPreview = JSON.parse(cli(...words).stdout);
      expect([table?.rows.length, table?.rowCount]).toEqual([3, ROWS]);
      expect(bytesRead).toBeLessThan(2_000_000);
      const parts = cli("data", "preview", "azureml://datastores/lake/paths/parts", "--json");
      expect(JSON.parse(parts.stdout).table.rows).toEqual([[1]]);
      const none = cli("data", "preview", `s3://${bucket}/none.csv`);
      expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("nothing there")]);
    },
  );
});
