import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

/** The job is done while the main thread is busy: its answer lies there when the pool is closed, and comes after that. */
const program = `
import { createHash } from "node:crypto";
import { createWorkerPool } from ${JSON.stringify(new URL("./worker-pool.ts", import.meta.url).href)};
const file = ${JSON.stringify(fileURLToPath(import.meta.url))};
const pool = createWorkerPool(1);
const job = () => pool.run("hashFile", { path: file, size: 1000 });
await job();
void job();
const block = Buffer.alloc(1 << 20);
for (let i = 0; i < 300; i += 1) createHash("sha256").update(block).digest();
await pool.close();
console.log("closed");
`;

it("a pool closes although the answer of a job that nobody waits for comes at that moment", () => {
  const node = ["--import", "tsx", "--input-type=module", "-e", program];
  const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "closed\n", stderr: "" });
});

/** Both are the first of their kind that their thread does. */
const twoSnapshots = (folder: string): string => `
import fs from "node:fs";
import { createWorkerPool } from ${JSON.stringify(new URL("./worker-pool.ts", import.meta.url).href)};
const pool = createWorkerPool(2);
const places = { codeFolder: ${JSON.stringify(path.join(folder, "code"))}, cacheFolder: ${JSON.stringify(path.join(folder, "cache"))}, sharedFolders: [] };
const names = ["one", "two"];
const jobs = names.map((name) =>
  pool.run("snapshotCode", { code: { path: ${JSON.stringify(folder)} + "/" + name, includes: [], definitionFiles: [] }, places }),
);
for (const { snapshot } of await Promise.all(jobs)) {
  const files = fs.readdirSync(places.codeFolder + "/" + snapshot.snapshotId.slice("sha256:".length));
  console.log(files.length, new Set(files.map((file) => file.slice(0, 3))).size);
}
await pool.close();
`;

it("two threads that copy at once do not copy into each other's folder", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-pool-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  for (const name of ["one", "two", "code"]) fs.mkdirSync(path.join(folder, name));
  for (const name of ["one", "two"])
    for (let index = 0; index < 1000; index += 1)
      fs.writeFileSync(path.join(folder, name, `${name}-${index}`), name + index);
  const node = ["--import", "tsx", "--input-type=module", "-e", twoSnapshots(folder)];
  const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "1000 1\n1000 1\n", stderr: "" });
});
