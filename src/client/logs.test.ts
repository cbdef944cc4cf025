import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { command, pipeline } from "../sdk/index.ts";

let folder: string;
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

it("gives a log of many pieces as the step wrote it", async () => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-logs-")));
  const counts = pipeline({ name: "counts" }, () => {
    command({ name: "count", run: "seq 100000" })();
  });
  const run = await counts.submit({ workspace: folder });
  await run.wait();
  const whole = Array.from({ length: 100_000 }, (_, n) => `${n + 1}\n`).join("");
  expect((await run.logs("count")) === whole).toBe(true);
});
