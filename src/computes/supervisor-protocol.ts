// The words between the local compute and its supervisors: NUL-framed orders out, JSON lines back. Knows the form, not
// the processes; docs/reference/computes.md describes it. The Python and the Node supervisor both speak it.

import { isOutOfSpace } from "../core/out-of-space.ts";
import type { AttemptEnd, AttemptOrder, ComputeReport } from "../ports/compute.ts";

/** What a supervisor says: a report of the port, or that it has given a waiting order back. */
export type SupervisorReport =
  | ComputeReport
  | { readonly kind: "withdrawn"; readonly attemptId: string };

type Variables = Readonly<Record<string, string>>;

/**
 * Frames for one supervisor: length of the payload in bytes, NUL, then the fields separated by NUL. Steps of a run share
 * most of their variables, so each start says only how its own differ from those of the start before it.
 */
export function createStartFrames(): (order: AttemptOrder) => string {
  let before: Environment = { shared: {}, variables: {} };
  return (order) => {
    const { attemptId, shared, variables: given } = order;
    const isSaid = given.STEPWELL_ATTEMPT === attemptId;
    const variables = isSaid ? given : { ...given, STEPWELL_ATTEMPT: attemptId };
    const now = { shared, variables };
    const frame = startFrame(order, differences(before, now));
    before = now;
    return frame;
  };
}

type Environment = Pick<AttemptOrder, "shared" | "variables">;

/** `NAME=value` for what is new or other, `NAME` for what is gone. */
function differences(before: Environment, now: Environment): string[] {
  if (before.shared !== now.shared) return otherPairs(whole(before), whole(now));
  const pairs = otherPairs(before.variables, now.variables);
  for (const [at, pair] of pairs.entries())
    if (Object.hasOwn(now.shared, pair)) pairs[at] = `${pair}=${now.shared[pair]}`;
  return pairs;
}

function whole({ shared, variables }: Environment): Variables {
  return { ...shared, ...variables };
}

function otherPairs(before: Variables, variables: Variables): string[] {
  const pairs: string[] = [];
  for (const name in variables)
    if (variables[name] !== before[name]) pairs.push(`${name}=${variables[name]}`);
  for (const name in before) if (!Object.hasOwn(variables, name)) pairs.push(name);
  return pairs;
}

function startFrame(order: AttemptOrder, changed: readonly string[]): string {
  const fields = [
    "start",
    order.attemptId,
    String(order.epoch),
    order.folder,
    order.workFolder,
    order.script,
    order.logPath,
    order.timeoutMs === null ? "" : wholeNumber(order.timeoutMs),
    String(Math.round(order.graceMs)),
    order.memoryLimitBytes === null ? "" : wholeNumber(order.memoryLimitBytes),
    String(changed.length),
    ...changed,
    String(order.processes.length),
  ];
  for (const own of order.processes) {
    const pairs = Object.entries(own);
    fields.push(String(pairs.length));
    for (const [name, value] of pairs) fields.push(`${name}=${value}`);
  }
  return frame(fields);
}

/** Larger ones are written with an exponent, which supervisors do not read. */
function wholeNumber(amount: number): string {
  return String(Math.min(Math.floor(amount), Number.MAX_SAFE_INTEGER));
}

export function orderFrame(verb: "cancel" | "withdraw", attemptId: string): string {
  return frame([verb, attemptId]);
}

function frame(fields: readonly string[]): string {
  const payload = fields.join("\0");
  return `${Buffer.byteLength(payload)}\0${payload}`;
}

/** Why an order cannot be expressed, or null. */
export function problemOf(order: AttemptOrder): string | null {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(order.attemptId))
    return `the attempt's id ${JSON.stringify(order.attemptId)} is not usable as a name`;
  if (order.processes.length === 0) return "the order names no process";
  const paths = [order.folder, order.workFolder, order.logPath];
  if (paths.some((path) => path.includes("\0"))) return "a path holds a NUL character";
  if (order.script.includes("\0")) return "the command holds a NUL character";
  for (const variables of [order.variables, ...order.processes]) {
    const problem = problemIn(variables);
    if (problem !== null) return problem;
  }
  return problemInShared(order.shared);
}

/** What many orders have in common is looked through once. */
const lookedThrough = new WeakMap<Variables, string | null>();

function problemInShared(shared: Variables): string | null {
  const known = lookedThrough.get(shared);
  if (known !== undefined) return known;
  const problem = problemIn(shared);
  lookedThrough.set(shared, problem);
  return problem;
}

function problemIn(variables: Variables): string | null {
  for (const name in variables) {
    if (name === "" || name.includes("=") || name.includes("\0"))
      return `${JSON.stringify(name)} is not a name of an environment variable`;
    if (variables[name]?.includes("\0"))
      return `the variable ${JSON.stringify(name)} holds a NUL character`;
  }
  return null;
}

/** The mode of what a supervisor writes: nobody else changes it, whatever the umask. */
export const OWN_FILE = 0o644;

/** What cannot be written for want of space is written later: another attempt is made when there is room. */
export function unwritable(what: string, error: unknown): Omit<AttemptEnd, "finishedAt"> {
  const { finishedAt: _, ...end } = notStarted(`${what}: ${(error as Error).message}`, 0);
  return { ...end, reason: isOutOfSpace(error) ? "disk_full" : "not_started" };
}

export function notStarted(detail: string, at: number): AttemptEnd {
  return {
    exitCode: null,
    signal: null,
    reason: "not_started",
    detail,
    startedAt: null,
    finishedAt: at,
  };
}

/** Splits what arrives into reports; keeps the last incomplete line. */
export function createReportReader(
  onReport: (report: SupervisorReport) => void,
): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onReport(JSON.parse(line) as SupervisorReport);
  };
}
