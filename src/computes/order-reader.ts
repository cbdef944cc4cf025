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
  // Each start says how its variables differ from those of the one before.
  let variables: Readonly<Record<string, string>> = {};
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const mark = rest.indexOf(0);
      if (mark === -1) return;
      const end = mark + 1 + Number(rest.toString("latin1", 0, mark));
      if (rest.length < end) return;
      const fields = rest.toString("utf8", mark + 1, end).split("\0");
      rest = rest.subarray(end);
      const order = orderOf(fields, variables);
      if (order.verb === "start") variables = order.order.variables;
      onOrder(order);
    }
  };
}

type Variables = Readonly<Record<string, string>>;

function orderOf(fields: readonly string[], before: Variables): SupervisorOrder {
  const [verb = "", attemptId = ""] = fields;
  if (verb === "start") return { verb, order: attemptOf(fields, before) };
  return { verb: verb === "cancel" ? "cancel" : "withdraw", attemptId };
}

function attemptOf(fields: readonly string[], before: Variables): AttemptOrder {
  let at = 1;
  const next = (): string => fields[at++] ?? "";
  const numberOrNull = (text: string): number | null => (text === "" ? null : Number(text));
  const changed = (from: Variables): Record<string, string> => {
    const variables: Record<string, string> = { ...from };
    for (let left = Number(next()); left > 0; left -= 1) {
      const pair = next();
      const equals = pair.indexOf("=");
      if (equals === -1) delete variables[pair];
      else variables[pair.slice(0, equals)] = pair.slice(equals + 1);
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
    shared: {},
    variables: changed(before),
  };
  const processes: Record<string, string>[] = [];
  for (let left = Number(next()); left > 0; left -= 1) processes.push(changed({}));
  return { ...order, processes };
}
