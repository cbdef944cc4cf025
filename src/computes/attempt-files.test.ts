import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AttemptEnd } from "../ports/compute.ts";
import {
  attemptFile,
  claim,
  noteCancel,
  readExit,
  readProcesses,
  settleExit,
} from "./attempt-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwell-attempt-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const names = {
  process: { bootId: "b", pid: 2, startTime: "9" },
  supervisor: { bootId: "b", pid: 1, startTime: "8" },
  others: [],
};
const exited: AttemptEnd = {
  exitCode: 3,
  signal: null,
  reason: "exited",
  detail: null,
  startedAt: 1,
  finishedAt: 2,
};
const lost: AttemptEnd = { ...exited, exitCode: null, reason: "lost" };

it("gives the right to start to one alone", () => {
  expect(readProcesses(folder)).toBe("none");
  expect(claim(folder)).toBe(true);
  expect(claim(folder)).toBe(false);
  expect(readProcesses(folder)).toBe("claimed");
  expect(readExit(folder)).toBeNull();
});

it("reads who runs and how it ended", () => {
  writeFileSync(attemptFile(folder), `${JSON.stringify(names)}\n${JSON.stringify(exited)}\n`);
  expect(readProcesses(folder)).toEqual(names);
  expect(readExit(folder)).toEqual(exited);
});

it("keeps the end that a supervisor has written meanwhile", () => {
  writeFileSync(attemptFile(folder), `${JSON.stringify(names)}\n`);
  appendFileSync(attemptFile(folder), `${JSON.stringify(exited)}\n`);
  expect(settleExit(folder, lost)).toEqual(exited);
  expect(readExit(folder)).toEqual(exited);
});

it.each([
  ["of the beginning", JSON.stringify(names).slice(0, 30)],
  ["of the end", `${JSON.stringify(names)}\n${JSON.stringify(exited).slice(0, 30)}`],
])("does not go on with a line %s that its writer did not finish", (_, written) => {
  writeFileSync(attemptFile(folder), written);
  expect(readExit(folder)).toBeNull();
  expect(settleExit(folder, lost)).toEqual(lost);
  expect(readExit(folder)).toEqual(lost);
});

it.each([
  ["a pipe", (file: string) => execFileSync("mkfifo", [file])],
  ["a device", (file: string) => symlinkSync("/dev/zero", file)],
])("waits for nothing where a step has put %s in the place of its files", (_, put) => {
  put(attemptFile(folder));
  put(join(folder, "cancel"));
  expect(readProcesses(folder)).toBe("none");
  expect(claim(folder)).toBe(false);
  expect(settleExit(folder, lost)).toEqual(lost);
  noteCancel(folder);
  expect(readExit(folder)).toBeNull();
});

it("gives the end although it cannot be written down", () => {
  expect(settleExit(join(folder, "gone"), lost)).toEqual(lost);
});
