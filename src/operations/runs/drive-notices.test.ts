import { expect, it } from "vitest";
import type { EngineState } from "../../engine/engine-state.ts";
import { createFarewellNotice } from "./drive-notices.ts";

it("says once, after a moment, whose outputs keep a command whose run has ended", () => {
  let at = 0;
  const said: string[] = [];
  const clock = { now: () => at, monotonic: () => at };
  const notice = createFarewellNotice(clock, (line) => said.push(line));
  const flight = (status: string, masking = false) => ({
    masking,
    step: 0,
    run: { row: { name: "other-1" }, paths: ["train"], state: { steps: [{ status }] } },
  });
  const flights = new Map(Object.entries({ a: flight("Finalizing"), b: flight("Running") }));
  for (at of [0, 2_999, 3_000, 60_000])
    notice.look({ flights } as unknown as Pick<EngineState, "flights">);
  expect(said).toEqual([
    "this run has ended; this process still records the outputs of other-1/train, for which other runs wait",
  ]);
});
