import { describe, expect, it } from "vitest";
import type { ContentId } from "./content.ts";
import type { OutputRecord } from "./output.ts";
import { areEquivalent, countedId, lastingModel, modelFields, sameRule } from "./same-output.ts";

const PORT = { mode: null, publishTo: null, registerName: null, registerVersion: null };

function record(id: string, same?: { rule: string; id: string }): OutputRecord {
  const content = {
    kind: "folder",
    id: id as ContentId,
    sizeBytes: 1,
    files: 1,
    seal: "",
  } as const;
  const equal = same === undefined ? {} : { same: { rule: same.rule, id: same.id as ContentId } };
  return { ...content, type: "uri_folder", path: "/o", ...equal };
}

describe("when other bytes are the same output", () => {
  it("is said by an mlflow_model's type, by patterns, and by nothing else", () => {
    expect(sameRule({ type: "uri_folder" })).toBeNull();
    expect(sameRule({ type: "uri_folder", same: [] })).toBeNull();
    expect(sameRule({ type: "uri_file", same: ["x"] })).toBeNull();
    expect(sameRule({ type: "mlflow_model", same: "bytes" })).toBeNull();
    expect(sameRule({ type: "mlflow_model" })).toBe('{"mlflow":true,"ignore":[]}');
    expect(sameRule({ type: "uri_folder", same: ["b", "a"] })).toBe(
      sameRule({ type: "uri_folder", same: ["a", "b"] }),
    );
  });

  it("counts an id only under the rule that made it", () => {
    const output = { ...PORT, type: "uri_folder", same: ["*.svg"] } as const;
    const rule = sameRule(output) as string;
    expect(countedId(record("full", { rule, id: "part" }), output)).toBe("part");
    expect(countedId(record("full", { rule: "wider", id: "part" }), output)).toBe("full");
    expect(countedId(record("full"), output)).toBe("full");
    expect(countedId(record("full", { rule, id: "part" }), undefined)).toBe("full");
  });

  it("needs other bytes and the same id under the same rule", () => {
    const a = record("a", { rule: "r", id: "part" });
    expect(areEquivalent(a, record("b", { rule: "r", id: "part" }))).toBe(true);
    expect(areEquivalent(a, a)).toBe(false);
    expect(areEquivalent(a, record("b", { rule: "r", id: "other" }))).toBe(false);
    expect(areEquivalent(a, record("b", { rule: "s", id: "part" }))).toBe(false);
    expect(areEquivalent(a, record("b"))).toBe(false);
    expect(areEquivalent(record("a"), record("b"))).toBe(false);
  });

  it("leaves out of an MLmodel what is new at each save, with the lines that belong to it", () => {
    const text = `artifact_path: file:///x
flavors:
  sklearn:
    model_uuid: kept, it is not at the top
model_uuid: 0af1
run_id: 77
signature:
  inputs: '[]'
utc_time_created: '2026-01-01
  00:00:00'
`;
    expect(lastingModel(text)).toBe(
      "flavors:\n  sklearn:\n    model_uuid: kept, it is not at the top\nsignature:\n  inputs: '[]'\n",
    );
    expect(modelFields("# note\na: 1\n").get("a")).toBe("a: 1\n\n");
  });
});
