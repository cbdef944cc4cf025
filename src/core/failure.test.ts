import { expect, it } from "vitest";
import type { AttemptEnd } from "./attempt.ts";
import { errorOf, retryDelay } from "./failure.ts";

const POLICY = { maxRetries: 1, delaySeconds: 5, on: ["failure"] } as const;

function end(reason: AttemptEnd["reason"], exitCode: number | null = null): AttemptEnd {
  const startedAt = exitCode === null ? null : 1;
  return { exitCode, signal: null, reason, detail: null, startedAt, finishedAt: 2 };
}

function delayAfter(...ends: readonly AttemptEnd[]): number | null {
  return retryDelay(
    POLICY,
    ends.map((one) => ({ end: one, epoch: 1 })),
  );
}

it("makes another attempt however often the disk was full, and counts none of them", () => {
  const full = Array.from({ length: 20 }, () => end("disk_full"));
  expect(delayAfter(...full)).toBe(0);
  expect(delayAfter(...full, end("exited", 1))).toBe(5000);
  expect(delayAfter(...full, end("exited", 1), end("exited", 1))).toBeNull();
  expect(delayAfter(...full, end("exited", 1), ...full)).toBe(0);
});

it("gives up on an attempt that never came to run, when the same engine tried it again three times", () => {
  const lost = end("lost");
  expect(delayAfter(lost, lost, lost)).toBe(0);
  expect(delayAfter(lost, lost, lost, lost)).toBeNull();
});

it("says what a full disk kept from starting, and what to do", () => {
  expect(errorOf("train", { ...end("disk_full"), detail: "no room for the log" }, null)).toEqual({
    code: "disk_full",
    message: "step train could not be started: the disk is full (no room for the log)",
    hint: expect.stringContaining("stepwell gc"),
  });
});
