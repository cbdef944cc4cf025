// The interpreter of the shell as steps get it.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  basePython,
  environments,
  folder,
  identify,
  identifyNamed,
  install,
  installEditable,
  useHostPython,
  venv,
} from "../testing/host-python.ts";

useHostPython();

describe("the shell's interpreter for a step", () => {
  it("is that of its own workspace, also where another one has the same packages elsewhere", async () => {
    const mine = environments();
    const other = path.join(folder, "other", "venv");
    execFileSync("python3", ["-m", "venv", "--without-pip", other]);
    const variables = { PATH: `${path.join(other, "bin")}:/usr/bin:/bin` };
    const theirs = environments(variables, undefined, path.join(folder, "other"));
    const [planned, same] = [
      await mine.identify(null, "python train.py", false),
      await theirs.identify(null, "python train.py", false),
    ];
    if (!planned.ok || !same.ok) throw new Error("no interpreter");
    expect(same.value.id).toBe(planned.value.id);
    fs.rmSync(other, { recursive: true });
    // As when the run is resumed: by a process that has planned nothing.
    const resumed = environments();
    expect(await resumed.build(planned.value)).toMatchObject({ ok: true, value: { python: venv } });
    expect(await resumed.changed(planned.value)).toBeNull();
  });

  it("is the virtual environment with its variable", async () => {
    const identity = await identify();
    const variables = { VIRTUAL_ENV: venv };
    const value = { pathPrefix: [path.join(venv, "bin")], variables, python: venv };
    const built = await environments().build(identity);
    expect(built).toEqual({ ok: true, value, warnings: [] });
  });

  it("answers to `python` where there is only `python3`", async () => {
    const bin = path.join(folder, "bin");
    fs.mkdirSync(bin);
    fs.symlinkSync(basePython(), path.join(bin, "python3"));
    const only3 = environments({ PATH: bin });
    const found = await only3.identify(null, "python train.py", false);
    if (!found.ok) throw new Error(found.failure.message);
    const built = await only3.build(found.value);
    if (!built.ok) throw new Error(built.failure.message);
    const PATH = [...built.value.pathPrefix, bin].join(":");
    const version = execFileSync(
      "/usr/bin/env",
      ["python", "-c", "import sys; print(sys.version)"],
      {
        env: { PATH },
        encoding: "utf8",
      },
    );
    expect(version.split(" ")[0]).toBe(found.value.pythonVersion);
  });

  it("is used under a path of any length", async () => {
    const deep = path.join(folder, "x".repeat(120), "y".repeat(120), "bin");
    fs.mkdirSync(deep, { recursive: true });
    fs.symlinkSync(basePython(), path.join(deep, "python3.11"));
    const named = await identifyNamed(path.join(deep, "python3.11"), "python -V");
    expect(await environments().build(named)).toMatchObject({ ok: true });
  });

  it("brings the other programs of its conda environment along, and they count", async () => {
    const conda = path.join(folder, "conda");
    fs.mkdirSync(path.join(conda, "bin"), { recursive: true });
    fs.mkdirSync(path.join(conda, "conda-meta"));
    const python = path.join(conda, "bin", "python");
    fs.writeFileSync(path.join(conda, "bin", "node"), "#!/bin/sh\necho 1.2.3\n", { mode: 0o755 });
    const facts = JSON.stringify({
      executable: python,
      version: "3.11.7",
      platform: "linux-x86_64",
      virtualEnvironment: null,
      packages: {},
      editables: [],
      watched: [],
    });
    fs.writeFileSync(python, `#!/bin/sh\necho '${facts}'\n`, { mode: 0o755 });
    const identity = await identifyNamed(python, "node train.js");
    expect(identity.programs).toEqual({ node: "1.2.3" });
    expect(await environments().build(identity)).toMatchObject({
      value: { pathPrefix: [path.join(conda, "bin")], variables: { CONDA_PREFIX: conda } },
    });
  });

  it("says how it has changed since the plan: packages and the source of editable ones", async () => {
    const source = path.join(folder, "src");
    fs.mkdirSync(source);
    fs.writeFileSync(path.join(source, "mine.py"), "A = 1");
    installEditable("mine", source);
    const identity = await identify();
    expect(await environments().changed(identity)).toBeNull();
    fs.writeFileSync(path.join(source, "mine.py"), "A = 2");
    expect(await environments().changed(identity)).toBe("the source of mine (editable) changed");
    fs.writeFileSync(path.join(source, "mine.py"), "A = 1");
    expect(await environments().changed(identity)).toBeNull();
    install("late", "1.0");
    expect(await environments().changed(identity)).toBe("late 1.0 is new");
    fs.rmSync(venv, { recursive: true });
    expect(await environments().changed(identity)).toMatch(/\/venv\/bin\/python is gone$/);
  });

  it("fails with the way out where the cache cannot be written", async () => {
    fs.writeFileSync(path.join(folder, "cache"), "a file, and no folder");
    for (const cacheFolder of [path.join(folder, "cache", "stepwell"), path.join(folder, "cache")])
      expect(await environments({}, cacheFolder).build(await identify())).toMatchObject({
        failure: { hint: expect.stringContaining("STEPWELL_CACHE_DIR") },
      });
  });

  it("fails with the way out when it is gone, or was never seen", async () => {
    const identity = await identify();
    fs.rmSync(venv, { recursive: true });
    for (const id of [identity, { ...identity, id: "sha256:00" }])
      expect(await environments().build(id)).toMatchObject({
        ok: false,
        failure: { code: "environment_build_failed", hint: expect.stringContaining("Run") },
      });
  });

  it("can be used although the cache was emptied, as long as it is what it was", async () => {
    const identity = await identify();
    fs.rmSync(path.join(folder, "cache"), { recursive: true });
    expect(await environments().build(identity)).toMatchObject({ ok: true });
    fs.rmSync(path.join(folder, "cache"), { recursive: true });
    install("added", "1.0");
    expect(await environments().build(identity)).toMatchObject({
      failure: { message: expect.stringContaining("does not know how to make") },
    });
  });
});
