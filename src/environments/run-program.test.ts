import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { runProgram } from "./run-program.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-run-program-"));

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

it.each(["nothing", "file/bin/python"])("says why %s does not start", async (program) => {
  fs.writeFileSync(path.join(folder, "file"), "");
  const end = await runProgram(path.join(folder, program), [], { cwd: "/", variables: {} });
  expect(end).toMatchObject({ exitCode: null, stderr: expect.stringMatching(/ENOENT|ENOTDIR/) });
});
