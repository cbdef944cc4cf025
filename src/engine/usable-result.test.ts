import { describe, expect, it } from "vitest";
import type { ResultRow } from "../ports/records.ts";
import type { StepNode } from "../spec/graph.ts";
import { judge, usableResult } from "./usable-result.ts";

const node = { reuse: { kind: "auto" } } as StepNode;
const record = (path: string) => ({ path }) as ResultRow["result"]["outputs"][string];
const row = {
  run: "r-1",
  seq: 7,
  result: {
    outputs: { a: record("a"), b: record("b"), c: record("c") },
    artifacts: record("left"),
  },
} as unknown as ResultRow;

/** Ports whose bytes are looked at by `verify`. */
function ports(verify: (path: string) => boolean | Promise<boolean>) {
  const asked: string[] = [];
  const contents = {
    verify({ path }: { readonly path: string }) {
      asked.push(path);
      return verify(path);
    },
  };
  const all = { clock: { now: () => 0 }, contents, shared: null };
  return { asked, all: all as unknown as Parameters<typeof judge>[0] };
}

it("is told at once where a look at each output tells", () => {
  const { asked, all } = ports(() => true);
  expect(judge(all, node, row, () => {})).toBeNull();
  expect(asked).toEqual(["a", "b", "c", "left"]);
});

it("looks at each output once, those too that take a while", async () => {
  const damaged: ResultRow[] = [];
  const note = (one: ResultRow): void => {
    damaged.push(one);
  };
  const good = ports(async () => true);
  expect(await judge(good.all, node, row, note)).toBeNull();
  expect(good.asked).toEqual(["a", "b", "c", "left"]);
  expect(damaged).toEqual([]);
  const bad = ports(async (path) => path !== "b");
  expect(await judge(bad.all, node, row, note)).toMatchObject({ kind: "outputs_deleted" });
  expect(bad.asked).toEqual(["a", "b"]);
  expect(damaged).toEqual([row]);
});

describe("a result by its age", () => {
  const HOUR = 3_600_000;
  const hourly = { reuse: { kind: "max_age", maxAgeSeconds: 3600 } } as StepNode;
  const dated = (seq: number, finishedAt: number) => ({ ...row, seq, finishedAt }) as ResultRow;
  /** The answer at 10 h for results of one fingerprint, the newest recorded first. */
  const taken = (...rows: readonly [ResultRow, ...ResultRow[]]) => {
    const records = { results: async () => rows };
    const all = { ...ports(() => true).all, clock: { now: () => 10 * HOUR }, records };
    return usableResult(all as unknown as Parameters<typeof usableResult>[0], hourly, rows[0]);
  };

  it("is taken while it is young, and is too old after", async () => {
    expect(await taken(dated(1, 9 * HOUR))).toMatchObject({ seq: 1 });
    expect(await taken(dated(1, 9 * HOUR - 1))).toMatchObject({
      kind: "too_old",
      detail: "its result is older than 3600 s",
    });
  });

  it("is not taken when it is dated in the future, for nobody knows how old it is", async () => {
    expect(await taken(dated(1, 10 * HOUR + 1))).toMatchObject({
      kind: "too_old",
      detail: expect.stringContaining("dated in the future"),
    });
    expect(await taken({ ...dated(1, 0), finishedAt: 10 * HOUR })).toMatchObject({ seq: 1 });
  });

  it("leaves the one that is dated in the future for one behind it whose age is known", async () => {
    const rows = [dated(3, 99 * HOUR), dated(2, 98 * HOUR), dated(1, 9.5 * HOUR)] as const;
    expect(await taken(...rows)).toMatchObject({ seq: 1 });
  });
});
