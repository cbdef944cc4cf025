import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";
import type { Plant } from "./world.ts";

// 20,000 seeds run in `npm run check`. Here: a seed replays exactly, and every invariant is proven able to fail.

const PLANTS = [
  "no-fence",
  "no-sync",
  "forget-boot",
  "trust-damaged",
  "start-old-epoch",
  "ignore-cancel",
  "forget-result",
  "lose-run-end",
  "wrong-output",
  "extra-slots",
  "no-pools",
  "drop-submit",
  "revive-ended",
  "lose-when-full",
  "fail-when-full",
  "share-checkpoint",
  "remove-unmarked",
] as const satisfies readonly Plant[];

const ENOUGH = 3000;

describe("the simulation", () => {
  it("tells the same story for the same seed", async () => {
    const trace = async (): Promise<readonly string[]> => {
      const lines: string[] = [];
      await simulate(4711, "none", (line) => lines.push(line));
      return lines;
    };
    expect(await trace()).toEqual(await trace());
  });

  it.each(PLANTS)("finds the planted bug %s", async (plant) => {
    for (let seed = 1; seed <= ENOUGH; seed += 1)
      if ((await simulate(seed, plant)).broken.length > 0) return;
    expect.unreachable(`${plant} was not found in ${ENOUGH} seeds`);
  });
});
