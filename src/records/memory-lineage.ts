// What the record store in memory answers by content. Looks through everything: it holds little.

import type { ResultReference, RunEvent } from "../core/event.ts";
import { idsOf, recordedOutputs } from "../core/output.ts";
import type { LineageIndex, Page, PortUse } from "../ports/lineage-index.ts";
import type { AssetRow, ResultRow, RunRow } from "../ports/records.ts";

interface Remembered {
  readonly results: readonly ResultRow[];
  readonly assets: readonly AssetRow[];
  readonly events: ReadonlyMap<string, readonly RunEvent[]>;
  readonly runs: ReadonlyMap<string, RunRow>;
}

/** A port with the id by which it is known, and whose output an input was. */
interface Port extends PortUse {
  readonly id: string;
  readonly from: ResultReference | null;
}

export function memoryLineage(data: Remembered): LineageIndex {
  const outputs = (): readonly Port[] => data.results.flatMap(outputsOf);
  const inputs = (): readonly Port[] => data.results.flatMap(inputsOf);
  return {
    makers: async (id, { before, limit }) => {
      const found = outputs().filter(
        (one) => one.id === id && (before === null || one.at < before),
      );
      return pageOf(found.toSorted(inOrder), limit);
    },
    readers: async (id, { of, after, limit }) => {
      const isWanted = ({ from }: Port): boolean =>
        of === "any" || from === null || (of !== "outside" && isSame(from, of));
      const found = inputs().filter(
        (one) => one.id === id && (after === null || one.at > after) && isWanted(one),
      );
      return pageOf(found.toSorted(inOrder).reverse(), limit);
    },
    assetsWith: async (id) =>
      data.assets.filter(
        (row) => row.contentId === id && (row.kind === "data" || row.kind === "model"),
      ),
    contentIds: async (prefix, limit) => {
      const all = [...outputs(), ...inputs()].map(({ id }) => id);
      const ids = new Set([...all, ...data.assets.map((row) => row.contentId)]);
      return [...ids]
        .filter((id) => id.startsWith(prefix))
        .sort()
        .slice(0, limit);
    },
    resultsAt: async (results) =>
      results.map((wanted) => data.results.find((row) => isSame(row, wanted)) ?? null),
    reusersOf: async (run) => {
      const reusers = [...data.events.keys()].filter((name) =>
        reusedBy(data, name).some((result) => result.run === run),
      );
      const order = (name: string): number => data.runs.get(name)?.order ?? 0;
      return reusers.sort((a, b) => order(b) - order(a) || (a < b ? 1 : -1));
    },
    reusedBy: async (run) => reusedBy(data, run),
  };
}

function isSame(one: ResultReference, other: ResultReference): boolean {
  return one.run === other.run && one.seq === other.seq;
}

function outputsOf(row: ResultRow): readonly Port[] {
  const { run, seq, finishedAt: at, result } = row;
  return recordedOutputs(result).flatMap(([port, record]) =>
    idsOf(record).map((id) => ({ id, run, seq, port, at, from: null })),
  );
}

function inputsOf({ run, seq, finishedAt: at, inputs = {} }: ResultRow): readonly Port[] {
  return Object.entries(inputs).map(([port, read]) => {
    const from = "from" in read ? read.from : null;
    return { id: read.id, run, seq, port, at, from };
  });
}

function inOrder(a: PortUse, b: PortUse): number {
  return a.at - b.at || compare(a.run, b.run) || a.seq - b.seq || compare(a.port, b.port);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function pageOf(ports: readonly Port[], limit: number): Page<PortUse> {
  const rows = ports.slice(0, limit).map(({ run, seq, port, at }) => ({ run, seq, port, at }));
  return { rows, total: ports.length };
}

export function reusedBy(
  { events }: Pick<Remembered, "events">,
  run: string,
): readonly ResultReference[] {
  const found = new Map<string, ResultReference>();
  for (const event of events.get(run) ?? [])
    if (event.kind === "steps_reused")
      for (const group of event.from)
        for (const seq of group.results) found.set(`${group.run}\n${seq}`, { run: group.run, seq });
  return [...found.values()].sort((a, b) => compare(a.run, b.run) || a.seq - b.seq);
}
