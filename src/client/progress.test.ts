import { expect, it } from "vitest";
import { lineOf } from "./progress.ts";

it.each([
  [3, "retry   train  ended with exit code 3"],
  [null, "retry   train  did not end by itself"],
])("says how an attempt ended that is tried again: exit code %s", (exitCode, line) => {
  const event = { number: 4, at: "", kind: "step_retries", step: "train", retryAt: "" } as const;
  expect(lineOf({ ...event, exitCode }, "taxi-1")).toBe(line);
});
