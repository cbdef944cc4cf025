import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { removeFolder } from "./folder-listing.ts";
import { createVenvStore } from "./venv-store.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-venv-store-"));

afterAll(() => removeFolder(folder));

it("an environment is made again when another process took the lock over and removed what was made", async () => {
  let tries = 0;
  const build = async (words: readonly string[]) => {
    if (words[0] === "venv") {
      const venv = words.at(-1) as string;
      fs.mkdirSync(path.join(venv, "lib", "python3.11", "site-packages"), { recursive: true });
      fs.mkdirSync(path.join(venv, "bin"));
      fs.symlinkSync(process.execPath, path.join(venv, "bin", "python"));
      return { exitCode: 0, stdout: "", stderr: "" };
    }
    tries += 1;
    if (tries > 1) return { exitCode: 0, stdout: "", stderr: "" };
    const [lock = ""] = fs.readdirSync(folder).filter((name) => name.endsWith(".lock"));
    // As if this process had been stopped for a while: the other one has ended by now.
    const other = { token: "t", host: os.hostname(), pid: process.pid, started: "then" };
    fs.writeFileSync(path.join(folder, lock), JSON.stringify(other));
    return { exitCode: 2, stdout: "", stderr: "No such file or directory (os error 2)" };
  };
  const uv = { build, run: build };
  const store = createVenvStore(
    folder,
    async () => uv,
    () => undefined,
    () => null,
    new AbortController().signal,
  );
  const recipe = { label: "x", lockText: "six==1.16.0\n", lockId: "l", python: "python3" };
  const made = await store.ensure({
    ...recipe,
    pythonVersion: "3.11",
    platform: "p",
    project: null,
  });
  expect(made).toEqual(expect.stringContaining(folder));
  expect(tries).toBe(2);
});
