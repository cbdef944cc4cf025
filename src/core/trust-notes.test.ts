import { describe, expect, it } from "vitest";
import type { StepResult } from "./output.ts";
import { describeChangedFile, describeDoubt, equivalenceNotes, trustNotes } from "./trust-notes.ts";

const TRAIN = {
  path: "train",
  deterministic: true,
  reuse: { kind: "auto" },
  command: "echo",
  trace: null,
} as const;
const RESULT: StepResult = {
  outputs: {},
  metrics: {},
  loggedParameters: {},
  artifacts: null,
  warnings: [],
};

describe("what is said of a step that has just run", () => {
  it("is why what reads its other bytes does not run", () => {
    expect(equivalenceNotes(TRAIN, RESULT)).toEqual([]);
    const equivalent = { run: "p-1", outputs: { model: ["MLmodel"] } };
    expect(equivalenceNotes({ ...TRAIN, path: "." }, { ...RESULT, equivalent })).toEqual([
      expect.stringMatching(/^the step made other bytes than in p-1 that count as the same/),
    ]);
  });
});

describe("what a result says against itself", () => {
  it("is that inputs were written to while they were read", () => {
    const said = (...writtenInputs: string[]) => trustNotes(TRAIN, { ...RESULT, writtenInputs });
    const rest =
      "The bytes are the same again, but nobody knows what it read: this result is not reused";
    expect(said("a")).toEqual([`train: input a was written to while it was read. ${rest}`]);
    expect(said("a", "b")).toEqual([
      `train: inputs a, b were written to while they were read. ${rest}`,
    ]);
  });

  it("is that its environment was another than planned", () => {
    const environmentChanged = "pandas 2.1 → 2.2";
    expect(trustNotes(TRAIN, { ...RESULT, environmentChanged })).toEqual([
      "train: its environment changed after it was planned (pandas 2.1 → 2.2): this result is not reused",
    ]);
    expect(describeDoubt({ ...RESULT, environmentChanged })).toBe(
      "its environment changed after it was planned (pandas 2.1 → 2.2)",
    );
  });

  it("is nothing for most", () => {
    expect(trustNotes(TRAIN, RESULT)).toEqual([]);
    expect(describeDoubt(RESULT)).toBeNull();
  });

  it("tells of a Python that nobody watched, unless nobody was to watch it", () => {
    const blind = { ...TRAIN, command: "python -I a.py" };
    expect(trustNotes(blind, RESULT)).toEqual([
      "train ran a Python that was not watched: python -I does not load what watches it. What it read is not known",
    ]);
    expect(trustNotes({ ...blind, trace: false }, RESULT)).toEqual([]);
    expect(trustNotes({ ...blind, deterministic: false }, RESULT)).toEqual([]);
  });

  it("names what was read without being declared, files before folders", () => {
    const file = (path: string, sizeBytes: number | null = 1) => ({ path, sizeBytes, mtimeMs: 1 });
    const undeclared = { files: [file("/a", null), file("/b")], more: 3, hosts: [], programs: [] };
    expect(trustNotes(TRAIN, { ...RESULT, undeclared })).toEqual([
      "train read /b, /a/ and 3 more, which are not inputs: a change to them is not seen. Declare them, or set reuse: {max_age: 1d}",
    ]);
    const one = { ...undeclared, files: [file("/b")], more: 0 };
    expect(trustNotes(TRAIN, { ...RESULT, undeclared: one })).toEqual([
      "train read /b, which is not an input: a change to it is not seen. Declare it, or set reuse: {max_age: 1d}",
    ]);
    const asked = { ...undeclared, files: [], more: 0, hosts: ["example.com"] };
    expect(trustNotes(TRAIN, { ...RESULT, undeclared: asked })[0]).toMatch(
      /^train connected to example.com: /,
    );
    const lasting = { ...TRAIN, reuse: { kind: "max_age", maxAgeSeconds: 60 } } as const;
    expect(trustNotes(lasting, { ...RESULT, undeclared })).toEqual([]);
    expect(trustNotes({ ...TRAIN, deterministic: false }, { ...RESULT, undeclared })).toEqual([]);
    expect(describeChangedFile(file("/a", null))).toBe("undeclared folder changed: /a");
  });

  it("names another Python than the environment's by its folder, apart from what was read", () => {
    const packages = "/v/x/lib/python3.11/site-packages";
    const files = [
      { path: packages, sizeBytes: null, mtimeMs: 1 },
      { path: `${packages}/a.txt`, sizeBytes: 1, mtimeMs: 1 },
    ];
    const undeclared = { files, more: 0, hosts: [], programs: [] };
    expect(trustNotes(TRAIN, { ...RESULT, undeclared })).toEqual([
      "train ran the Python of /v/x, which is not its environment: not every change in it is seen. Say environment: {python: /v/x/bin/python}, or set reuse: {max_age: 1d}",
      expect.stringMatching(
        /^train read \/v\/x\/lib\/python3\.11\/site-packages\/a\.txt, which is/,
      ),
    ]);
    expect(describeChangedFile(files[0] as (typeof files)[0])).toBe(
      "packages changed in /v/x, which is not its environment",
    );
  });

  it("names the files that came out differently, at most three of an output", () => {
    const outputs = { model: ["a", "b", "c", "d"], report: ["index.html"] };
    const result = { ...RESULT, notDeterministic: { run: "taxi-3", outputs } };
    expect(trustNotes(TRAIN, result)).toEqual([
      "train is not deterministic: from the same inputs it made other bytes than in taxi-3 (model: a, b, c and 1 more; report: index.html). Make it so, or say is_deterministic: false",
    ]);
    expect(trustNotes({ ...TRAIN, path: "." }, result)[0]).toMatch(
      /^the step is not deterministic/,
    );
  });
});
