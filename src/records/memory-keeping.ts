// Pins and removals of the record store in memory: the same questions in the same order as in the embedded one.

import type { ResultReference, RunEvent } from "../core/event.ts";
import { holderOf } from "../core/held-results.ts";
import { idsOf, recordedOutputs } from "../core/output.ts";
import type { Removal } from "../core/removal.ts";
import type {
  KeepingRecords,
  MarkOrder,
  MarkOutcome,
  Pin,
  PinTarget,
} from "../ports/keeping-records.ts";
import type { AssetLabel, AssetRow, ResultRow, RunRow, RunUpdate } from "../ports/records.ts";
import { versionKey } from "./memory-assets.ts";
import { reusedBy } from "./memory-lineage.ts";

export interface KeepingData {
  results: (ResultRow & { removed: Removal | null; confirmedAt: number | null })[];
  readonly runs: Map<string, RunRow>;
  readonly events: Map<string, RunEvent[]>;
  readonly assets: AssetRow[];
  readonly labels: Map<string, AssetLabel>;
  readonly removedAssets: Map<string, Removal>;
  readonly pins: Pin[];
  /** Runs whose record is to go. */
  readonly forget: Set<string>;
}

export function memoryKeeping(data: KeepingData): KeepingRecords {
  const find = ({ run, seq }: ResultReference) =>
    data.results.find((row) => row.run === run && row.seq === seq);
  const isPinned = (target: PinTarget) => (pin: Pin) =>
    pin.kind === target.kind && pin.name === target.name;
  return {
    async pin(pin) {
      if (!data.pins.some(isPinned(pin))) data.pins.push(pin);
    },
    unpin: async (target) => drop(data.pins, isPinned(target)) > 0,
    pins: async () => [...data.pins].sort((a, b) => a.at - b.at),
    moment: async () => momentOf(data),
    markRemoved: async (order) => markRemoved(data, order),
    openRemovals: async () => ({
      results: data.results
        .filter((row) => row.removed !== null && row.confirmedAt === null)
        .map(({ run, seq }) => ({ run, seq })),
      forget: [...data.forget],
    }),
    async confirmRemoved(results, at) {
      for (const result of results) {
        const row = find(result);
        if (row !== undefined) row.confirmedAt ??= at;
      }
    },
    removals: async (results) => results.map((result) => find(result)?.removed ?? null),
    async removeAsset(asset, mark) {
      const name = `${asset.name}:${asset.version}`;
      const labels = [...data.labels.values()]
        .filter((one) => versionKey(one) === versionKey(asset))
        .map(({ label }) => `label ${label}`)
        .sort();
      const pins = data.pins
        .filter((pin) => pin.kind === asset.kind && pin.name === name)
        .map(() => `the pin of ${asset.kind} ${name}`);
      const by = [...labels, ...pins];
      if (by.length > 0) return { kind: "held", by };
      data.removedAssets.set(versionKey(asset), mark);
      return { kind: "marked" };
    },
    async removedAsset(version) {
      const removed = data.removedAssets.get(versionKey(version));
      const asset = data.assets.find((row) => versionKey(row) === versionKey(version));
      return removed === undefined || asset === undefined ? null : { asset, removed };
    },
    forgetRun: async (run) => forgetRun(data, run),
    async forgetAsset(version) {
      drop(data.assets, (row) => versionKey(row) === versionKey(version));
      data.removedAssets.delete(versionKey(version));
      for (const [key, label] of data.labels)
        if (versionKey(label) === versionKey(version)) data.labels.delete(key);
      const name = `${version.name}:${version.version}`;
      drop(data.pins, (pin) => pin.kind === version.kind && pin.name === name);
    },
  };
}

function drop<T>(list: T[], isDropped: (one: T) => boolean): number {
  const kept = list.filter((one) => !isDropped(one));
  const count = list.length - kept.length;
  list.splice(0, list.length, ...kept);
  return count;
}

function momentOf({ runs, assets, pins }: KeepingData): string {
  const [newest] = [...runs.values()].sort(
    (a, b) => b.order - a.order || (a.name < b.name ? 1 : -1),
  );
  return JSON.stringify([newest?.name ?? null, assets.length, pins.length]);
}

function markRemoved(data: KeepingData, order: MarkOrder): MarkOutcome {
  if (momentOf(data) !== order.moment) return { kind: "changed" };
  const find = ({ run, seq }: ResultReference) =>
    data.results.find((row) => row.run === run && row.seq === seq);
  const holder = holderOf({
    openRuns: [...data.runs.values()].filter((run) => run.endedAt === null).map((run) => run.name),
    pins: data.pins,
    reusedBy: (run) => reusedBy(data, run),
    idsOf: (result) => {
      const row = find(result);
      return row === undefined
        ? []
        : recordedOutputs(row.result).flatMap(([, record]) => idsOf(record));
    },
    assetsWith: (id) =>
      data.assets
        .filter((asset) => asset.contentId === id && !data.removedAssets.has(versionKey(asset)))
        .filter(({ kind }) => kind === "data" || kind === "model")
        .map(({ kind, name, version }) => `${kind} ${name}:${version}`),
  });
  const asked = order.results.map(({ run, seq }) => ({ run, seq, by: holder({ run, seq }) }));
  const held = asked.flatMap(({ run, seq, by }) => (by === null ? [] : [{ run, seq, by }]));
  if (order.forget !== null && held.length > 0) return { kind: "marked", results: [], held };
  const results = asked.filter(({ by }) => by === null).map(({ run, seq }) => ({ run, seq }));
  for (const result of results) {
    const row = find(result);
    if (row !== undefined) row.removed ??= order.mark;
  }
  if (order.forget !== null) data.forget.add(order.forget);
  return { kind: "marked", results, held };
}

/** See the embedded store. */
export function takesRemoved(data: KeepingData, updates: readonly RunUpdate[]): boolean {
  const isRemoved = (run: string, seq: number): boolean =>
    data.results.some((row) => row.run === run && row.seq === seq && row.removed !== null);
  return updates.some(({ events }) =>
    events.some(
      (event) =>
        event.kind === "steps_reused" &&
        event.from.some((group) => group.results.some((seq) => isRemoved(group.run, seq))),
    ),
  );
}

function forgetRun(data: KeepingData, run: string): void {
  data.results = data.results.filter((row) => row.run !== run);
  data.events.delete(run);
  data.runs.delete(run);
  data.forget.delete(run);
  drop(data.pins, (pin) => pin.kind === "run" && pin.name === run);
}
