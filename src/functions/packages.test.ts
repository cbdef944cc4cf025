import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { FunctionProject } from "../testing/function-project.ts";
import { ROOT } from "../testing/repository.ts";
import { bundleFunction } from "./bundle-function.ts";

const projects: FunctionProject[] = [];

afterEach(() => {
  for (const made of projects.splice(0)) made.remove();
});

const steps = (imports: string, value: string) => `import { step } from "stepwell";
${imports}
export const evaluate = step({ name: "evaluate", run: async ({ log }) => log.info(${value}) });
`;

function project(text: string, files: Readonly<Record<string, string>>): FunctionProject {
  const made = new FunctionProject({ "steps.ts": text, ...files });
  projects.push(made);
  return made;
}

/** A package with a sign of native code, written in JavaScript. */
const NATIVE = {
  "node_modules/native/package.json": '{"name":"native","version":"1.2.3","main":"index.js"}',
  "node_modules/native/binding.gyp": "{}",
  "node_modules/native/index.js": "exports.half = (n) => n / 2; exports.isNative = true;",
  "node_modules/native/part.js": "exports.where = __dirname;",
};

const ESM_NATIVE = {
  "node_modules/native/package.json":
    '{"name":"native","version":"1.2.3","type":"module","exports":{".":"./index.js","./part":"./part.js"}}',
  "node_modules/native/binding.gyp": "{}",
  "node_modules/native/index.js":
    "export default await Promise.resolve('whole'); export const half = (n) => n / 2;",
  "node_modules/native/part.js": "export const where = 'part';",
};

describe("a package with native code", () => {
  it("that is real is loaded from the project and counts by version and integrity", async () => {
    const place = project(
      steps(
        'import Database from "libsql";\nconst db = new Database(":memory:");',
        'JSON.stringify(db.prepare("SELECT 6 * 7 AS answer").get().answer)',
      ),
      {},
    );
    fs.mkdirSync(path.join(place.folder, "node_modules"));
    const real = path.join(ROOT, "node_modules/libsql");
    fs.symlinkSync(real, path.join(place.folder, "node_modules/libsql"));
    const bundled = await place.bundled();
    const { version } = JSON.parse(fs.readFileSync(path.join(real, "package.json"), "utf8"));
    expect(bundled.packages.libsql).toEqual({
      version,
      integrity: expect.stringMatching(/^sha512-/),
    });
    expect(Object.keys(bundled.packages)).toEqual(["@neon-rs/load", "detect-libc", "libsql"]);
    expect(bundled.program.split("\n")[0]).toContain(
      `libsql@${version} ${bundled.packages.libsql?.integrity}`,
    );
    expect(place.start(bundled)).toMatchObject({
      status: 0,
      stdout: "42\n",
      stderr: "",
    });
  });

  it.each<[string, string, string, Record<string, string>, string]>([
    ["by its default", 'import native from "native";', "native.half(4)", NATIVE, "2"],
    ["by a name", 'import { half as cut } from "native";', "cut(4)", NATIVE, "2"],
    ["as a namespace", 'import * as native from "native";', "native.half(4)", NATIVE, "2"],
    ["as it runs", "", "(await import('native')).half(4)", NATIVE, "2"],
    ["by require", "", "require('native').half(4)", NATIVE, "2"],
    ["for its effect", 'import "native";', "1", NATIVE, "1"],
    [
      "in part",
      'import { where } from "native/part.js";',
      "where.endsWith('native')",
      NATIVE,
      "true",
    ],
    ["as ES module by its default", 'import native from "native";', "native", ESM_NATIVE, "whole"],
    [
      "as ES module by both",
      'import native, { half } from "native";',
      "native + half(6)",
      ESM_NATIVE,
      "whole3",
    ],
    [
      "as ES module as a namespace",
      'import * as native from "native";',
      "Object.keys(native).join()",
      ESM_NATIVE,
      "default,half",
    ],
    ["as ES module in part", 'import { where } from "native/part";', "where", ESM_NATIVE, "part"],
    ["as ES module as it runs", "", "(await import('native')).default", ESM_NATIVE, "whole"],
    [
      "through a helper that passes it on",
      'import { half } from "./own";',
      "half(8)",
      { ...NATIVE, "own.ts": 'export { half } from "native";' },
      "4",
    ],
    [
      "through a package that is bundled",
      'import lib from "lib";',
      "lib(8)",
      {
        ...NATIVE,
        "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
        "node_modules/lib/index.js":
          "const { half } = require('native'); module.exports = (n) => half(half(n));",
      },
      "2",
    ],
    [
      "of a package's own version",
      'import lib from "lib";',
      "lib",
      {
        ...NATIVE,
        "node_modules/lib/package.json":
          '{"name":"lib","version":"1.0.0","type":"module","main":"index.js"}',
        "node_modules/lib/index.js": "import n from 'native'; export default n.own;",
        "node_modules/lib/node_modules/native/package.json":
          '{"name":"native","version":"9.0.0","gypfile":true,"main":"i.js"}',
        "node_modules/lib/node_modules/native/i.js": "module.exports = { own: 'inner' };",
      },
      "inner",
    ],
  ])("is imported %s", async (_, imports, value, files, expected) => {
    const place = project(steps(imports, value), files);
    const bundled = await place.bundled();
    expect(Object.keys(bundled.packages)).toHaveLength(1);
    expect(bundled.program).not.toContain("isNative");
    const end = place.start(bundled);
    expect(end.stderr).toBe("");
    expect(end).toMatchObject({ status: 0, stdout: `${expected}\n` });
  });

  it("gives names that Node itself would not find in CommonJS, and says which are in neither", async () => {
    const files = {
      ...NATIVE,
      "node_modules/native/index.js": "module.exports = { half: (n) => n / 2 };",
    };
    const named = project(steps('import { half } from "native";', "half(4)"), files);
    expect(await named.run()).toMatchObject({ status: 0, stdout: "2\n" });
    const missing = project(steps('import { third } from "native";', "third(4)"), files);
    expect((await missing.run()).stderr).toContain(
      "SyntaxError: package `native` exports no `third`",
    );
  });

  it("changes the program when its version does, or that of what it depends on", async () => {
    const manifest = (version: string) =>
      `{"name":"native","version":"${version}","dependencies":{"deep":"^1.0.0"}}`;
    const place = project(steps('import native from "native";', "native"), {
      ...NATIVE,
      "node_modules/native/package.json": manifest("1.0.0"),
      "node_modules/deep/package.json": '{"name":"deep","version":"1.0.0"}',
    });
    const first = await place.bundled();
    expect(first.packages).toEqual({
      deep: { version: "1.0.0", integrity: null },
      native: { version: "1.0.0", integrity: null },
    });
    place.write({ "node_modules/deep/package.json": '{"name":"deep","version":"1.0.1"}' });
    const second = await place.bundled();
    place.write({ "node_modules/native/package.json": manifest("1.0.1") });
    const third = await place.bundled();
    expect(new Set([first, second, third].map(({ program }) => program)).size).toBe(3);
    expect(third.sources).toContain(path.join(place.folder, "node_modules/deep/package.json"));
  });

  it("does not count where it is not used", async () => {
    const place = project(steps('import native from "native";\nconsole.log(native);', "1"), NATIVE);
    expect((await place.bundled()).packages).toEqual({});
  });

  it("that is not installed where the step runs is named with what to do", async () => {
    const place = project(steps('import native from "native";', "native.half(2)"), NATIVE);
    const bundled = await place.bundled();
    fs.rmSync(path.join(place.folder, "node_modules"), { recursive: true });
    const end = place.start(bundled);
    expect(end.status).toBe(1);
    expect(end.stderr).toContain(
      `Error: package \`native\` is not installed in ${place.folder}: run npm install there`,
    );
  });

  it("that is required and not installed is named too", async () => {
    const place = project(steps("", "require('native')"), NATIVE);
    const bundled = await place.bundled();
    fs.rmSync(path.join(place.folder, "node_modules"), { recursive: true });
    expect(place.start(bundled).stderr).toContain(
      `Error: package \`native\` is not installed in ${place.folder}: run npm install there`,
    );
  });

  it("needs to be told the folder of the project", async () => {
    const place = project(steps('import native from "native";', "native"), NATIVE);
    const { program } = await place.bundled();
    const text = program.replaceAll("STEPWELL_PROJECT_FOLDER", "STEPWELL_NOTHING");
    const end = place.start({ ...(await place.bundled()), program: text });
    expect(end.status).toBe(1);
    expect(end.stderr).toContain("package `native` is loaded from the project, and");
  });
});

describe("a package stays outside of the program, too, when it", () => {
  const lib = (text: string, more: Readonly<Record<string, string>> = {}) => ({
    "node_modules/lib/package.json": '{"name":"lib","version":"2.0.0"}',
    "node_modules/lib/index.js": text,
    ...more,
  });

  it.each<[string, Record<string, string>, string]>([
    [
      "reads files beside itself",
      lib("exports.a = require('fs').readFileSync(__dirname + '/x.txt', 'utf8');", {
        "node_modules/lib/x.txt": "beside",
      }),
      "beside",
    ],
    [
      "looks for a module by name",
      lib("exports.a = typeof require.resolve('./index.js');"),
      "string",
    ],
    [
      "has a compiled file",
      lib("try { require('./build/x.node'); } catch {} exports.a = 'compiled';", {
        "node_modules/lib/build/x.node": "",
      }),
      "compiled",
    ],
    [
      "has files that cannot be bundled",
      lib("if (process.env.NEVER) require('./page.html'); exports.a = 'page';", {
        "node_modules/lib/page.html": "<p>",
      }),
      "page",
    ],
    [
      "asks for a package that is not there",
      lib("if (process.env.NEVER) { const x = require('missing-one'); } exports.a = 'odd';"),
      "odd",
    ],
    [
      "depends on a loader of native code",
      lib("exports.a = 'loader';", {
        "node_modules/lib/package.json":
          '{"name":"lib","version":"2.0.0","dependencies":{"node-gyp-build":"^4"}}',
      }),
      "loader",
    ],
    [
      "has a build for each platform",
      lib("exports.a = 'builds';", {
        "node_modules/lib/package.json":
          '{"name":"lib","version":"2.0.0","optionalDependencies":{"@lib/linux-x64":"2.0.0"}}',
      }),
      "builds",
    ],
  ])("%s", async (_, files, expected) => {
    const place = project(steps('import { a } from "lib";', "a"), files);
    const bundled = await place.bundled();
    expect(bundled.packages).toEqual({ lib: { version: "2.0.0", integrity: null } });
    expect(place.start(bundled)).toMatchObject({ status: 0, stdout: `${expected}\n`, stderr: "" });
  });

  it("but one that may do without a missing package is bundled", async () => {
    const files = lib(
      "let x = 'without'; try { x = require('missing-one'); } catch {} exports.a = x;",
    );
    const place = project(steps('import { a } from "lib";', "a"), files);
    const bundled = await place.bundled();
    expect(bundled.packages).toEqual({});
    expect(place.start(bundled)).toMatchObject({ status: 0, stdout: "without\n" });
  });
});

describe("the integrity of a package is read from", () => {
  it.each<[string, Record<string, string>, string]>([
    [
      "package-lock.json",
      {
        "package-lock.json":
          '{"lockfileVersion":3,"packages":{"node_modules/native":{"version":"1.2.3","integrity":"sha512-npm=="}}}',
      },
      "sha512-npm==",
    ],
    [
      "npm-shrinkwrap.json, before package-lock.json",
      {
        "package-lock.json": "{}",
        "npm-shrinkwrap.json": '{"packages":{"node_modules/native":{"integrity":"sha512-wrap=="}}}',
      },
      "sha512-wrap==",
    ],
    [
      "pnpm-lock.yaml",
      {
        "pnpm-lock.yaml":
          "lockfileVersion: '9.0'\n\npackages:\n\n  native-x@1.2.3:\n    resolution: {integrity: sha512-other==}\n\n  native@1.2.3:\n    resolution: {integrity: sha512-pnpm==}\n    engines: {node: '>=6'}\n",
      },
      "sha512-pnpm==",
    ],
    [
      "yarn.lock",
      {
        "yarn.lock":
          'native@^1.0.0:\n  version "1.2.2"\n  resolved "x"\n  integrity sha512-old==\n\nnative@^1.2.0, native@^1.2.3:\n  version "1.2.3"\n  resolved "x"\n  integrity sha512-yarn==\n',
      },
      "sha512-yarn==",
    ],
    [
      "yarn.lock of newer versions",
      {
        "yarn.lock":
          '"native@npm:^1.2.0":\n  version: 1.2.3\n  resolution: "native@npm:1.2.3"\n  checksum: 10c0/abc\n  languageName: node\n',
      },
      "10c0/abc",
    ],
  ])("%s", async (_, files, integrity) => {
    const place = project(steps('import native from "native";', "native"), { ...NATIVE, ...files });
    expect((await place.bundled()).packages).toEqual({ native: { version: "1.2.3", integrity } });
  });

  it.each([
    ["says nothing of it", "{}"],
    ["is broken", "{"],
  ])("no lock file that %s", async (_, lock) => {
    const files = { ...NATIVE, "package-lock.json": lock };
    const place = project(steps('import native from "native";', "native"), files);
    expect((await place.bundled()).packages).toEqual({
      native: { version: "1.2.3", integrity: null },
    });
  });
});

describe("where the project lies", () => {
  it("may be a link", async () => {
    const place = project(steps('import native from "native";', "native.half(2)"), NATIVE);
    const link = `${place.folder}-link`;
    fs.symlinkSync(place.folder, link);
    try {
      const made = await bundleFunction(
        { file: path.join(link, "steps.ts"), line: 3, column: 25, name: "evaluate" },
        { inputs: {}, outputs: {} },
      );
      expect(made.ok && made.value.program).toBe(await place.program());
    } finally {
      fs.rmSync(link);
    }
  });

  it("may be inside of an installed package, whose files are then the user's own", async () => {
    const inside = "node_modules/stepwell/examples/";
    const place = project("", {
      [`${inside}package.json`]: "{}",
      [`${inside}steps.ts`]: steps('import { a } from "./one";', "a"),
      [`${inside}one.ts`]: 'import { step } from "stepwell"; step({}); export const a = 1;',
      [`${inside}bad.ts`]: steps("", "__dirname"),
    });
    const bundled = await place.bundled("evaluate", `${inside}steps.ts`);
    expect(place.start(bundled)).toMatchObject({ status: 0, stdout: "1\n", stderr: "" });
    expect(await place.problems("evaluate", `${inside}bad.ts`)).toHaveLength(1);
  });

  it("may be beside a package of the same repository that has native code of its own", async () => {
    const place = project("", {
      "app/package.json": "{}",
      "app/steps.ts": steps('import { a } from "lib";', "a"),
      "lib/package.json": '{"name":"lib","version":"1.0.0","type":"module","main":"index.ts"}',
      "lib/index.ts": 'import n from "native"; export const a = n.half(8);',
      ...Object.fromEntries(Object.entries(NATIVE).map(([name, text]) => [`lib/${name}`, text])),
    });
    fs.mkdirSync(path.join(place.folder, "app/node_modules"));
    fs.symlinkSync("../../lib", path.join(place.folder, "app/node_modules/lib"));
    const bundled = await place.bundled("evaluate", "app/steps.ts");
    expect(bundled.packages).toEqual({ native: { version: "1.2.3", integrity: null } });
    const variables = { STEPWELL_PROJECT_FOLDER: bundled.projectFolder };
    expect(place.start(bundled, { variables })).toMatchObject({ status: 0, stdout: "4\n" });
  });
});
