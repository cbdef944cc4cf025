// Environments made for real by uv, with tiny packages from the package index. Skipped aloud where there is none.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import type { BuiltEnvironment, EnvironmentIdentity } from "../ports/environments.ts";
import type { EnvironmentDefinition, EnvironmentReference } from "../spec/graph.ts";
import { eventually } from "../testing/rig.ts";
import { createEnvironments, type EnvironmentsOptions } from "./environments.ts";
import { removeFolder } from "./folder-listing.ts";

let folder: string;
let online = false;

/** As users have them: what reads paths as anything else fails here. */
const CACHE = "cache %d #1";

/** One workspace and one cache for all tests: each makes environments of its own in it. */
function settings(overrides: Partial<EnvironmentsOptions> = {}): EnvironmentsOptions {
  return {
    cacheFolder: path.join(folder, CACHE),
    workspaceFolder: folder,
    locksFolder: path.join(folder, "stepwell.lock.d"),
    locked: false,
    table: {},
    lookup: async () => null,
    variables: process.env,
    log: () => undefined,
    ...overrides,
  };
}

function requirements(...lines: string[]): EnvironmentReference {
  const definition: EnvironmentDefinition = {
    name: null,
    image: null,
    conda: null,
    build: null,
    requirements: { path: path.join(folder, "tiny.txt"), text: `${lines.join("\n")}\n` },
    project: null,
    python: null,
    packages: null,
    pythonVersion: null,
  };
  return { kind: "inline", ...definition };
}

function tiny(): EnvironmentReference {
  return requirements("six==1.17.0", "pyjokes==0.8.3");
}

beforeAll(async () => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-made-")));
  const found = await createEnvironments(settings()).identify(tiny(), null, true);
  online = found.ok;
  if (!found.ok)
    console.warn(`SKIPPED: environments cannot be made here: ${found.failure.message}`);
});
afterAll(async () => {
  await removeFolder(folder);
});
beforeEach((context: TestContext) => {
  if (!online) context.skip();
});

it("sets the variables of a conda file, which count and are no part of its packages", async () => {
  const conda = (variables: object): EnvironmentReference => ({
    ...(tiny() as Extract<EnvironmentReference, { kind: "inline" }>),
    requirements: null,
    conda: { path: null, content: { dependencies: [{ pip: ["six==1.17.0"] }], variables } },
  });
  const [first, second] = [
    await identify(conda({ MODE: "a" })),
    await identify(conda({ MODE: "b" })),
  ];
  expect(first.variables).toEqual({ MODE: "a" });
  expect(second.id).not.toBe(first.id);
  expect(second.lockId).toBe(first.lockId);
  const made = await createEnvironments(settings()).build(second);
  expect(made).toMatchObject({ ok: true, value: { variables: { MODE: "b" } } });
  expect(await identify(conda({}))).not.toHaveProperty("variables");
});

async function identify(
  reference: EnvironmentReference,
  options = settings(),
): Promise<EnvironmentIdentity> {
  const found = await createEnvironments(options).identify(reference, null, true);
  if (!found.ok) throw new Error(found.failure.message);
  return found.value;
}

async function build(identity: EnvironmentIdentity, options = settings()): Promise<string> {
  const built = await createEnvironments(options).build(identity);
  if (!built.ok) throw new Error(built.failure.message);
  return venvOf(built.value);
}

function venvOf(built: BuiltEnvironment): string {
  return built.variables.VIRTUAL_ENV ?? "";
}

function python(venv: string, program: string): string {
  return execFileSync(path.join(venv, "bin", "python"), ["-c", program], {
    encoding: "utf8",
  }).trim();
}

function moduleFile(venv: string, name: string): string {
  return python(venv, `import ${name}; print(${name}.__file__)`);
}

describe("an environment of packages", () => {
  it("is resolved once into a file for git, and known afterwards without network", async () => {
    const reference = requirements("six<1.17", "# a comment");
    const offline = settings({
      cacheFolder: path.join(folder, "other-cache"),
      locked: true,
      variables: { ...process.env, UV_OFFLINE: "1", PATH: "/usr/bin:/bin:/usr/local/bin" },
    });
    const unresolved = await createEnvironments(settings()).identify(reference, null, false);
    expect(unresolved).toMatchObject({ ok: false, failure: { code: "environment_not_resolved" } });
    expect(await createEnvironments(offline).identify(reference, null, true)).toMatchObject({
      ok: false,
      failure: { code: "environment_not_resolved", hint: expect.stringContaining("--locked") },
    });
    const identity = await identify(reference);
    expect(identity).toMatchObject({ kind: "uv", label: "uv: tiny", packages: { six: "1.16.0" } });
    const locks = fs.readdirSync(path.join(folder, "stepwell.lock.d"));
    expect(locks).toContainEqual(expect.stringMatching(/^tiny-[0-9a-f]{12}\.txt$/));
    const again = await createEnvironments(offline).identify(requirements("six<1.17"), null, false);
    expect(again).toMatchObject({ ok: true, value: { lockId: identity.lockId } });
  });

  it("is made read-only from exactly the lock, also by a process that only has the identity", async () => {
    const identity = await identify(tiny());
    const venv = await build(JSON.parse(JSON.stringify(identity)));
    expect(python(venv, "import six, pyjokes; print(six.__version__)")).toBe("1.17.0");
    const file = moduleFile(venv, "six");
    expect(fs.statSync(file).mode & 0o222).toBe(0);
    // A hard link would reach into uv's own cache.
    expect(fs.statSync(file).nlink).toBe(1);
    expect(await build(identity)).toBe(venv);
  });

  it("is made whatever the user's settings for uv say of other projects", async () => {
    const limits = path.join(folder, "limits.txt");
    fs.writeFileSync(limits, "six<1.17\n");
    const said = { UV_CONSTRAINT: limits, UV_MANAGED_PYTHON: "1", UV_WORKING_DIR: "/" };
    const environments = createEnvironments(settings({ variables: { ...process.env, ...said } }));
    const identified = await environments.identify(requirements("six"), null, true);
    if (!identified.ok) throw new Error(identified.failure.message);
    expect(identified.value.packages.six).toBe("1.16.0");
    expect(await environments.build(identified.value)).toMatchObject({ ok: true });
  });

  it("lets a command install for itself what it lacks", async () => {
    const venv = await build(await identify(tiny()));
    const own = path.join(folder, "own");
    const version = python(venv, "import sys; print('%d.%d' % sys.version_info[:2])");
    const site = path.join(own, "lib", `python${version}`, "site-packages");
    fs.mkdirSync(site, { recursive: true });
    fs.writeFileSync(path.join(site, "mine.py"), "x = 7\n");
    const program = path.join(venv, "bin", "python");
    const env = { STEPWELL_PACKAGES: own };
    const printed = execFileSync(program, ["-c", "import mine; print(mine.x)"], { env });
    expect(printed.toString().trim()).toBe("7");
  });

  it("is repaired when a file is altered or gone", async () => {
    const identity = await identify(tiny());
    const damage = [
      (file: string) => fs.writeFileSync(file, "broken = True\n"),
      (file: string) => fs.rmSync(file),
    ];
    for (const harm of damage) {
      const file = moduleFile(await build(identity), "six");
      const text = fs.readFileSync(file, "utf8");
      for (const each of [file, path.dirname(file)]) fs.chmodSync(each, 0o755);
      harm(file);
      const repaired = moduleFile(await build(identity), "six");
      expect(fs.readFileSync(repaired, "utf8")).toBe(text);
    }
  });

  it("is made again where the cache's own notes were damaged", async () => {
    const identity = await identify(tiny());
    const cache = path.join(folder, CACHE);
    for (const kind of ["locks", "recipes"])
      for (const name of fs.readdirSync(path.join(cache, kind)))
        fs.truncateSync(path.join(cache, kind, name));
    await removeFolder(path.join(cache, "environments"));
    expect(await identify(tiny())).toEqual(identity);
    expect(python(await build(identity), "import six; print(six.__version__)")).toBe("1.17.0");
  });

  it("takes wheels of a folder beside the file, under a lock that names no path of this machine", async () => {
    const wheels = path.join(folder, "my wheels");
    const words = ["-m", "pip", "download", "--quiet", "--no-deps", "-d", wheels, "pyjokes==0.8.3"];
    execFileSync("python3", words);
    const file = path.join(folder, "offline.txt");
    const text = "--no-index\n--find-links my wheels\npyjokes\n";
    const reference = { ...requirements(), requirements: { path: file, text } };
    const identity = await identify(reference as EnvironmentReference);
    const lock = fs.readdirSync(path.join(folder, "stepwell.lock.d"));
    const name = lock.find((each) => each.startsWith("offline-")) ?? "";
    const written = fs.readFileSync(path.join(folder, "stepwell.lock.d", name), "utf8");
    expect(written).toContain("--find-links ./my wheels");
    expect(written).not.toContain(folder);
    expect(python(await build(identity), "import pyjokes; print(1)")).toBe("1");
  });

  it("refuses a package whose file has another hash than the one asked for", async () => {
    const reference = requirements(`six==1.17.0 --hash=sha256:${"0".repeat(64)}`);
    expect(await createEnvironments(settings()).identify(reference, null, true)).toMatchObject({
      ok: false,
      failure: {
        message: expect.stringContaining("six==1.17.0"),
        hint: expect.stringContaining("hashes"),
      },
    });
  });

  it("says what uv says when there is no such version", async () => {
    const found = await createEnvironments(settings()).identify(
      requirements("six==99"),
      null,
      true,
    );
    expect(found).toMatchObject({ ok: false, failure: { code: "environment_build_failed" } });
    if (!found.ok) expect(found.failure.message).toContain("six==99");
  });
});

describe("a project with a uv.lock", () => {
  it("is taken exactly, with the project itself, and made again when its source changes", async () => {
    const project = path.join(folder, "project");
    fs.mkdirSync(path.join(project, "src", "tinyproject"), { recursive: true });
    const source = path.join(project, "src", "tinyproject", "__init__.py");
    fs.writeFileSync(source, "x = 1\n");
    fs.writeFileSync(
      path.join(project, "pyproject.toml"),
      '[project]\nname = "tinyproject"\nversion = "1.0"\nrequires-python = ">=3.8"\ndependencies = ["six<1.17"]\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
    );
    const reference = { ...requirements(), requirements: null, project } as EnvironmentReference;
    expect(await createEnvironments(settings()).identify(reference, null, true)).toMatchObject({
      ok: false,
      failure: { hint: expect.stringContaining("uv lock") },
    });
    execFileSync(uvProgram(), ["lock", "--quiet", "--project", project], { cwd: project });
    const before = await identify(reference);
    expect(before.packages).toEqual({ six: "1.16.0" });
    expect(python(await build(before), "import tinyproject, six; print(tinyproject.x)")).toBe("1");
    fs.writeFileSync(source, "x = 2\n");
    const after = await identify(reference);
    expect(after.id).not.toBe(before.id);
    expect(python(await build(after), "import tinyproject; print(tinyproject.x)")).toBe("2");
    // Planned, then edited: what lies there now is not what the identity says.
    fs.writeFileSync(source, "x = 3\n");
    const late = await identify(reference);
    fs.writeFileSync(source, "x = 4\n");
    expect(await createEnvironments(settings()).build(late)).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining("has changed since this run was planned") },
    });
    expect(python(await build(before), "import tinyproject; print(tinyproject.x)")).toBe("1");
    fs.writeFileSync(source, "x = 3\n");
    expect(python(await build(late), "import tinyproject; print(tinyproject.x)")).toBe("3");
  });
});

describe("a project that setuptools builds", () => {
  it("has no module that was removed, and nothing is left in its folder", async () => {
    const project = path.join(folder, "setuptools-project");
    const write = (file: string, text: string) => {
      fs.mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
      fs.writeFileSync(path.join(project, file), text);
    };
    write(
      "pyproject.toml",
      '[project]\nname = "built"\nversion = "1.0"\nrequires-python = ">=3.8"\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    );
    write("src/built/__init__.py", "");
    write("src/built/gone.py", "");
    execFileSync(uvProgram(), ["lock", "--quiet", "--project", project], { cwd: project });
    const reference = { ...requirements(), requirements: null, project } as EnvironmentReference;
    const here = () => fs.readdirSync(project, { recursive: true }).sort();
    const [files, before] = [here(), await identify(reference)];
    const modules =
      "import pkgutil, built; print([m.name for m in pkgutil.iter_modules(built.__path__)])";
    expect(python(await build(before), modules)).toBe("['gone']");
    expect(here()).toEqual(files);
    // As another tool leaves it.
    write("build/lib/built/gone.py", "");
    fs.rmSync(path.join(project, "src", "built", "gone.py"));
    expect(python(await build(await identify(reference)), modules)).toBe("[]");
  });
});

describe("a member of a uv workspace", () => {
  it("is installed with the members that it needs, and made again when one of those changes", async () => {
    const root = path.join(folder, "workspace");
    const write = (file: string, text: string) => {
      fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), text);
    };
    const project = (name: string, needs: string) =>
      `[project]\nname = "${name}"\nversion = "1.0"\nrequires-python = ">=3.8"\ndependencies = [${needs}]\n`;
    const backend = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';
    write("pyproject.toml", `${project("all", "")}[tool.uv.workspace]\nmembers = ["m/*"]\n`);
    write(
      "m/app/pyproject.toml",
      `${project("app", '"lib"')}[tool.uv.sources]\nlib = { workspace = true }\n`,
    );
    write("m/lib/pyproject.toml", `${project("lib", '"six<1.17"')}${backend}`);
    write("m/lib/src/lib/__init__.py", "x = 1\n");
    execFileSync(uvProgram(), ["lock", "--quiet", "--project", root], { cwd: root });
    const app = path.join(root, "m", "app");
    const reference = { ...requirements(), requirements: null, project: app };
    const before = await identify(reference as EnvironmentReference);
    expect(python(await build(before), "import lib, six; print(lib.x)")).toBe("1");
    write("m/lib/src/lib/__init__.py", "x = 2\n");
    const after = await identify(reference as EnvironmentReference);
    expect(python(await build(after), "import lib; print(lib.x)")).toBe("2");
  });
});

describe("several processes that need the same environment", () => {
  it("make it once", async () => {
    const identity = await identify(requirements("six==1.15.0", "pyjokes==0.8.3"));
    const children = [1, 2, 3, 4].map(() => builder(identity));
    const said = await Promise.all(children.map(output));
    const made = said.filter((text) => text.includes("being made"));
    expect(made).toHaveLength(1);
    expect(new Set(said.map((text) => text.trim().split("\n").at(-1))).size).toBe(1);
    expect(said[0]?.trim().split("\n").at(-1)).toMatch(/^done .*environments/);
  });

  it("leave nothing that looks made when one is killed half-way", async () => {
    const identity = await identify(requirements("six==1.14.0", "pyjokes==0.8.3"));
    const temporary = fs.mkdtempSync(path.join(folder, "temporary-"));
    const child = builder(identity, { TMPDIR: temporary });
    const made = path.join(folder, CACHE, "environments");
    fs.mkdirSync(made, { recursive: true });
    const before = fs.readdirSync(made);
    const begun = () => fs.readdirSync(made).filter((name) => !before.includes(name));
    await eventually(() => begun().some((name) => !name.endsWith(".lock")), "it is being made");
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    await output(builder(identity, { TMPDIR: temporary }));
    const venv = await build(identity);
    expect(python(venv, "import six, pyjokes; print(six.__version__)")).toBe("1.14.0");
    const left = fs.readdirSync(path.dirname(venv)).filter((name) => name.endsWith(".lock"));
    expect(left).toEqual([]);
    expect(begun().filter((name) => !name.endsWith(".complete"))).toEqual([path.basename(venv)]);
    const strays = fs.readdirSync(temporary).filter((name) => name.startsWith("stepwell"));
    expect(strays).toEqual([]);
  });
});

function uvProgram(): string {
  const tools = path.join(folder, CACHE, "tools");
  const own = fs.existsSync(tools) ? fs.readdirSync(tools)[0] : undefined;
  return own === undefined ? "uv" : path.join(tools, own, "bin", "uv");
}

function builder(
  identity: EnvironmentIdentity,
  variables: Readonly<Record<string, string>> = {},
): ChildProcess {
  const module = pathToFileURL(path.join(import.meta.dirname, "environments.ts")).href;
  const options = { ...settings(), variables: undefined, lookup: undefined, log: undefined };
  const program = `
    import { createEnvironments } from ${JSON.stringify(module)};
    const environments = createEnvironments({
      ...${JSON.stringify(options)},
      variables: process.env,
      lookup: async () => null,
      log: (line) => console.log(line),
    });
    const built = await environments.build(${JSON.stringify(identity)});
    console.log("done", built.ok ? built.value.pathPrefix[0] : built.failure.message);
  `;
  const words = ["--import", "tsx", "--input-type=module", "-e", program];
  const env = { ...process.env, ...variables };
  return spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"], env });
}

function output(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
    });
    child.once("close", () => resolve(text));
  });
}
