import { describe, expect, it } from "vitest";
import type { ContentId, Manifest } from "./content.ts";
import type { EnvironmentIdentity } from "./environment.ts";
import { type Evidence, explain } from "./explain.ts";
import type { MomentIdentity, NodeIdentity, PreImage } from "./fingerprint.ts";
import type { LoadedPackages } from "./function-changes.ts";

const NODE: NodeIdentity = {
  format: 1,
  type: "command",
  typeSettings: null,
  command: "python train.py --fast",
  inputs: { data: ["uri_folder", "ro_mount", true] },
  outputs: { model: ["uri_folder", null] },
  parameters: { alpha: ["number", "0.1"] },
  variables: { MODE: "a" },
  distribution: null,
  instanceCount: 1,
  textSubstitution: false,
};

const MOMENT: MomentIdentity = {
  code: "code1",
  environment: "env1",
  passEnv: [],
  contents: { data: ["folder1" as ContentId, null] },
};

function image(node: Partial<NodeIdentity> = {}, moment: Partial<MomentIdentity> = {}): PreImage {
  return { node: { ...NODE, ...node }, moment: { ...MOMENT, ...moment } };
}

const ENVIRONMENT: EnvironmentIdentity = {
  id: "env1",
  label: "one",
  kind: "host",
  pythonVersion: "3.11.7",
  platform: "linux",
  packages: { pandas: "2.1", numpy: "1.26" },
  editable: { mine: "a" },
  lockId: null,
  programs: { node: "20" },
};

function folder(files: Readonly<Record<string, string>>): Manifest {
  const entries = Object.entries(files).map(([path, id]) => ({
    type: "file" as const,
    path,
    size: 1,
    executable: false,
    id: id as ContentId,
  }));
  return { format: 1, entries };
}

const CODE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  code1: { "a.py": "1", "b.py": "1", "gone.py": "1" },
  code2: { "a.py": "2", "b.py": "1", "new.py": "1" },
  executable: { "a.py": "1+x", "b.py": "1", "gone.py": "1" },
  many: { "a.py": "9", "b.py": "9", "c.py": "9", "d.py": "9", "gone.py": "1" },
  function1: { "step.mjs": "1" },
  function2: { "step.mjs": "2" },
  loads1: { "step.mjs": "1", "packages.json": "1" },
  loads2: { "step.mjs": "2", "packages.json": "2" },
  rebuilt: { "step.mjs": "3", "packages.json": "3" },
  unread: { "step.mjs": "4" },
  binary: { "a.py": "binary", "b.py": "1", "gone.py": "1" },
};

const PACKAGES: Readonly<Record<string, LoadedPackages>> = {
  loads1: {
    gone: { version: "1.0", integrity: null },
    sharp: { version: "1.2", integrity: "a" },
    zlib: { version: "3.0", integrity: "a" },
  },
  loads2: {
    sharp: { version: "1.3", integrity: "b" },
    zlib: { version: "3.0", integrity: "a" },
  },
  rebuilt: {
    gone: { version: "1.0", integrity: null },
    sharp: { version: "1.2", integrity: "a" },
    zlib: { version: "3.0", integrity: "b" },
  },
};

const EVIDENCE: Evidence = {
  code: (id) => CODE[id] ?? null,
  lines: (_, after) => {
    if (["binary", "rebuilt", "unread"].includes(after)) return null;
    return after === "loads2" ? { added: 1, removed: 1 } : { added: 2, removed: 1 };
  },
  packages: (code) => PACKAGES[code] ?? null,
  environment: (id) => {
    if (id === "env1") return ENVIRONMENT;
    if (id === "env2")
      return {
        ...ENVIRONMENT,
        pythonVersion: "3.12.1",
        packages: { pandas: "2.2", scipy: "1" },
        editable: { mine: "b" },
        programs: { node: "22" },
        platform: "darwin",
      };
    if (id === "hashes") return { ...ENVIRONMENT, lockId: "sha256:other" };
    return id === "same" ? { ...ENVIRONMENT, label: "two" } : null;
  },
  manifest: (id) => {
    if (id === "folder1") return folder({ a: "1", b: "1" });
    if (id === "folder2") return folder({ a: "2", b: "1" });
    if (id === "folder3") return folder({ c: "1", d: "1", e: "1", f: "1" });
    return null;
  },
};

const content = (id: string, name: string | null = null): MomentIdentity["contents"] => ({
  data: [id as ContentId, name],
});

describe("a changed function", () => {
  const COMMAND = { command: "node step.mjs inputs.a=${{inputs.a}}" };
  const said = (before: string | null, after: string | null, node = COMMAND) =>
    explain(image(node, { code: before }), image(node, { code: after }), EVIDENCE);

  it.each([
    ["no more than that", "function1", "unread", "what it contains"],
    ["what it contains", "function1", "function2", "what it contains (+2 −1)"],
    ["a package's version", "loads1", "loads2", "package gone is gone, package sharp 1.2 → 1.3"],
    ["a package's content", "loads1", "rebuilt", "package zlib 3.0 has other content"],
    [
      "what it contains, and packages",
      "loads2",
      "function2",
      "what it contains (+1 −0), package sharp is gone, package zlib is gone",
    ],
    ["a new package", "function1", "loads2", "package sharp 1.3 is new, package zlib 3.0 is new"],
    [
      "what nobody can count",
      "function1",
      "rebuilt",
      "package gone 1.0 is new, package sharp 1.2 is new, package zlib 3.0 is new",
    ],
  ])("is told by %s", (_, before, after, words) => {
    expect(said(before, after)).toEqual([
      { kind: "code_changed", detail: `function changed: ${words}` },
    ]);
  });

  it("is told without more where its program is not known", () => {
    expect(said("lost", "function1")[0]?.detail).toBe("function changed");
    expect(said("function1", "unreadable")[0]?.detail).toBe("function changed");
  });

  it("is told as code where it is code of the user", () => {
    const own = { command: "node step.mjs.js" };
    expect(said("function1", "function2", own)[0]?.detail).toBe("code changed: step.mjs (+2 −1)");
    expect(said("code1", "function1")[0]?.detail).toMatch(/^code changed: a\.py is gone/);
    expect(said(null, "function1")[0]?.detail).toBe("code changed: step.mjs is new");
  });
});

function differences(before: PreImage, after: PreImage): readonly string[] {
  return explain(before, after, EVIDENCE).map((one) => one.detail);
}

describe("explain", () => {
  it("says nothing of equal work", () => {
    expect(explain(image(), image(), EVIDENCE)).toEqual([]);
  });

  it.each<[string, PreImage, string]>([
    [
      "code",
      image({}, { code: "code2" }),
      "code changed: a.py (+2 −1), gone.py is gone, new.py is new",
    ],
    [
      "much code",
      image({}, { code: "many" }),
      "code changed: a.py (+2 −1), b.py (+2 −1), c.py is new and 1 more",
    ],
    [
      "a file that may be executed",
      image({}, { code: "executable" }),
      "code changed: a.py is now executable",
    ],
    ["a binary file", image({}, { code: "binary" }), "code changed: a.py"],
    ["code nobody knows", image({}, { code: "lost" }), "code changed"],
    [
      "no code any more",
      image({}, { code: null }),
      "code changed: a.py is gone, b.py is gone, gone.py is gone",
    ],
    [
      "a parameter",
      image({ parameters: { alpha: ["number", "0.2"] } }),
      "parameter alpha 0.1 → 0.2",
    ],
    [
      "its type",
      image({ parameters: { alpha: ["string", "0.1"] } }),
      'parameter alpha 0.1 → "0.1"',
    ],
    ["a parameter less", image({ parameters: {} }), "parameter alpha 0.1 → (unset)"],
    [
      "a long one",
      image({ parameters: { alpha: ["string", "x".repeat(50)] } }),
      `parameter alpha 0.1 → "${"x".repeat(40)}…"`,
    ],
    [
      "its type, where it is written the same",
      image({ parameters: { alpha: ["integer", "0.1"] } }),
      "parameter alpha 0.1 (number) → 0.1 (integer)",
    ],
    [
      "an input",
      image({}, { contents: content("folder2") }),
      "input data changed: 1 of 2 files (a)",
    ],
    [
      "all of it",
      image({}, { contents: content("folder3") }),
      "input data changed: 6 of 6 files (a, b, c, …)",
    ],
    ["a file", image({}, { contents: content("file") }), "input data changed"],
    [
      "the file's name",
      image({}, { contents: content("folder1", "b.csv") }),
      "input data changed: its file is now called b.csv",
    ],
    ["an input less", image({}, { contents: {} }), "input data changed: it is no longer set"],
    [
      "the environment",
      image({}, { environment: "env2" }),
      "environment: Python 3.11.7 → 3.12.1, numpy is gone, pandas 2.1 → 2.2 and 4 more",
    ],
    [
      "only the hashes of its lock",
      image({}, { environment: "hashes" }),
      "environment: the lock of one names other files of the same versions",
    ],
    ["only its label", image({}, { environment: "same" }), "environment: one → two"],
    ["one nobody knows", image({}, { environment: "lost" }), "environment changed"],
    [
      "the command",
      image({ command: "python train.py --slow x" }),
      "command changed: --fast → --slow x",
    ],
    [
      "a command that is longer than what is shown",
      image({ command: "python train.py a b c d e" }),
      "command changed: --fast → a b c d …",
    ],
    [
      "a command's blanks",
      image({ command: "python  train.py\n--fast" }),
      "command changed: its blanks or line breaks alone",
    ],
    ["no command", image({ command: null }), "command changed: python train.py --fast → (end)"],
    ["a variable", image({ variables: { MODE: "b" } }), "environment variable MODE: a → b"],
    ["a variable less", image({ variables: {} }), "environment variable MODE: a → (unset)"],
    [
      "an input's mode",
      image({ inputs: { data: ["uri_folder", null, false] } }),
      "input data: uri_folder ro_mount → uri_folder unset",
    ],
    ["an output less", image({ outputs: {} }), "output model: uri_folder → not declared"],
    [
      "how processes work together",
      image({ distribution: { type: "pytorch", processCountPerInstance: 2 } }),
      'distribution: null → {"type":"pytorch","process_count_per_instance":2}',
    ],
    ["a setting", image({ instanceCount: 2 }), "resources.instance_count: 1 → 2"],
    ["passed names", image({}, { passEnv: ["TOKEN"] }), "passed variables: none → TOKEN"],
  ])("names what changed: %s", (_, after, detail) => {
    expect(explain(image(), after, EVIDENCE).map((one) => one.detail)).toEqual([detail]);
  });

  it("says the other way round what is new", () => {
    const details = (before: PreImage): readonly string[] =>
      explain(before, image(), EVIDENCE).map((one) => one.detail);
    expect(details(image({ variables: {} }))).toEqual(["environment variable MODE: (unset) → a"]);
    expect(details(image({}, { contents: {} }))).toEqual([
      "input data changed: it was not set before",
    ]);
    expect(details(image({}, { code: null }))[0]).toContain("a.py is new");
    expect(details(image({ command: null }))).toEqual([
      "command changed: (end) → python train.py --fast",
    ]);
    expect(details(image({}, { passEnv: ["TOKEN"] }))).toEqual(["passed variables: TOKEN → none"]);
    expect(details(image({}, { environment: "env2" }))[0]).toContain("numpy 1.26 is new");
  });

  it("shows long values where they differ", () => {
    const value = (text: string) => image({ parameters: { alpha: ["string", text] } });
    const same = "x".repeat(60);
    const shown = "x".repeat(20);
    expect(differences(value(`${same}1`), value(`${same}2${same}`))).toEqual([
      `parameter alpha "…${shown}1" → "…${shown}2${"x".repeat(19)}…"`,
    ]);
    expect(differences(value(same), value(`${same}!`))).toEqual([
      `parameter alpha "…${shown}" → "…${shown}!"`,
    ]);
  });

  it("names each setting of a type that differs, however deep it stands", () => {
    const before = image({ typeSettings: { source: { watermark: 1, table: "t" }, mini: 2 } });
    const after = image({ typeSettings: { source: { watermark: 2, table: "t" }, new: [1] } });
    expect(differences(before, after)).toEqual([
      "mini: 2 → none",
      "new: none → [1]",
      "source.watermark: 1 → 2",
    ]);
    expect(differences(image(), image({ typeSettings: { a: 1 } }))).toEqual([
      'typeSettings: null → {"a":1}',
    ]);
  });

  it("names the date of outputs and the variables that are passed", () => {
    const dates = (value: number | null | undefined): Partial<MomentIdentity> =>
      value === undefined ? {} : { sourceDateEpoch: value };
    expect(differences(image({}, dates(undefined)), image({}, dates(7)))).toEqual([
      "SOURCE_DATE_EPOCH: the fixed one → 7",
    ]);
    expect(differences(image({}, dates(7)), image({}, dates(null)))).toEqual([
      "SOURCE_DATE_EPOCH: 7 → not set",
    ]);
    expect(differences(image({}, { passEnv: ["A"] }), image())).toEqual([
      "passed variables: A → none",
    ]);
    expect(differences(image(), image({}, { passEnv: ["A", "B"] }))).toEqual([
      "passed variables: none → A, B",
    ]);
  });

  it("is one line without control codes, whatever a value or a file's name holds", () => {
    const after = image({ parameters: { alpha: ["string", "a\nerror: \u001b[2Jb"] } });
    expect(explain(image(), after, EVIDENCE)).toEqual([
      {
        kind: "parameter_changed",
        detail: String.raw`parameter alpha 0.1 → "a\u{a}error: \u{1b}[2Jb"`,
      },
    ]);
  });

  it("puts what people change most first", () => {
    const after = image(
      { command: "other", instanceCount: 2, parameters: {} },
      { code: "code2", contents: {}, environment: "env2" },
    );
    expect(explain(image(), after, EVIDENCE).map((one) => one.kind)).toEqual([
      "code_changed",
      "parameter_changed",
      "input_changed",
      "environment_changed",
      "command_changed",
      "settings_changed",
    ]);
  });
});
