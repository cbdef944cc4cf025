import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvironmentDefinition, EnvironmentReference } from "../spec/graph.ts";
import { chooseSoftware, type EnvironmentTable } from "./choose-software.ts";

const EMPTY: EnvironmentDefinition = {
  name: null,
  image: null,
  conda: null,
  build: null,
  requirements: null,
  project: null,
  python: null,
  packages: null,
  pythonVersion: null,
};

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-software-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function named(name: string, registry: string | null = null): EnvironmentReference {
  return { kind: "asset", name, version: null, label: "latest", registry };
}

function inline(definition: Partial<EnvironmentDefinition>): EnvironmentReference {
  return { kind: "inline", ...EMPTY, ...definition };
}

function choose(
  reference: EnvironmentReference | null,
  table: EnvironmentTable = {},
  assets: Readonly<Record<string, EnvironmentReference>> = {},
) {
  return chooseSoftware(reference, table, { lookup: async (name) => assets[name] ?? null });
}

describe("chooseSoftware", () => {
  it("takes the shell's interpreter for no environment and for an image alone", async () => {
    for (const reference of [null, inline({ image: "mcr.example/base:latest" })])
      expect(await choose(reference)).toMatchObject({ ok: true, software: { kind: "host" } });
  });

  it("takes the Python that is asked for where nothing else is", async () => {
    for (const definition of [{ pythonVersion: "3.9" }, { pythonVersion: "3.9", image: "a/b:1" }])
      expect(await choose(inline(definition))).toMatchObject({
        software: { kind: "packages", python: "3.9", requirements: [] },
      });
  });

  it.each([["sklearn-1.5"], ["AzureML-sklearn-1.5"], ["azureml-SKLEARN-1.5"]])(
    "knows the curated environment %s",
    async (name) => {
      const choice = await choose(named(name, "azureml"));
      expect(choice).toMatchObject({
        ok: true,
        software: { kind: "packages", label: "sklearn-1.5" },
      });
      expect(JSON.stringify(choice)).toContain("scikit-learn==1.5.*");
    },
  );

  it.each([
    ["AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", "3.9"],
    ["AzureML-sklearn-0.24-ubuntu18.04-py37-cpu", "3.8"],
    ["sklearn-1.5", null],
  ])("asks for a Python that the packages of %s have wheels for", async (name, python) => {
    expect(await choose(named(name))).toMatchObject({ ok: true, software: { python } });
  });

  it("gives older environments a numpy that has what their images' one has", async () => {
    for (const version of ["1.1", "1.0", "0.24"])
      expect(await choose(named(`AzureML-sklearn-${version}-ubuntu20.04-py38-cpu`))).toMatchObject({
        software: {
          requirements: expect.arrayContaining([`scikit-learn==${version}.*`, "numpy<1.24"]),
        },
      });
  });

  it("lets the workspace's table override names and images, through other names", async () => {
    const table: EnvironmentTable = {
      "sklearn-1.5": { ...EMPTY, packages: ["six"], pythonVersion: "3.10" },
      "AzureML-old": { alias: "sklearn-1.5" },
      mine: { alias: "lightgbm-3.3" },
      "mcr.example/base:1": { ...EMPTY, packages: ["attrs"] },
    };
    const six = { software: { kind: "packages", requirements: ["six"], python: "3.10" } };
    expect(await choose(named("AzureML-sklearn-1.5"), table)).toMatchObject(six);
    expect(await choose(named("old"), table)).toMatchObject(six);
    expect(JSON.stringify(await choose(named("mine"), table))).toContain("lightgbm");
    expect(await choose(inline({ image: "mcr.example/base:1" }), table)).toMatchObject({
      software: { requirements: ["attrs"] },
    });
  });

  it("finds in the workspace's table what messages call an environment without a name", async () => {
    const conda = (content: object, file: string | null = null) => ({ path: file, content });
    const dependencies = ["ffmpeg"];
    const table: EnvironmentTable = {
      own: { ...EMPTY, packages: ["six"] },
      video: { ...EMPTY, packages: ["attrs"] },
      ctx: { ...EMPTY, packages: ["toolz"] },
    };
    const chosen = async (definition: Partial<EnvironmentDefinition>) =>
      (await choose(inline(definition), table)) as { software?: { requirements: string[] } };
    const named = await chosen({ conda: conda({ name: "own", dependencies }) });
    expect(named.software?.requirements).toEqual(["six"]);
    const unnamed = await chosen({ conda: conda({ dependencies }, "/p/video.yml") });
    expect(unnamed.software?.requirements).toEqual(["attrs"]);
    const built = await chosen({ build: { path: "/p/ctx", dockerfile: null } });
    expect(built.software?.requirements).toEqual(["toolz"]);
  });

  it("installs a conda file also on an image of which the table says what it has", async () => {
    const conda = { path: null, content: { dependencies: ["six=1.15"] } };
    const table: EnvironmentTable = { "base:1": { ...EMPTY, packages: ["six==1.17.0"] } };
    expect(await choose(inline({ image: "base:1", conda }), table)).toMatchObject({
      software: { requirements: ["six==1.15.*", "setuptools<81"] },
    });
  });

  it("says so when names of the table go in a circle", async () => {
    const table = { a: { alias: "b" }, b: { alias: "a" } };
    expect(await choose(named("a"), table)).toMatchObject({ ok: false });
  });

  it("takes registered environments before curated ones", async () => {
    const own = inline({ packages: ["six"] });
    expect(await choose(named("sklearn-1.5"), {}, { "sklearn-1.5": own })).toMatchObject({
      software: { requirements: ["six"] },
    });
  });

  it("says that a registered environment has no such version", async () => {
    const reference: EnvironmentReference = {
      kind: "asset",
      name: "mine",
      version: "9",
      label: null,
      registry: null,
    };
    const choice = await chooseSoftware(
      reference,
      {},
      {
        lookup: async (_, version) => (version === null ? inline({ packages: ["six"] }) : null),
      },
    );
    expect(choice).toMatchObject({
      failure: {
        message: "The environment mine has no version 9.",
        hint: expect.stringContaining("list"),
      },
    });
  });

  it("names near names and the line to add when a name is unknown", async () => {
    const choice = await choose(named("sklearn-15", "azureml"));
    expect(choice).toMatchObject({ ok: false, failure: { code: "unknown_environment" } });
    if (choice.ok) return;
    expect(choice.failure.message).toContain("Near names: sklearn-1.5");
    expect(choice.failure.hint).toContain('environments: {"sklearn-15":');
  });

  it("maps conda files, and names what is not Python", async () => {
    const good = {
      path: null,
      content: { name: "c", dependencies: ["python=3.9", "pytorch=2.1"] },
    };
    expect(await choose(inline({ image: "x", conda: good }))).toMatchObject({
      software: { label: "c", python: "3.9", requirements: ["torch==2.1.*", "setuptools<81"] },
    });
    const bad = { path: null, content: { dependencies: ["r-base=4"] } };
    const choice = await choose(inline({ conda: bad }));
    expect(choice).toMatchObject({ ok: false, failure: { code: "unsupported_environment" } });
    expect(JSON.stringify(choice)).toContain("r-base=4");
  });

  it("gives a conda environment setuptools, as conda's pip does, unless it says which", async () => {
    const own = { path: null, content: { dependencies: ["setuptools=75", "six"] } };
    expect(await choose(inline({ conda: own }))).toMatchObject({
      software: { requirements: ["setuptools==75.*", "six"] },
    });
    const another = { path: null, content: { dependencies: [{ pip: ["setuptools-scm"] }] } };
    expect(await choose(inline({ conda: another }))).toMatchObject({
      software: { requirements: ["setuptools-scm", "setuptools<81"] },
    });
  });

  it("reads requirements with the files they name, and their options", async () => {
    fs.writeFileSync(path.join(folder, "more.txt"), "attrs # why\n-c limits.txt\n");
    fs.writeFileSync(path.join(folder, "limits.txt"), "six<2\n");
    const text = "--extra-index-url https://a.example\nsix \\\n  >=1\n\n-r more.txt\n";
    const file = path.join(folder, "requirements.txt");
    expect(await choose(inline({ requirements: { path: file, text } }))).toMatchObject({
      software: {
        label: "requirements",
        requirements: ["six    >=1", "attrs"],
        constraints: ["six<2"],
        options: ["--extra-index-url https://a.example"],
      },
    });
  });

  it("reads a file of Windows, hashes, folders of wheels and files of the network", async () => {
    fs.mkdirSync(path.join(folder, "deep dir"));
    fs.writeFileSync(
      path.join(folder, "deep dir", "more.txt"),
      "-f ../wheels\r\nattrs --hash=sha256:dd # why\r\n",
    );
    const text = [
      "\uFEFF# first",
      "--require-hashes",
      '-r "deep dir/more.txt" # there',
      "-c https://a.example/limits.txt",
      "Six==1.17.0 --hash=sha256:bb \\",
      "  --hash=sha256:aa",
      "x @ https://a.example/x-1-py3-none-any.whl#sha256=cc",
    ].join("\r\n");
    const file = path.join(folder, "requirements.txt");
    expect(await choose(inline({ requirements: { path: file, text } }))).toMatchObject({
      software: {
        requirements: [
          "attrs",
          "Six==1.17.0",
          "x @ https://a.example/x-1-py3-none-any.whl#sha256=cc",
        ],
        constraints: ["-c https://a.example/limits.txt"],
        options: ["--find-links ./wheels"],
        hashes: { attrs: ["sha256:dd"], six: ["sha256:aa", "sha256:bb"] },
        folder,
      },
    });
  });

  it.each(["-e .", "./pkg", "-r none.txt", "--weird", "w/x-1.whl", "x @ file:///src", "x @ ./y"])(
    "refuses the requirement %s",
    async (line) => {
      const file = path.join(folder, "requirements.txt");
      expect(await choose(inline({ requirements: { path: file, text: line } }))).toMatchObject({
        ok: false,
        failure: { code: "unsupported_environment" },
      });
    },
  );

  it("reads a list of packages by the same rules", async () => {
    const packages = ["six --hash=sha256:aa", "--pre", "attrs"];
    expect(await choose(inline({ packages }))).toMatchObject({
      software: {
        requirements: ["six", "attrs"],
        options: ["--pre"],
        hashes: { six: ["sha256:aa"] },
      },
    });
    for (const line of ["./pkg", "x @ file:///src", "-r more.txt"])
      expect(await choose(inline({ packages: [line] }))).toMatchObject({ ok: false });
  });

  it.each(["six --hash=sha512:aa", "six==1.17.0 \\\n  --hash md5:aa", "six --hash=aa"])(
    "refuses %j, which asks for a hash that nothing would check",
    async (text) => {
      const requirements = { path: path.join(folder, "requirements.txt"), text };
      expect(await choose(inline({ requirements }))).toMatchObject({
        failure: { message: expect.stringContaining("has no hash that can be held to") },
      });
    },
  );

  it("takes the sha256 among other hashes, and the line behind a comment that ends as if it went on", async () => {
    const text = "# C:\\wheels\\\nsix --hash=sha512:bb --hash=sha256:aa\n";
    const requirements = { path: path.join(folder, "requirements.txt"), text };
    expect(await choose(inline({ requirements }))).toMatchObject({
      software: { requirements: ["six"], hashes: { six: ["sha256:aa"] } },
    });
  });

  it("refuses a password in a file that another one names, and does not show it", async () => {
    fs.writeFileSync(
      path.join(folder, "index.txt"),
      "-i https://me:pw-31x@a.example/simple\nsix\n",
    );
    const requirements = { path: path.join(folder, "requirements.txt"), text: "-r index.txt\n" };
    const choice = await choose(inline({ requirements }));
    expect(choice).toMatchObject({ ok: false, failure: { hint: expect.stringContaining("pip") } });
    expect(JSON.stringify(choice)).not.toContain("pw-31x");
  });

  it.each([
    ["numpy=1.26", "For pip write numpy==1.26, or numpy==1.26.* for the newest of these."],
    ["x[a,b] = 2.*", "For pip write x[a,b]==2.*."],
    ["scipy=1.11.4=py311h64a7726_0", "For pip write scipy==1.11.4, or scipy==1.11.4.* for the"],
  ])("says how pip writes %s, which is conda's", async (line, hint) => {
    const requirements = { path: path.join(folder, "requirements.txt"), text: `six\n${line}\n` };
    expect(await choose(inline({ requirements }))).toMatchObject({
      failure: {
        message: expect.stringContaining(`\`${line}\` is written as for conda`),
        hint: expect.stringContaining(hint),
      },
    });
  });

  it("takes no option for a requirement as conda writes it", async () => {
    const text = "--config-settings=a=1\nsix\n";
    const requirements = { path: path.join(folder, "requirements.txt"), text };
    const message = "The option `--config-settings=a=1` is not supported.";
    expect(await choose(inline({ requirements }))).toMatchObject({
      failure: { message: expect.stringContaining(message) },
    });
  });

  it("warns that a build context is not built, and uses its requirements", async () => {
    const build = { path: path.join(folder, "context"), dockerfile: "Dockerfile" };
    fs.mkdirSync(build.path);
    const before = await choose(inline({ build }));
    expect(before).toMatchObject({ software: { kind: "host" } });
    fs.writeFileSync(path.join(build.path, "requirements.txt"), "six\n");
    const after = await choose(inline({ build }));
    expect(after).toMatchObject({ software: { requirements: ["six"] } });
    for (const choice of [before, after]) expect(choice.ok && choice.warnings).toHaveLength(1);
    for (const choice of [before, after])
      expect(JSON.stringify(choice)).toContain('The environment \\"context\\" is built from');
    const table = { context: { ...EMPTY, packages: ["attrs"] } };
    expect(await choose(inline({ build, name: "context" }), table)).toMatchObject({
      software: { requirements: ["attrs"] },
      warnings: [],
    });
  });

  it("says for which libraries of a conda file nothing is installed", async () => {
    const libraries = ["openssl=3.0", "xz", "zlib", "readline", "tk", "cudatoolkit=11.1"];
    const conda = { path: null, content: { dependencies: [...libraries, "pytorch=2.1"] } };
    const nothing = "lists libraries for which nothing is installed here";
    const said = "python brings openssl=3.0, xz, zlib and 2 more; torch brings cudatoolkit=11.1";
    expect(await choose(inline({ conda, name: "mine" }))).toMatchObject({
      software: { requirements: ["torch==2.1.*", "setuptools<81"] },
      warnings: [`The conda environment mine ${nothing}: ${said}.`],
    });
  });

  it("uses the conda file of a build context that has no requirements", async () => {
    const build = { path: path.join(folder, "with-conda"), dockerfile: "Dockerfile" };
    fs.mkdirSync(build.path);
    fs.writeFileSync(path.join(build.path, "environment.yml"), "name: e\nbuild: {path: .}\n");
    expect(await choose(inline({ build }))).toMatchObject({ software: { kind: "host" } });
    const conda = "dependencies:\n- python=3.10\n- pip:\n  - six\n";
    fs.writeFileSync(path.join(build.path, "conda_dependencies.yaml"), conda);
    expect(await choose(inline({ build }))).toMatchObject({
      software: { label: "with-conda", python: "3.10", requirements: ["six", "setuptools<81"] },
      warnings: [expect.stringContaining("its conda_dependencies.yaml is installed instead")],
    });
    fs.writeFileSync(path.join(build.path, "conda_dependencies.yaml"), "dependencies: [a\n");
    expect(await choose(inline({ build }))).toMatchObject({
      failure: { message: expect.stringContaining("conda_dependencies.yaml cannot be read") },
    });
  });
});
