import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

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
