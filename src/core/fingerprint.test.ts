import { describe, expect, it } from "vitest";
import type { PortMode, StepNode, StepOutput } from "../spec/graph.ts";
import { EXCLUDED, fingerprint, nodeId, staticId } from "./fingerprint.ts";

const MODEL: StepOutput = {
  type: "uri_folder",
  mode: null,
  publishTo: null,
  registerName: null,
  registerVersion: null,
};

const STEP: StepNode = {
  path: "train",
  parent: null,
  type: "command",
  displayName: null,
  component: null,
  command: "python train.py ${{inputs.alpha}}",
  code: null,
  environment: null,
  environmentVariables: {},
  inputs: {
    alpha: {
      type: "number",
      mode: null,
      optional: false,
      source: { kind: "literal", literal: { kind: "number", text: "0.1" } },
    },
  },
  outputs: { model: MODEL },
  compute: "local",
  resources: { instanceCount: 1, instanceType: null, cpus: null, memoryBytes: null, gpus: null },
  distribution: null,
  timeoutSeconds: null,
  retry: { maxRetries: 0, delaySeconds: 0, on: ["failure"] },
  reuse: { kind: "auto" },
  deterministic: true,
  dependsOn: [],
  trace: null,
  textSubstitution: false,
  typeSettings: null,
  tags: {},
  properties: {},
  checkpoint: null,
  position: null,
};

/** A change of every field of a step. A new field does not compile until it stands here. */
const CHANGES: { readonly [K in keyof StepNode]: StepNode[K] } = {
  path: "other",
  parent: "outer",
  type: "parallel",
  displayName: "Train",
  component: "train:2",
  command: "python train.py --fast",
  code: { path: "/src", includes: [], definitionFiles: [] },
  environment: { kind: "asset", name: "sklearn", version: null, label: null, registry: null },
  environmentVariables: { MODE: "fast" },
  inputs: {},
  outputs: {},
  compute: "cluster",
  resources: { ...STEP.resources, instanceCount: 2 },
  distribution: { type: "mpi", processCountPerInstance: 2 },
  timeoutSeconds: 60,
  retry: { maxRetries: 3, delaySeconds: 1, on: ["lost"] },
  reuse: { kind: "never" },
  deterministic: false,
  dependsOn: ["prepare"],
  trace: true,
  textSubstitution: true,
  typeSettings: { batch: 2 },
  tags: { team: "x" },
  properties: { note: "x" },
  checkpoint: { keep: true },
  position: { file: "/p.yml", line: 1, column: 1 },
};

/** Counts although a part of it is excluded: `resources` only by its instance count. */
const COUNTS_IN_PART = new Set(["resources"]);

describe("the fingerprint", () => {
  it.each(Object.keys(CHANGES) as (keyof StepNode)[])(
    "either counts %s or says why not",
    (field) => {
      const changed = nodeId({ ...STEP, [field]: CHANGES[field] }) !== nodeId(STEP);
      const excluded = field in EXCLUDED && !COUNTS_IN_PART.has(field);
      expect({ field, changed }).toEqual({ field, changed: !excluded });
    },
  );

  it("leaves the rest of resources out", () => {
    expect(nodeId({ ...STEP, resources: { ...STEP.resources, cpus: 4, gpus: 1 } })).toBe(
      nodeId(STEP),
    );
  });

  it("takes a default mode that is written out for none, and no other", () => {
    const withModes = (input: PortMode | null, output: PortMode | null): string =>
      nodeId({
        ...STEP,
        inputs: {
          data: { type: "uri_folder", mode: input, optional: false, source: { kind: "unset" } },
        },
        outputs: { model: { ...MODEL, mode: output } },
      });
    expect(withModes("ro_mount", "rw_mount")).toBe(withModes(null, null));
    expect(withModes("rw_mount", null)).not.toBe(withModes(null, null));
    expect(withModes("download", null)).not.toBe(withModes(null, null));
    expect(withModes(null, "upload")).not.toBe(withModes(null, null));
  });

  it('tells 1 from "1" and from 1.0', () => {
    const withLiteral = (kind: "integer" | "string" | "number", text: string): string =>
      nodeId({
        ...STEP,
        inputs: {
          alpha: {
            type: "string",
            mode: null,
            optional: false,
            source: { kind: "literal", literal: { kind, text } },
          },
        },
      });
    const ids = [
      withLiteral("integer", "1"),
      withLiteral("string", "1"),
      withLiteral("number", "1.0"),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  it("does not depend on the order of inputs, and depends on code, environment and passed names", () => {
    const moment = { code: "c", environment: "e", passEnv: [] };
    const a = ["id-a", null] as never;
    const b = ["id-b", "b.csv"] as never;
    const base = staticId("node", moment);
    expect(fingerprint(base, { a, b })).toBe(fingerprint(base, { b, a }));
    expect(staticId("node", { ...moment, code: "c2" })).not.toBe(base);
    expect(staticId("node", { ...moment, environment: "e2" })).not.toBe(base);
    expect(staticId("node", { ...moment, passEnv: ["HF_TOKEN"] })).not.toBe(base);
  });
});
