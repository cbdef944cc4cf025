import { describe, expect, it } from "vitest";
import { type OpenRun, openLineageEvents, runUuid } from "./open-lineage.ts";

const run: OpenRun = {
  namespace: "here",
  job: "p.train",
  run: "p-1.train",
  jobType: "STEP",
  startedAt: 0,
  endedAt: 1_000,
  end: "COMPLETE",
  error: null,
  parent: null,
  inputs: [],
  outputs: [],
  parameters: {},
  code: null,
  identity: { fingerprint: "sha256:1" },
};
const data = { namespace: "here", name: "in", contentId: "sha256:2", version: "3" };

// biome-ignore lint/suspicious/noExplicitAny: the events are plain JSON of a schema that is not ours.
const events = (own: Partial<OpenRun>): any[] => [...openLineageEvents({ ...run, ...own })];

describe("the events of a step run", () => {
  it("are its start and its end, of one run", () => {
    const [start, end] = events({});
    expect([start.eventType, end.eventType]).toEqual(["START", "COMPLETE"]);
    expect([start.eventTime, end.eventTime]).toEqual([
      "1970-01-01T00:00:00.000Z",
      "1970-01-01T00:00:01.000Z",
    ]);
    expect(start.run.runId).toBe(runUuid("here", "p-1.train"));
    expect(end.run.runId).toBe(start.run.runId);
    expect(end.job).toMatchObject({ namespace: "here", name: "p.train" });
    expect(Object.keys(start.run.facets)).toEqual(["stepwell_identity"]);
    expect(Object.keys(start.job.facets)).toEqual(["jobType"]);
  });

  it("say at its end alone why it failed", () => {
    const [start, end] = events({ end: "FAIL", error: "exit code 3" });
    expect(start.run.facets.errorMessage).toBeUndefined();
    expect(end.run.facets.errorMessage).toMatchObject({ message: "exit code 3" });
  });

  it("lead to the run that it is part of, and hold its parameters", () => {
    const [start] = events({ parent: { job: "p", run: "p-1" }, parameters: { alpha: "0.1" } });
    expect(start.run.facets.parent).toMatchObject({
      run: { runId: runUuid("here", "p-1") },
      job: { namespace: "here", name: "p" },
    });
    expect(start.run.facets.jobRunParameters.parameters).toEqual([{ key: "alpha", value: "0.1" }]);
  });
});

describe("data of an event", () => {
  it("has its version, and where it lies and what is in it as far as that is known", () => {
    const fields = [
      { name: "n", type: "int64" },
      { name: "m", type: null },
    ];
    const [start] = events({
      inputs: [{ ...data, uri: "file:///in", fields }],
      outputs: [{ ...data, uri: null, fields: null }],
    });
    const { facets } = start.inputs[0];
    expect(facets.version).toMatchObject({ datasetVersion: "3" });
    expect(facets.dataSource).toMatchObject({ name: "here", uri: "file:///in" });
    expect(facets.schema.fields).toEqual([{ name: "n", type: "int64" }, { name: "m" }]);
    expect(Object.keys(start.outputs[0].facets)).toEqual(["version", "stepwell_content"]);
    expect(start.outputs[0].facets.stepwell_content).toMatchObject({ contentId: "sha256:2" });
  });
});

describe("the source code of an event", () => {
  it.each([
    ["git@github.com:ann/p.git", "ssh://git@github.com/ann/p.git"],
    ["host:ann/p.git", "ssh://git@host/ann/p.git"],
    ["https://host/ann/p.git", "https://host/ann/p.git"],
  ])("stands under an address made of %s", (repository, url) => {
    const code = { repository, commit: "c0ffee", branch: "main" };
    const { sourceCodeLocation } = events({ code })[0].job.facets;
    expect(sourceCodeLocation).toMatchObject({ url, repoUrl: repository, version: "c0ffee" });
    expect(sourceCodeLocation.branch).toBe("main");
  });

  it("is left out where its place has no address, and its branch where it has none", () => {
    const code = { commit: "c0ffee", branch: null };
    expect(events({ code: { ...code, repository: "../p" } })[0].job.facets).not.toHaveProperty(
      "sourceCodeLocation",
    );
    const there = events({ code: { ...code, repository: "https://host/p" } })[0].job.facets;
    expect(there.sourceCodeLocation).not.toHaveProperty("branch");
  });
});
