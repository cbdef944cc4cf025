// Wheels of this machine that are built anew under the same version. Resolved and installed by uv without an index; skipped
// aloud where there is no uv.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { EnvironmentReference } from "../spec/graph.ts";
import { createEnvironments } from "./environments.ts";
import { removeFolder } from "./folder-listing.ts";

let folder: string;
let wheels: string;
let hasUv = false;

beforeAll(async () => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-wheels-")));
  wheels = path.join(folder, "my wheels");
  fs.mkdirSync(wheels);
  writeWheel("mine", 1);
  const found = await environments().identify(requirements("./my wheels", "mine"), null, true);
  hasUv = found.ok;
  if (!found.ok) console.warn(`SKIPPED: there is no uv here: ${found.failure.message}`);
  fs.rmSync(path.join(folder, "stepwell.lock.d"), { recursive: true, force: true });
});

afterAll(() => removeFolder(folder));

function environments(locked = false) {
  return createEnvironments({
    cacheFolder: path.join(folder, "cache"),
    workspaceFolder: folder,
    locksFolder: path.join(folder, "stepwell.lock.d"),
    locked,
    table: {},
    lookup: async () => null,
    variables: process.env,
    log: () => undefined,
  });
}

function requirements(links: string, ...lines: string[]): EnvironmentReference {
  return requirementsIn(folder, links, ...lines);
}

function requirementsIn(at: string, links: string, ...lines: string[]): EnvironmentReference {
  const text = ["--no-index", `--find-links ${links}`, ...lines, ""].join("\n");
  const nothing = { name: null, image: null, conda: null, build: null, project: null };
  const rest = { python: null, packages: null, pythonVersion: null };
  const file = { path: path.join(at, "requirements.txt"), text };
  return { kind: "inline", ...nothing, ...rest, requirements: file };
}

/** A wheel of one module, always of the same version. */
function writeWheel(name: string, value: number): void {
  const script = `
import sys, zipfile
file, name, value = sys.argv[1:]
info = name + "-1.0.dist-info/"
with zipfile.ZipFile(file, "w") as wheel:
    wheel.writestr(name + ".py", "V = " + value)
    wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`;
  execFileSync("python3", ["-c", script, wheelOf(name), name, String(value)]);
}

function wheelOf(name: string): string {
  return path.join(wheels, `${name}-1.0-py3-none-any.whl`);
}

const WRITTEN: readonly (readonly [string, () => EnvironmentReference])[] = [
  ["in a folder beside the file", () => requirements("./my wheels", "mine", "other")],
  ["in a folder by its address", () => requirements(`${pathToFileURL(wheels)}`, "mine", "other")],
  [
    "by its own address",
    () => requirements("./my wheels", `mine @ ${pathToFileURL(wheelOf("mine"))}`, "other"),
  ],
];

it.each(WRITTEN)("a wheel %s that was built anew is resolved anew, alone", async (_, written) => {
  if (!hasUv) return;
  writeWheel("mine", 1);
  writeWheel("other", 1);
  const reference = written();
  const first = await environments().identify(reference, null, true);
  expect(await environments(true).identify(reference, null, true)).toEqual(first);
  fs.utimesSync(wheelOf("mine"), 1, 1);
  expect(await environments(true).identify(reference, null, true)).toEqual(first);

  writeWheel("mine", 2);
  const plan = await environments().identify(reference, null, false);
  const changed = `${wheelOf("mine")} has changed`;
  expect(plan).toMatchObject({
    failure: {
      code: "environment_not_resolved",
      message: `its environment is to be resolved again: ${changed}`,
    },
  });
  const locked = await environments(true).identify(reference, null, true);
  expect(locked).toMatchObject({
    failure: {
      code: "environment_not_resolved",
      message: expect.stringMatching(/is not the file that stepwell\.lock\.d\/\S+\.txt names\.$/),
    },
  });

  const second = await environments().identify(reference, null, true);
  if (!first.ok || !second.ok) throw new Error("not resolved");
  expect(second.value.id).not.toBe(first.value.id);
  expect(second.value.packages).toEqual(first.value.packages);
  const built = await environments().build(second.value);
  const python = path.join((built.ok && built.value.pathPrefix[0]) || "", "python");
  const printed = execFileSync(python, ["-c", "import mine, other; print(mine.V, other.V)"]);
  expect(printed.toString().trim()).toBe("2 1");
  expect(await environments(true).identify(reference, null, true)).toEqual(second);
});

it("a wheel that nobody has here any more, or of another version, says nothing", async () => {
  if (!hasUv) return;
  writeWheel("mine", 1);
  const reference = requirements("./my wheels", "mine==1.0");
  const first = await environments().identify(reference, null, true);
  fs.writeFileSync(path.join(wheels, "mine-2.0-py3-none-any.whl"), "another version");
  fs.rmSync(wheelOf("mine"));
  expect(await environments(true).identify(reference, null, true)).toEqual(first);
});

it("what a build puts beside the wheel, and wheels for other machines, are not the locked file changed", async () => {
  if (!hasUv) return;
  for (const name of fs.readdirSync(wheels)) fs.rmSync(path.join(wheels, name));
  writeWheel("mine", 1);
  fs.writeFileSync(path.join(wheels, "mine-1.0.tar.gz"), "its sources");
  fs.writeFileSync(path.join(wheels, "mine-1.0-py3-none-win_amd64.whl"), "of another machine");
  const reference = requirements("./my wheels", "mine");
  fs.rmSync(path.join(folder, "stepwell.lock.d"), { recursive: true, force: true });
  const first = await environments().identify(reference, null, true);
  expect(first.ok).toBe(true);
  expect(await environments(true).identify(reference, null, true)).toEqual(first);
});

it("a wheel that may not be read, or goes while it is looked at, says nothing", async () => {
  if (!hasUv) return;
  writeWheel("mine", 1);
  const reference = requirements("./my wheels", "mine");
  const first = await environments().identify(reference, null, true);
  fs.utimesSync(wheelOf("mine"), 2, 2);
  const { openSync } = fs;
  const open = vi.spyOn(fs, "openSync").mockImplementation((file, ...more) => {
    if (file === wheelOf("mine")) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    return openSync(file, ...more);
  });
  expect(await environments(true).identify(reference, null, true)).toEqual(first);
  expect(open.mock.calls.flat()).toContain(wheelOf("mine"));
  open.mockRestore();
});

it("several wheels that were built anew are resolved anew together", async () => {
  if (!hasUv) return;
  for (const name of fs.readdirSync(wheels)) fs.rmSync(path.join(wheels, name));
  for (const name of ["mine", "other"]) writeWheel(name, 5);
  const reference = requirements("./my wheels", "mine", "other");
  fs.rmSync(path.join(folder, "stepwell.lock.d"), { recursive: true, force: true });
  await environments().identify(reference, null, true);
  for (const name of ["mine", "other"]) writeWheel(name, 6);
  const anew = await environments().identify(reference, null, true);
  expect(await environments(true).identify(reference, null, true)).toEqual(anew);
  const built = anew.ok ? await environments().build(anew.value) : expect.unreachable();
  const python = path.join((built.ok && built.value.pathPrefix[0]) || "", "python");
  const printed = execFileSync(python, ["-c", "import mine, other; print(mine.V, other.V)"]);
  expect(printed.toString().trim()).toBe("6 6");
});

it("the same lines in two folders mean the wheels of each, and have a lock of their own", async () => {
  if (!hasUv) return;
  const identities = [];
  for (const [index, name] of ["one", "two"].entries()) {
    const own = path.join(folder, name, "my wheels");
    fs.mkdirSync(own, { recursive: true });
    writeWheel("mine", index);
    fs.copyFileSync(wheelOf("mine"), path.join(own, path.basename(wheelOf("mine"))));
    const reference = requirementsIn(path.dirname(own), "./my wheels", "mine");
    const found = await environments().identify(reference, null, true);
    if (!found.ok) throw new Error(found.failure.message);
    identities.push([reference, found] as const);
  }
  const ids = identities.map(([, found]) => found.value.id);
  expect(new Set(ids).size).toBe(2);
  for (const [reference, found] of identities)
    expect(await environments(true).identify(reference, null, true)).toEqual(found);
});

it("an index that has no pip, which nobody asked for, makes an environment without it", async (context) => {
  if (!hasUv) context.skip();
  const index = path.join(folder, "index", "mine");
  fs.mkdirSync(index, { recursive: true });
  fs.writeFileSync(
    path.join(index, "index.html"),
    `<a href="${pathToFileURL(wheelOf("mine"))}">mine-1.0-py3-none-any.whl</a>`,
  );
  const text = `--index-url ${pathToFileURL(path.dirname(index))}\nmine\n`;
  const reference = requirements("./unused");
  const file = { path: path.join(folder, "private.txt"), text };
  const asked = { ...reference, requirements: file } as EnvironmentReference;
  const found = await environments().identify(asked, null, true);
  expect(found).toMatchObject({ ok: true, value: { packages: { mine: "1.0" } } });
});
