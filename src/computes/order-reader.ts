// Reads the engine's frames on the supervisor's side: the counterpart of supervisor-protocol for the Node supervisor.
// Knows the form only.

import type { AttemptOrder } from "../ports/compute.ts";

export type SupervisorOrder =
  | { readonly verb: "start"; readonly order: AttemptOrder }
  | { readonly verb: "cancel" | "withdraw"; readonly attemptId: string };

/** Splits what arrives into orders; keeps an incomplete frame for the next chunk. */
export function createOrderReader(
  onOrder: (order: SupervisorOrder) => void,
): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const mark = rest.indexOf(0);
      if (mark === -1) return;
      const end = mark + 1 + Number(rest.toString("latin1", 0, mark));
      if (rest.length < end) return;
      const fields = rest.toString("utf8", mark + 1, end).split("\0");
      rest = rest.subarray(end);
      onOrder(orderOf(fields));
    }
  };
}

function orderOf(fields: readonly string[]): SupervisorOrder {
  const [verb = "", attemptId = ""] = fields;
  if (verb === "start") return { verb, order: attemptOf(fields) };
  return { verb: verb === "cancel" ? "cancel" : "withdraw", attemptId };
}

function attemptOf(fields: readonly string[]): AttemptOrder {
  let at = 1;
  const next = (): string => fields[at++] ?? "";
  const numberOrNull = (text: string): number | null => (text === "" ? null : Number(text));
  const pairs = (): Record<string, string> => {
    const variables: Record<string, string> = {};
    for (let left = Number(next()); left > 0; left -= 1) {
      const pair = next();
      const equals = pair.indexOf("=");
      variables[pair.slice(0, equals)] = pair.slice(equals + 1);
    }
    return variables;
  };
  const order = {
    attemptId: next(),
    epoch: Number(next()),
    folder: next(),
    workFolder: next(),
    script: next(),
    logPath: next(),
    timeoutMs: numberOrNull(next()),
    graceMs: Number(next()),
    memoryLimitBytes: numberOrNull(next()),
    variables: pairs(),
  };
  const processes: Record<string, string>[] = [];
  for (let left = Number(next()); left > 0; left -= 1) processes.push(pairs());
  return { ...order, processes };
}
