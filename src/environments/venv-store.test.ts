import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { removeFolder } from "./folder-listing.ts";
import type { Uv } from "./uv.ts";
import { createVenvStore, type VenvRecipe, type VenvStore } from "./venv-store.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-venv-store-"));

afterAll(() => removeFolder(folder));

/** As uv makes one, as far as anybody looks. */
function layOut(venv: string): void {
  fs.mkdirSync(path.join(venv, "lib", "python3.11", "site-packages"), { recursive: true });
  fs.mkdirSync(path.join(venv, "bin"));
  fs.symlinkSync(process.execPath, path.join(venv, "bin", "python"));
}

const DONE = { exitCode: 0, stdout: "", stderr: "" };

function storeBy(build: Uv["build"]): VenvStore {
  return createVenvStore(
    folder,
    async () => ({ build, run: (words, cwd) => build(words, cwd) }),
    () => undefined,
    () => null,
    new AbortController().signal,
  );
}

function recipeOf(lockId: string): VenvRecipe {
  const recipe = { label: "x", lockText: "six==1.16.0\n", lockId, python: "python3" };
  return { ...recipe, pythonVersion: "3.11", platform: "p", project: null };
}

it("an environment is made again when another process took the lock over and removed what was made", async () => {
  let tries = 0;
  const store = storeBy(async (words) => {
    if (words[0] === "venv") {
      layOut(words.at(-1) as string);
      return DONE;
    }
    tries += 1;
    if (tries > 1) return DONE;
    const [lock = ""] = fs.readdirSync(folder).filter((name) => name.endsWith(".lock"));
    // As if this process had been stopped for a while: the other one has ended by now.
    const other = { token: "t", host: os.hostname(), pid: process.pid, started: "then" };
    fs.writeFileSync(path.join(folder, lock), JSON.stringify(other));
    return { exitCode: 2, stdout: "", stderr: "No such file or directory (os error 2)" };
  });
  const made = await store.ensure(recipeOf("taken over"));
  expect(made).toEqual(expect.stringContaining(folder));
  expect(tries).toBe(2);
});

it("an environment that another process removes while this one looks at it is made again", async () => {
  const build: Uv["build"] = async (words) => {
    if (words[0] === "venv") layOut(words.at(-1) as string);
    // More files than are looked at without a break.
    else
      for (let number = 0; number < 500; number += 1)
        fs.writeFileSync(path.join(path.dirname(words[3] as string), `${number}`), "");
    return DONE;
  };
  const first = await storeBy(build).ensure(recipeOf("removed"));
  const looking = storeBy(build).ensure(recipeOf("removed"));
  fs.renameSync(first as string, path.join(folder, "gone"));
  const second = await looking;
  expect(second).toEqual(expect.stringContaining(folder));
  expect(second).not.toBe(first);
});
