import { expect, it } from "vitest";
import { createMemoryStore } from "../../records/memory.ts";
import { newRun } from "../../testing/contracts/recorded.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { listRuns } from "./list-runs.ts";

// A workspace with more runs than are ever read for one list.

const COUNT = 10_050;
const records = createMemoryStore();
for (let k = 0; k < COUNT; k += 1)
  await records.submit(newRun(`run-${k}`, { createdAt: k, tags: { of: String(k % 100) } }));
const workspace = {
  records,
  // Whoever reads a run finds nothing of it.
  plans: { plan: async () => null },
  process: { isAlive: () => false },
} as unknown as Workspace;

async function list(asked: Partial<Parameters<typeof listRuns>[1]>) {
  const nothing = {
    filter: { limit: 3 },
    status: null,
    columns: ["name"],
    where: null,
    sort: null,
  };
  const found = await listRuns(workspace, { ...nothing, ...asked });
  if (isRefusal(found)) throw new Error(found.message);
  return { names: found.runs.map(({ row }) => row.name), onlyNewest: found.onlyNewest };
}

it("looks at every run where the list of runs knows the answer", async () => {
  expect(await list({ where: "name = run-7" })).toEqual({ names: ["run-7"], onlyNewest: null });
  const sort = await list({ sort: "created", where: "tag.of = 9" });
  expect(sort).toEqual({ names: ["run-9", "run-109", "run-209"], onlyNewest: null });
  const newest = await list({ sort: "-created" });
  expect(newest.names).toEqual(["run-10049", "run-10048", "run-10047"]);
});

it("says whether there are more runs than the limit let through", async () => {
  const isLimited = async (asked: Partial<Parameters<typeof listRuns>[1]>) => {
    const nothing = { status: null, columns: [], where: null, sort: null };
    const found = await listRuns(workspace, { filter: { limit: 3 }, ...nothing, ...asked });
    return isRefusal(found) ? found.message : found.isLimited;
  };
  expect(await isLimited({})).toBe(true);
  expect(await isLimited({ sort: "created" })).toBe(true);
  const tags = [["of", "9"] as const];
  for (const sort of [null, "created"]) {
    expect(await isLimited({ filter: { limit: 100, tags }, sort })).toBe(true);
    expect(await isLimited({ filter: { limit: 101, tags }, sort })).toBe(false);
  }
});

it("says so when runs would have to be read and there are more than are", async () => {
  expect(await list({ where: "train.auc > 1" })).toEqual({ names: [], onlyNewest: 10_000 });
  expect(await list({ columns: ["train.auc"] })).toMatchObject({ onlyNewest: null });
});
