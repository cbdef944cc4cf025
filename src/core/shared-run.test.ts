import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import type { ContentId } from "./content.ts";
import { digest } from "./digest.ts";
import { fingerprint, type PreImage, staticId } from "./fingerprint.ts";
import type { OutputRecord } from "./output.ts";
import {
  eventsOf,
  readSharedRun,
  SHARED_FORMAT,
  type SharedResult,
  type SharedRun,
  sharedRunId,
} from "./shared-run.ts";

const idOf = (text: string): ContentId => digest(text) as ContentId;

function record(text: string): OutputRecord {
  const content = { kind: "file", sizeBytes: 1, files: 1, seal: "theirs" } as const;
  return { ...content, id: idOf(text), type: "uri_file", path: `/theirs/${text}` };
}

/** A result of a step that read `reads` and made `makes`. */
function made(step: number, reads: string, makes: string): SharedResult {
  const node = { command: `step ${step}` } as unknown as PreImage["node"];
  const moment = {
    code: null,
    environment: "none",
    passEnv: [],
    contents: { i: [idOf(reads), "i"] as const },
  };
  const stable = staticId(digest(canonicalJson(node)), moment);
  return {
    step,
    path: `s${step}`,
    fingerprint: fingerprint(stable, moment.contents),
    staticId: stable,
    finishedAt: 20 + step,
    durationMs: 1,
    preImage: { node, moment },
    result: {
      outputs: { o: record(makes) },
      metrics: {},
      loggedParameters: {},
      artifacts: null,
      warnings: [],
    },
  };
}

const run: SharedRun = {
  format: SHARED_FORMAT,
  run: {
    name: "p-1",
    pipeline: "p",
    experiment: "p",
    displayName: null,
    description: null,
    tags: {},
    status: "Completed",
    createdAt: 10,
    endedAt: 30,
    origin: {},
  },
  planId: "plan",
  documents: { plan: "{}" },
  steps: 2,
  results: [made(0, "raw", "clean"), made(1, "clean", "model")],
};

function read(own: object): ReturnType<typeof readSharedRun> {
  return readSharedRun(JSON.stringify({ ...run, ...own }));
}

describe("a shared run", () => {
  it("is read back as it was written, and named by its content", () => {
    expect(read({})).toEqual(run);
    expect(sharedRunId("a")).toMatch(/^[0-9a-f]{64}$/);
    expect(sharedRunId("a")).not.toBe(sharedRunId("b"));
  });

  const [first] = run.results as [SharedResult];
  const withFirst = (own: object): object => ({ results: [{ ...first, ...own }] });
  it.each<[string, object]>([
    ["another format", { format: 0 }],
    ["a part of it is missing", { run: {} }],
    ["a part of it is missing", { run: null }],
    ["a part of it is missing", { planId: "" }],
    ["a part of it is missing", { results: null }],
    ["its plan is missing", { documents: {} }],
    ["its plan is missing", { documents: null }],
    ["its plan is missing", { steps: 0 }],
    ["its plan is missing", { steps: 1.5 }],
    ["of no step", { results: [null] }],
    ["of no step", withFirst({ step: -1 })],
    ["of no step", withFirst({ step: 2 })],
    ["the fingerprint of s0 is not that", withFirst({ fingerprint: digest("other") })],
    ["the fingerprint of s0 is not that", withFirst({ preImage: undefined })],
    ["the fingerprint of s0 is not that", withFirst({ preImage: { node: {} } })],
    ["no content id", withFirst({ result: { outputs: { o: {} } } })],
    ["no content id", withFirst({ result: { outputs: { o: { id: "sha256:../x" } } } })],
  ])("is refused because %s", (mistake, own) => {
    expect(read(own)).toEqual({ mistake: expect.stringContaining(mistake) });
  });

  it("is refused where it is no JSON, or none of an object", () => {
    expect(readSharedRun("{")).toEqual({ mistake: "it is not JSON" });
    expect(readSharedRun("null")).toEqual({ mistake: "it has another format" });
  });

  it("may hold a result without outputs", () => {
    expect(read(withFirst({ result: {} }))).toMatchObject({ format: SHARED_FORMAT });
  });
});

describe("the events of a shared run", () => {
  const place = (result: SharedResult, output: string): string => `/ours/${result.path}/${output}`;

  it("tell which step read what another one made, with places of our own", () => {
    const events = eventsOf(run, "theirs-p-1", place);
    expect(events.map(({ kind }) => kind)).toEqual([
      "run_started",
      "step_completed",
      "step_completed",
      "run_ended",
    ]);
    expect(events[1]).toMatchObject({
      result: { outputs: { o: { path: "/ours/s0/o", seal: "", shared: true } }, artifacts: null },
      inputs: { i: { id: idOf("raw"), written: null, asset: null } },
    });
    const from = { run: "theirs-p-1", seq: 2, output: "o" };
    expect(events[2]).toMatchObject({ inputs: { i: { id: idOf("clean"), from } } });
  });

  it("are told without looking through all results for each of them", () => {
    let looks = 0;
    const results = Array.from({ length: 100 }, (_, step) => {
      const one = made(step, `${step - 1}`, `${step}`);
      const { outputs } = one.result;
      const result = Object.defineProperty({ ...one.result }, "outputs", {
        get: () => {
          looks += 1;
          return outputs;
        },
      });
      return { ...one, result };
    });
    const events = eventsOf({ ...run, steps: 100, results }, "here", () => "/ours");
    expect(events[100]).toMatchObject({ inputs: { i: { from: { seq: 100, output: "o" } } } });
    expect(looks).toBeLessThan(1000);
  });

  it("skip the steps of which there is no result, and keep what nobody here can look at out", () => {
    const [first] = run.results as [SharedResult];
    const undeclared = { files: [], more: 0, hosts: ["h"], programs: [] };
    const artifacts = record("log");
    const results = [{ ...first, result: { ...first.result, artifacts, undeclared } }];
    const events = eventsOf({ ...run, results }, "x", place);
    expect(events).toContainEqual({ kind: "steps_skipped", at: 30, steps: [1] });
    const completed = events[1] as Extract<(typeof events)[number], { kind: "step_completed" }>;
    expect(completed.result).not.toHaveProperty("undeclared");
    expect(completed.result.artifacts).toMatchObject({ path: "/ours/s0/artifacts", shared: true });
  });
});
