import { setMaxListeners } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { runProgram } from "./run-program.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-run-program-"));

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

it.each(["nothing", "file/bin/python"])("says why %s does not start", async (program) => {
  fs.writeFileSync(path.join(folder, "file"), "");
  const end = await runProgram(path.join(folder, program), [], { cwd: "/", variables: {} });
  expect(end).toMatchObject({ exitCode: null, stderr: expect.stringMatching(/ENOENT|ENOTDIR/) });
});

it("ends many at once that are abandoned, without a warning of Node", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue(undefined);
  const before = process.listenerCount("SIGINT");
  const abandon = new AbortController();
  setMaxListeners(0, abandon.signal);
  const options = { cwd: "/", variables: process.env, abandoned: abandon.signal };
  const ends = Array.from({ length: 12 }, () => runProgram("sleep", ["60"], options));
  abandon.abort();
  for (const { signal } of await Promise.all(ends)) expect(signal).toBe("SIGKILL");
  expect(warn).not.toHaveBeenCalled();
  expect(process.listenerCount("SIGINT")).toBe(before);
  warn.mockRestore();
});
