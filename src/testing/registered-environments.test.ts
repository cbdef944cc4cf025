import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// A registered environment keeps what the files said that its requirements named. Nothing is resolved here: the name of the
// lock says what is asked for.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("registered-environments");
  rig.write("env/requirements.yml", "name: pip\nversion: 1\nrequirements: requirements.txt\n");
  rig.write("env/requirements.txt", "six\n-r more/base.txt\n");
  rig.write("env/more/base.txt", "-c limits.txt\n");
  rig.write("env/conda.yml", "name: conda\nversion: 1\nconda_file: packages.yml\n");
  rig.write("env/packages.yml", "dependencies:\n- pip:\n  - six\n  - -r file:more/base.txt\n");
});

afterAll(() => rig.remove());

const lock = (name: string): string | undefined =>
  /^lock (.*)$/m.exec(rig.cli("environment", "show", name).stdout)?.[1];

describe.each(["requirements", "conda"])("a registered environment of a %s file", (kind) => {
  const name = kind === "conda" ? "conda" : "pip";

  it("keeps its meaning when a file changes that is named with -r or -c, which is another version", () => {
    rig.write("env/more/limits.txt", "six==1.16.0\n");
    const create = () => rig.cli("environment", "create", `env/${kind}.yml`);
    expect(create().code).toBe(0);
    expect(create().stdout).toContain("already has this very content");
    const before = lock(name);
    rig.write("env/more/limits.txt", "six==1.15.0\n");
    expect([before, lock(name)]).toEqual([expect.stringContaining(`${name}-`), before]);
    const refused = create();
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("other content")]);
  });

  it("outlives the files", () => {
    const before = lock(name);
    fs.renameSync(rig.at("env/more"), rig.at("env/away"));
    expect(lock(name)).toBe(before);
    rig.write(
      "job.yml",
      `type: command\ncompute: local\ncommand: ls\nenvironment: azureml:${name}:1\n`,
    );
    expect(rig.cli("plan", "job.yml").stderr).toBe("");
    fs.renameSync(rig.at("env/away"), rig.at("env/more"));
  });
});

it("a file that its requirements name holds no secret, and need not be a file", () => {
  rig.write("odd/odd.yml", "name: odd\nversion: 1\nrequirements: requirements.txt\n");
  rig.write("odd/requirements.txt", "six\n-r more.txt\n");
  rig.write("odd/more.txt", "--extra-index-url https://me:s3cr3tword@host.example/simple\n");
  const create = () => rig.cli("environment", "create", "odd/odd.yml");
  expect(create()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("more.txt holds a password"),
  });
  rig.write(
    "odd/part.yml",
    "type: command\nname: held\ncommand: ls\nenvironment: {requirements: requirements.txt}\n",
  );
  expect(rig.cli("component", "create", "odd/part.yml")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("more.txt holds a password"),
  });
  rig.write("odd/requirements.txt", "six\n-r .\n");
  expect(create()).toMatchObject({ code: 0 });
});

it("a registered component brings the wheels that its requirements are told to look among", () => {
  rig.write("part/links.txt", "--no-index\n--find-links './my wheels'\nmine\n");
  rig.write("part/my wheels/mine-1-py3-none-any.whl", "a wheel");
  rig.write("part/my wheels/note.txt", "none");
  rig.write(
    "part/part.yml",
    "type: command\nname: part\ncommand: ls\nenvironment: {requirements: links.txt}\n",
  );
  const { stdout } = rig.cli("component", "create", "part/part.yml");
  expect(stdout).toContain("part:1");
  const frozen = fs.readdirSync(rig.at(".stepwell/frozen"), { recursive: true }).map(String);
  const names = frozen.filter((at) => at.includes("my wheels/")).map((at) => at.split("/").at(-1));
  expect(names).toEqual(["mine-1-py3-none-any.whl"]);
  rig.write("part/my wheels/mine-1-py3-none-any.whl", "another wheel");
  rig.write("part/part.yml", `${rig.read("part/part.yml")}version: "1"\n`);
  expect(rig.cli("component", "create", "part/part.yml").stderr).toContain("other content");
});

it("a registered component brings the folders that its project is installed from", () => {
  const lock = (...places: readonly string[]) =>
    places.map((place) => `[[package]]\nsource = { editable = "${place}" }\n`).join("");
  const write = (...files: readonly string[]) => {
    for (const file of files) rig.write(`uv/${file}`, "");
  };
  write("ws/pyproject.toml", "ws/m/app/pyproject.toml", "ws/m/lib/lib.py", "beside/b.py", "ws/big");
  rig.write("uv/ws/uv.lock", lock(".", "m/app", "m/lib", "../beside", "../gone"));
  rig.write("uv/c.yml", "type: command\nname: uv\ncommand: ls\nenvironment: {project: ws/m/app}\n");
  expect(rig.cli("component", "create", "uv/c.yml").stdout).toContain("uv:1");
  const frozen = fs.readdirSync(rig.at(".stepwell/frozen"), { recursive: true }).map(String);
  const of = frozen.flatMap((at) => at.split("/uv/")[1] ?? []);
  const names = of.filter((at) => /\.(?:py|toml|lock)$|big/.test(at)).sort();
  const ws = ["ws/m/app/pyproject.toml", "ws/m/lib/lib.py", "ws/pyproject.toml", "ws/uv.lock"];
  expect(names).toEqual(["beside/b.py", ...ws]);
});

describe("a registered environment that is installed from folders", () => {
  const create = (file: string) => rig.cli("environment", "create", file);

  it("keeps its build folder", () => {
    rig.write("image/requirements.txt", "six==1.16.0\n");
    rig.write("image/Dockerfile", "FROM python\nRUN pip install -r requirements.txt\n");
    rig.write("image.yml", "name: image\nversion: 1\nbuild: {path: image}\n");
    expect(create("image.yml").code).toBe(0);
    expect(create("image.yml").stdout).toContain("already has this very content");
    const before = lock("image");
    rig.write("image/requirements.txt", "six==1.15.0\n");
    expect([before, lock("image")]).toEqual([expect.stringContaining("image-"), before]);
    expect(create("image.yml").stderr).toContain("other content");
    fs.renameSync(rig.at("image"), rig.at("image-away"));
    expect(lock("image")).toBe(before);
    expect(rig.cli("gc").code).toBe(0);
    expect(lock("image")).toBe(before);
  });

  it("keeps its project, which must have a lock", () => {
    rig.write("wheel/app/pyproject.toml", '[project]\nname = "app"\nversion = "1"\n');
    rig.write("wheel/app/src/app.py", "VALUE = 1\n");
    rig.write("wheel/env.yml", "name: project\nversion: 1\nproject: app\n");
    expect(create("wheel/env.yml")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`make it: uv lock --project ${rig.at("wheel/app")}`),
    });
    const source = '[[package]]\nname = "app"\nversion = "1"\nsource = { editable = "." }\n';
    rig.write("wheel/app/uv.lock", `version = 1\nrequires-python = ">=3.8"\n\n${source}`);
    expect(create("wheel/env.yml").code).toBe(0);
    const planned = () => {
      rig.write("job.yml", "type: command\ncommand: python -V\nenvironment: azureml:project:1\n");
      const { stdout, stderr } = rig.cli("plan", "job.yml", "--json");
      expect(stderr).toBe("");
      return JSON.parse(stdout).counts;
    };
    expect(planned()).toMatchObject({ run: 1 });
    rig.write("wheel/app/src/app.py", "VALUE = 2\n");
    expect(create("wheel/env.yml").stderr).toContain("other content");
    fs.rmSync(rig.at("wheel"), { recursive: true });
    expect(planned()).toMatchObject({ run: 1 });
    const frozen = fs.readdirSync(rig.at(".stepwell/frozen"), { recursive: true }).map(String);
    expect(frozen.some((at) => at.endsWith("wheel/app/src/app.py"))).toBe(true);
  });

  it("keeps wheels beside its requirements", () => {
    rig.write("near/r.txt", "--find-links ./wheels\nmine\n");
    rig.write("near/wheels/mine-1-py3-none-any.whl", "a wheel");
    rig.write("near/env.yml", "name: near\nversion: 1\nrequirements: r.txt\n");
    expect(create("near/env.yml").code).toBe(0);
    const before = lock("near");
    rig.write("near/wheels/mine-1-py3-none-any.whl", "another");
    expect(create("near/env.yml").stderr).toContain("other content");
    expect([before, lock("near")]).toEqual([expect.stringContaining("near-"), before]);
  });
});
