import { describe, expect, it } from "vitest";
import type { ContentId } from "./content.ts";
import { describeInvalidation } from "./invalidation.ts";
import { isOutOfSpace } from "./out-of-space.ts";
import { idsOf, type OutputRecord, recordedOutputs, type StepResult } from "./output.ts";
import { describeRemoval } from "./removal.ts";

const [one, two] = ["sha256:1", "sha256:2"] as ContentId[] as [ContentId, ContentId];
const record: OutputRecord = {
  kind: "file",
  id: one,
  sizeBytes: 1,
  files: 1,
  seal: "",
  type: "uri_file",
  path: "/o",
};
const result = (own: Partial<StepResult>): StepResult => ({
  outputs: { o: record },
  metrics: {},
  loggedParameters: {},
  artifacts: null,
  warnings: [],
  ...own,
});

describe("what a step run left in the store", () => {
  it("is its outputs, and its own folders as one more", () => {
    expect(recordedOutputs(result({}))).toEqual([["o", record]]);
    const artifacts = { ...record, path: "/a" };
    expect(recordedOutputs(result({ artifacts }))).toEqual([
      ["o", record],
      ["artifacts", artifacts],
    ]);
  });

  it("is the folders once where they were declared as an output", () => {
    const declared = result({ outputs: { artifacts: record }, artifacts: record });
    expect(recordedOutputs(declared)).toEqual([["artifacts", record]]);
  });

  it("is known by its bytes, and by what counts as the same", () => {
    expect(idsOf(record)).toEqual(["sha256:1"]);
    expect(idsOf({ ...record, same: { rule: "r", id: one } })).toEqual(["sha256:1"]);
    expect(idsOf({ ...record, same: { rule: "r", id: two } })).toEqual(["sha256:1", "sha256:2"]);
  });
});

describe("what became of a result", () => {
  const mark = { by: "ann", at: Date.UTC(2026, 2, 1, 23), reason: "bad labels" };

  it("is told with who, when and why", () => {
    expect(describeInvalidation(mark)).toBe("invalidated by ann on 2026-03-01: bad labels");
    expect(describeRemoval(mark)).toBe("removed by ann on 2026-03-01: bad labels");
  });
});

describe("an error of the system", () => {
  it.each([
    ["ENOSPC", true],
    ["EDQUOT", true],
    ["EIO", false],
    [undefined, false],
  ])("with the code %s is one of space: %s", (code, isIt) => {
    expect(isOutOfSpace(Object.assign(new Error("x"), { code }))).toBe(isIt);
  });
});
