import { describe, expect, it } from "vitest";
import { NO_RETENTION } from "./retention-rules.ts";
import { loadWorkspaceConfig } from "./workspace-config.ts";

function load(text: string) {
  const { config, problems } = loadWorkspaceConfig(text, "/w/stepwell.yml");
  const places = problems.map(({ code, message, position }) => [
    code,
    message,
    position === null ? null : [position.line, position.column],
  ]);
  return { retention: config.retention, places };
}

const DAY = 86_400_000;

describe("retention in stepwell.yml", () => {
  it("is read for each kind: by age, count, tag and size", () => {
    const { retention, places } = load(`
retention:
  outputs: {keep_for: 90d, keep_last: 10, keep_tags: {release: "*", team: a}, max_size: 200GB}
  snapshots: {keep_last: 3}
  environments: {keep_for: 30d}
  scratch: {keep_for: 12h}
`);
    expect(places).toEqual([]);
    expect(retention).toEqual({
      ...NO_RETENTION,
      outputs: {
        keepForMs: 90 * DAY,
        keepLast: 10,
        keepTags: [
          ["release", "*"],
          ["team", "a"],
        ],
        maxSizeBytes: 200e9,
      },
      snapshots: { keepForMs: null, keepLast: 3, keepTags: [], maxSizeBytes: null },
      environments: 30 * DAY,
      scratch: DAY / 2,
    });
  });

  it("keeps everything where it is not there, or says nothing", () => {
    expect(load("keep: copy").retention).toEqual(NO_RETENTION);
    expect(load("retention: {outputs: {}}").retention).toEqual(NO_RETENTION);
  });

  it("takes no number without its unit: what is removed does not come back", () => {
    const text = "retention:\n  outputs: {keep_for: 90}\n  inputs: {max_size: 200}\n";
    expect(load(text).places).toEqual([
      ["wrong_type", "`90` is not a duration", [2, 23]],
      ["wrong_type", "`200` is 200 bytes: a size without a unit counts bytes", [3, 22]],
    ]);
  });

  it("says where a duration, a size, a count or a key is wrong, and removes nothing because of it", () => {
    const { retention, places } = load(`retention:
  outputs: {keep_for: soon}
  inputs: {max_size: big}
  downloads: {keep_last: -1}
  environments: {keep_last: 3}
  outputz: {keep_for: 1d}
`);
    expect(places).toEqual(
      expect.arrayContaining([
        ["wrong_type", "`soon` is not a duration", [2, 23]],
        ["wrong_type", "`big` is not a size", [3, 22]],
      ]),
    );
    const codes = places.map(([code, , position]) => [code, (position as number[])[0]]);
    expect(codes).toContainEqual(["out_of_range", 4]);
    expect(codes).toContainEqual(["unknown_key", 5]);
    expect(codes).toContainEqual(["unknown_key", 6]);
    expect(retention).toEqual(NO_RETENTION);
  });
});
