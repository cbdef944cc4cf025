import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CLI } from "../testing/rig.ts";
import { readCompiled, writeCompiled } from "./compiled-code.ts";

const CODE = { code: Buffer.from("code"), times: 2 };

function folder(): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-compiled-"));
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

/** The built command with a cache of its own, and what it keeps there. */
function commands() {
  const cache = folder();
  const kept = path.join(cache, "stepwell", "compiled");
  return {
    kept,
    names: (): readonly string[] => (fs.existsSync(kept) ? fs.readdirSync(kept).sort() : []),
    run(words: readonly string[], variables: Record<string, string> = {}) {
      const { PATH } = process.env;
      const env = { PATH, HOME: cache, XDG_CACHE_HOME: cache, ...variables };
      return spawnSync(CLI, [...words], { cwd: cache, env, encoding: "utf8" });
    },
  };
}

test("what was written is read again, and only while it is whole, the owner's alone and no link", () => {
  const file = path.join(folder(), "compiled", "run-1");
  expect(readCompiled(file)).toBeNull();
  writeCompiled(file, CODE);
  expect(readCompiled(file)).toEqual(CODE);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);

  fs.chmodSync(file, 0o620);
  expect(readCompiled(file)).toBeNull();
  fs.chmodSync(file, 0o600);
  fs.chmodSync(path.dirname(file), 0o777);
  expect(readCompiled(file)).toBeNull();
  writeCompiled(`${file}-other`, CODE);
  expect(fs.existsSync(`${file}-other`)).toBe(false);
  fs.chmodSync(path.dirname(file), 0o700);

  fs.symlinkSync(file, `${file}-link`);
  expect(readCompiled(`${file}-link`)).toBeNull();

  const bytes = fs.readFileSync(file);
  for (const damaged of [
    bytes.subarray(0, 34),
    Buffer.alloc(bytes.length),
    Buffer.alloc(0),
    Buffer.concat([bytes, Buffer.from("x")]),
  ]) {
    fs.writeFileSync(file, damaged);
    expect(readCompiled(file)).toBeNull();
  }
});

test.skipIf(process.getuid?.() !== 0)("code that another user wrote is not run", () => {
  const file = path.join(folder(), "compiled", "run-1");
  writeCompiled(file, CODE);
  fs.chownSync(file, 12345, 12345);
  expect(readCompiled(file)).toBeNull();
  fs.chownSync(file, 0, 0);
  fs.chownSync(path.dirname(file), 12345, 12345);
  expect(readCompiled(file)).toBeNull();
});

test("of many the newest are kept, and nothing is left of a write that fails", () => {
  const at = path.join(folder(), "compiled");
  for (let n = 0; n < 60; n += 1) {
    writeCompiled(path.join(at, `verb-${n}`), CODE);
    fs.utimesSync(path.join(at, `verb-${n}`), n, n);
  }
  expect(fs.readdirSync(at)).toHaveLength(48);
  expect(fs.existsSync(path.join(at, "verb-59"))).toBe(true);
  fs.mkdirSync(path.join(at, "verb-59x"));
  writeCompiled(path.join(at, "verb-59x"), CODE);
  expect(fs.readdirSync(at).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("a command keeps its compiled code, takes it the next time, and makes it anew where it is damaged", () => {
  const { kept, names, run } = commands();
  const first = run(["schema"]);
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(names()).toEqual([expect.stringMatching(/^schema-[0-9a-f]{16}$/)]);
  const file = path.join(kept, names()[0] as string);
  // Each of the first ones adds what it used; then it stays.
  for (const times of [1, 2, 3, 3]) {
    expect(readCompiled(file)?.times).toBe(times);
    const before = fs.statSync(file).mtimeMs;
    expect(run(["schema"])).toMatchObject({ status: 0, stdout: first.stdout, stderr: "" });
    expect(fs.statSync(file).mtimeMs === before).toBe(times === 3);
  }

  const bytes = fs.readFileSync(file);
  fs.writeFileSync(file, bytes.subarray(0, bytes.length / 2));
  expect(run(["schema"])).toMatchObject({ status: 0, stdout: first.stdout, stderr: "" });
  expect(readCompiled(file)?.times).toBe(1);
});

test("wrong words keep nothing; nor does anybody who says so, or whose flags V8 has other code for", () => {
  const { names, run } = commands();
  expect(run(["nonsense"]).status).toBe(2);
  expect(run(["schema"], { NODE_DISABLE_COMPILE_CACHE: "1" }).status).toBe(0);
  expect(names()).toEqual([]);
  expect(run(["schema"]).status).toBe(0);
  expect(run(["schema"], { NODE_OPTIONS: "--max-old-space-size=900" }).status).toBe(0);
  expect(names()).toHaveLength(2);
});

test("a cache that cannot be written is no mistake", () => {
  const { kept, run } = commands();
  fs.mkdirSync(path.dirname(kept), { recursive: true });
  fs.writeFileSync(kept, "a file where the folder would be");
  expect(run(["schema"])).toMatchObject({ status: 0, stderr: "" });
});
