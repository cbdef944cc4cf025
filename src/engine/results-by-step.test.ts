import { expect, it } from "vitest";
import type { ResultRow } from "../ports/records.ts";
import { resultsByStep } from "./results-by-step.ts";

const row = (path: string, seq: number): ResultRow => ({ path, seq }) as ResultRow;

it("reads each run once, and gives the last result of a step", async () => {
  const asked: string[] = [];
  const recorded = resultsByStep({
    async resultsOf(run) {
      asked.push(run);
      return run === "r-1" ? [row("a", 1), row("b", 2), row("a", 3)] : [];
    },
  });
  const found = await Promise.all(["a", "b", "c"].map((path) => recorded("r-1", path)));
  expect(found.map((one) => one?.seq)).toEqual([3, 2, undefined]);
  expect(await recorded("r-2", "a")).toBeNull();
  expect(asked).toEqual(["r-1", "r-2"]);
});
