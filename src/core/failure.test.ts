import { describe, expect, it } from "vitest";
import type { RetryPolicy } from "../spec/graph.ts";
import type { AttemptEnd } from "./attempt.ts";
import { errorOf, retryDelay, succeeded } from "./failure.ts";

const END: AttemptEnd = {
  exitCode: 1,
  signal: null,
  reason: "exited",
  detail: null,
  startedAt: 1,
  finishedAt: 2,
};

const end = (changes: Partial<AttemptEnd>): AttemptEnd => ({ ...END, ...changes });

describe("how an attempt ended, in words", () => {
  it.each<[Partial<AttemptEnd>, string, RegExp]>([
    [{}, "exit_code", /ended with exit code 1$/],
    [{ exitCode: null }, "exit_code", /exit code 1$/],
    [{ detail: "2 left running" }, "exit_code", /exit code 1 \(2 left running\)/],
    [{ exitCode: null, signal: "SIGSEGV" }, "killed", /killed by signal SIGSEGV/],
    [{ reason: "timeout" }, "timeout", /limit of 60 s/],
    [{ reason: "out_of_memory" }, "out_of_memory", /out of memory/],
    [{ reason: "lost" }, "lost", /vanished/],
    [{ reason: "not_started" }, "not_started", /could not be started/],
    [{ reason: "cancelled" }, "cancelled", /was cancelled/],
  ])("%j", (changes, code, message) => {
    const error = errorOf("train", end(changes), 60);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it.each<[Partial<AttemptEnd>, RegExp]>([
    [{ exitCode: null, signal: "SIGSEGV" }, /crashed in compiled code/],
    [{ exitCode: null, signal: "SIGABRT" }, /crashed in compiled code/],
    [{ exitCode: 139 }, /crashed in compiled code/],
    [{ exitCode: null, signal: "SIGUSR1" }, /look for what did/],
  ])("hints at a crash of its own, not at somebody who sent the signal: %j", (changes, hint) => {
    expect(errorOf("train", end(changes), null).hint).toMatch(hint);
  });

  it("hints at what an exit code is known for, and names a limit that is not known", () => {
    expect(errorOf("a", end({ exitCode: 127 }), null).hint).toMatch(/not found/);
    expect(errorOf("a", end({ exitCode: 126 }), null).hint).toMatch(/cannot be executed/);
    expect(errorOf("a", end({ exitCode: 5 }), null).hint).toBeNull();
    expect(errorOf("a", end({ reason: "timeout" }), null).message).toMatch(/\? s/);
  });

  it("counts as a success only with exit code 0", () => {
    expect(succeeded(end({ exitCode: 0 }))).toBe(true);
    expect(succeeded(END)).toBe(false);
    expect(succeeded(end({ exitCode: 0, reason: "timeout" }))).toBe(false);
  });
});

describe("whether it is tried again", () => {
  const policy = (changes: Partial<RetryPolicy>): RetryPolicy => ({
    maxRetries: 1,
    delaySeconds: 3,
    on: ["failure", "timeout", "lost"],
    ...changes,
  });
  const tried = (...ends: Partial<AttemptEnd>[]) =>
    ends.map((one) => ({ end: end(one), epoch: 1 }));
  const lost: Partial<AttemptEnd> = { reason: "lost", startedAt: null };

  it.each<[string, RetryPolicy, Partial<AttemptEnd>[], number | null]>([
    ["nothing was tried", policy({}), [], null],
    ["a failure, once", policy({}), [{}], 3_000],
    ["a second failure", policy({}), [{}, {}], null],
    ["no retries", policy({ maxRetries: 0 }), [{}], null],
    ["a timeout that is not named", policy({ on: ["failure"] }), [{ reason: "timeout" }], null],
    ["a timeout that is", policy({ on: ["timeout"] }), [{ reason: "timeout" }], 3_000],
    ["one that was lost", policy({ on: ["lost"] }), [{ reason: "lost" }], 3_000],
    ["a false start, at once", policy({ maxRetries: 0 }), [lost], 0],
    ["a false start before a failure", policy({}), [lost, {}], 3_000],
    ["stopped for another run", policy({ maxRetries: 0 }), [{ reason: "cancelled" }], 0],
    ["too many false starts", policy({}), [lost, lost, lost, lost], null],
  ])("%s", (_, rules, ends, delay) => {
    expect(retryDelay(rules, tried(...ends))).toBe(delay);
  });

  it("forgives a new engine the false starts of the one before", () => {
    const before = tried(lost, lost, lost, lost).map((one) => ({ ...one, epoch: 1 }));
    expect(retryDelay(policy({}), [...before, { end: end(lost), epoch: 2 }])).toBe(0);
  });
});

const FAILURES_ONCE = { maxRetries: 1, delaySeconds: 5, on: ["failure"] } as const;

function endOf(reason: AttemptEnd["reason"], exitCode: number | null = null): AttemptEnd {
  const startedAt = exitCode === null ? null : 1;
  return { exitCode, signal: null, reason, detail: null, startedAt, finishedAt: 2 };
}

function delayAfter(...ends: readonly AttemptEnd[]): number | null {
  return retryDelay(
    FAILURES_ONCE,
    ends.map((one) => ({ end: one, epoch: 1 })),
  );
}

it("makes another attempt however often the disk was full, and counts none of them", () => {
  const full = Array.from({ length: 20 }, () => endOf("disk_full"));
  expect(delayAfter(...full)).toBe(0);
  expect(delayAfter(...full, endOf("exited", 1))).toBe(5000);
  expect(delayAfter(...full, endOf("exited", 1), endOf("exited", 1))).toBeNull();
  expect(delayAfter(...full, endOf("exited", 1), ...full)).toBe(0);
});

it("gives up on an attempt that never came to run, when the same engine tried it again three times", () => {
  const lost = endOf("lost");
  expect(delayAfter(lost, lost, lost)).toBe(0);
  expect(delayAfter(lost, lost, lost, lost)).toBeNull();
});

it("says what a full disk kept from starting, and what to do", () => {
  expect(errorOf("train", { ...endOf("disk_full"), detail: "no room for the log" }, null)).toEqual({
    code: "disk_full",
    message: "step train could not be started: the disk is full (no room for the log)",
    hint: expect.stringContaining("stepwell gc"),
  });
});
