// What is asked of the interpreter behind a shim, and how often: with a pyenv that the test makes.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { probePython } from "./probe-python.ts";

let folder: string;
let shim: string;
let asked: string;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-probe-")));
  asked = path.join(folder, "asked");
  shim = path.join(folder, "pyenv", "shims", "python");
  const real = execFileSync("python3", ["-c", "import sys; print(sys.executable)"]);
  write("pyenv/version", "3.9\n", 0o644);
  write(
    "pyenv/libexec/pyenv",
    `#!/bin/sh\necho asked >>"${asked}"\nshift 2\nexec "${real.toString().trim()}" "$@"\n`,
  );
  // As pyenv writes them.
  write("pyenv/shims/python", shimOf("pyenv/libexec/pyenv"));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true, force: true });
});

function shimOf(program: string): string {
  return `#!/usr/bin/env bash\nset -e\nprogram="\${0##*/}"\nexec "${path.join(folder, program)}" exec "$program" "$@"\n`;
}

/** Old enough that its time tells whether it has changed. */
function write(name: string, text: string, mode = 0o755): void {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode });
}

/** How often the shim was started for a probe from that folder. */
async function probedFrom(name: string, variables = {}): Promise<number> {
  const at = path.join(folder, name);
  fs.mkdirSync(at, { recursive: true });
  vi.spyOn(process, "cwd").mockReturnValue(at);
  const before = timesAsked();
  const facts = await probePython(
    shim,
    { PATH: process.env.PATH, HOME: folder, ...variables },
    path.join(folder, "cache"),
  );
  expect(facts?.version).toMatch(/^3\./);
  return timesAsked() - before;
}

function timesAsked(): number {
  return fs.existsSync(asked) ? fs.readFileSync(asked, "utf8").split("\n").length - 1 : 0;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 2_100));

it("asks what is behind a shim of pyenv once for all folders that pyenv decides nothing else for", async () => {
  await settled();
  expect(await probedFrom("one")).toBe(1);
  expect(await probedFrom("one")).toBe(0);
  expect(await probedFrom("two/below")).toBe(0);

  write("two/.python-version", "3.8\n", 0o644);
  expect(await probedFrom("two/below")).toBe(1);
  expect(await probedFrom("one")).toBe(0);
  fs.rmSync(path.join(folder, "two/.python-version"));
  expect(await probedFrom("two/below")).toBe(0);

  expect(await probedFrom("one", { PYENV_VERSION: "3.8" })).toBe(1);
  write("pyenv/version", "3.10\n", 0o644);
  expect(await probedFrom("one")).toBe(1);
});

it("asks again in each folder where others may decide: another tool's shim, or a pyenv told to look elsewhere", async () => {
  await settled();
  expect(await probedFrom("one", { PYENV_DIR: folder })).toBe(1);
  expect(await probedFrom("two", { PYENV_DIR: folder })).toBe(1);
  fs.renameSync(path.join(folder, "pyenv/libexec/pyenv"), path.join(folder, "pyenv/libexec/asdf"));
  write("pyenv/shims/python", shimOf("pyenv/libexec/asdf"));
  expect(await probedFrom("one")).toBe(1);
  expect(await probedFrom("two")).toBe(1);
});
