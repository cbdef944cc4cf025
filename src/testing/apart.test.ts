import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { ROOT } from "./repository.ts";
import { CLOSED_PORT } from "./servers/server-process.ts";

// What the built package loads later: it must be there, work where it lies, and be nowhere else.

const DIST = path.join(ROOT, "dist");
const endpoint = `http://127.0.0.1:${CLOSED_PORT}`;
const none = { kind: "none" } as const;
const inBucket = { bucket: "b", prefix: "", endpoint };
const azure = { account: "a", container: "ccc", prefix: "", endpoint };
const secret = { kind: "client_secret", tenantId: "t", clientId: "c", clientSecret: "s" } as const;

const BACKENDS: readonly (readonly [string, string, OpenableDatastore])[] = [
  ["s3", "openS3", { type: "s3", ...inBucket, region: null, pathStyle: true, credentials: none }],
  ["azure-blob", "openAzureBlob", { type: "azure_blob", ...azure, credentials: none }],
  ["gcs", "openGcs", { type: "gcs", ...inBucket, credentials: none }],
  [
    "sftp",
    "openSftp",
    {
      type: "sftp",
      host: "127.0.0.1",
      port: CLOSED_PORT,
      user: "ann",
      path: "/data",
      hostKey: "SHA256:x",
      credentials: { kind: "password", password: "secret" },
    },
  ],
  ["http", "openHttp", { type: "http", url: endpoint, credentials: none }],
];

/** What the program prints that loads a file of dist/apart/ as the bundles do. */
async function printed(text: string): Promise<string> {
  const words = ["--input-type=module", "--eval", text];
  return (await promisify(execFile)(process.execPath, words, { cwd: DIST })).stdout.trim();
}

it.each(BACKENDS)("the built %s opens, and its errors are those of the port", async (...row) => {
  const [file, opener, definition] = row;
  const said = await printed(
    `const { ${opener} } = await import("./apart/${file}.js");
    const storage = await ${opener}(${JSON.stringify(definition)});
    const error = await storage.stat("file").catch((error) => error);
    console.log(error.name, error.problem, error.mayPass);
    await storage.close();`,
  );
  expect(said).toBe("StorageError unreachable true");
});

it("the built Azure backend brings what signs in", async () => {
  const definition = { type: "azure_blob", ...azure, credentials: secret };
  const said = await printed(
    `const { openAzureBlob } = await import("./apart/azure-blob.js");
    console.log((await openAzureBlob(${JSON.stringify(definition)})).address);`,
  );
  expect(said).toBe(`${endpoint}/ccc`);
});

/** Without what is apart. */
const bundles = fs.readdirSync(DIST).filter((name) => name.endsWith(".js"));

it.each(bundles)("the bundle %s brings no SDK of a storage", (name) => {
  const text = fs.readFileSync(path.join(DIST, name), "utf8");
  for (const trace of ["aws4_request", "x-ms-version", "ssh-userauth", "oauth2.googleapis.com"])
    expect(text).not.toContain(trace);
});
