import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { patience, writeBody } from "./answer-body.ts";

it("has let go of the file when it fails: nothing of it appears afterwards", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-body-"));
  const waiting = patience(60_000);
  for (let at = 0; at < 50; at += 1) {
    const file = path.join(folder, String(at));
    const broken = new ReadableStream({
      pull(controller) {
        controller.error(new Error("broke off"));
      },
    });
    const written = writeBody(new Response(broken), file, waiting, () => undefined);
    await expect(written).rejects.toThrow("broke off");
    fs.rmSync(file, { force: true });
  }
  await delay(20);
  expect(fs.readdirSync(folder)).toEqual([]);
  await expect(
    writeBody(new Response("x"), path.join(folder, "no", "x"), waiting, () => undefined),
  ).rejects.toThrow("ENOENT");
  waiting.end();
  fs.rmSync(folder, { recursive: true });
});
