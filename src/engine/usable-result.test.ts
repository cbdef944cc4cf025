import { expect, it } from "vitest";
import type { ResultRow } from "../ports/records.ts";
import type { StepNode } from "../spec/graph.ts";
import { judge } from "./usable-result.ts";

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
