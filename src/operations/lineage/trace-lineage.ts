// Follows data through the record, up to what it was made from and down to what was made of it, nearest first. Whose output
// an input was is known exactly where the run bound it; data from outside is followed by its bytes.

import type { ReadInput } from "../../core/event.ts";
import { isFromOutside, type LineageGraph, lineageBuilder } from "../../core/lineage.ts";
import { idsOf, recordedOutputs } from "../../core/output.ts";
import type { PortUse } from "../../ports/lineage-index.ts";
import { own } from "../../spec/own-keys.ts";
import type { Workspace } from "../workspace.ts";
import {
  type AssetPlace,
  assetPlace,
  type ContentPlace,
  contentPlace,
  type DataPlace,
  noteRemovals,
  type OutputPlace,
  originOf,
  outputPlace,
  type Place,
  readAssetPlace,
  resultAt,
  type StepPlace,
  stepPlace,
} from "./lineage-places.ts";

export interface TraceOptions {
  readonly up: boolean;
  readonly down: boolean;
  /** How many step runs away, or null for all of them. */
  readonly depth: number | null;
  /** Most nodes in each direction. */
  readonly limit: number;
}

/** Readers of the same data that are shown; the rest is counted. */
const FAN = 100;

export async function traceLineage(
  workspace: Workspace,
  roots: readonly Place[],
  options: TraceOptions,
): Promise<LineageGraph> {
  const builder = lineageBuilder();
  const directions = (["up", "down"] as const).filter((one) => options[one]);
  for (const { node } of roots) builder.add(node);
  for (const direction of directions) {
    const walk = createWalk(workspace, builder, direction, options);
    for (const root of roots) walk.visit(root, 0);
    do
      for (let next = walk.next(); next !== null; next = walk.next())
        await (direction === "up" ? goUp : goDown)(walk, next.place, next.level);
    while (await walk.decide());
  }
  return noteRemovals(workspace, builder.graph(roots.map(({ node }) => node.id)));
}

interface Walk {
  readonly workspace: Workspace;
  readonly builder: ReturnType<typeof lineageBuilder>;
  /** Adds what is reached; null where it is too far away, or there are enough nodes. `more`: how many are left out then. */
  reach(from: Place, to: Place, level: number): boolean;
  visit(place: Place, level: number): void;
  next(): { readonly place: Place; readonly level: number } | null;
  cutFan(at: Place, more: number): void;
  /**
   * Kept for when all that is connected for certain is known: a reader of the same bytes counts only if what it read them
   * from is not reached, else it would be shown twice.
   */
  perhaps(reader: Reader, use: () => void): void;
  /** Decides the next of those; false: there are none left. */
  decide(): Promise<boolean>;
}

/** A step run that read bytes, and as what. */
interface Reader {
  readonly step: StepPlace;
  readonly port: string;
}

function createWalk(
  workspace: Workspace,
  builder: ReturnType<typeof lineageBuilder>,
  direction: "up" | "down",
  { depth, limit }: TraceOptions,
): Walk {
  const visited = new Set<string>();
  const queue: { readonly place: Place; readonly level: number }[] = [];
  let taken = 0;
  const perhaps: { readonly reader: Reader; readonly use: () => void }[] = [];
  let decided = 0;
  const cut = (at: Place, reason: "fan" | "depth" | "limit", more: number): void =>
    builder.cut({ node: at.node.id, direction, reason, more });
  const walk: Walk = {
    workspace,
    builder,
    visit(place, level) {
      if (visited.has(place.node.id)) return;
      visited.add(place.node.id);
      queue.push({ place, level });
    },
    reach(from, to, level) {
      const isKnown = visited.has(to.node.id);
      const isTooFar = depth !== null && level > depth;
      if (!isKnown && (isTooFar || visited.size >= limit)) {
        cut(from, isTooFar ? "depth" : "limit", 1);
        return false;
      }
      builder.add(to.node);
      walk.visit(to, level);
      return true;
    },
    // A list whose beginning moves: shifting an array of 100,000 costs more than all the rest.
    next: () => queue[taken++] ?? null,
    cutFan: (at, more) => {
      if (more > 0) cut(at, "fan", more);
    },
    perhaps: (reader, use) => void perhaps.push({ reader, use }),
    async decide() {
      const next = perhaps[decided++];
      if (next === undefined) return false;
      const source = await sourceOf(workspace, next.reader);
      if (source === null || !visited.has(source.node.id)) next.use();
      return true;
    },
  };
  return walk;
}

async function goUp(walk: Walk, place: Place, level: number): Promise<void> {
  switch (place.kind) {
    case "step_run":
      return stepUp(walk, place, level);
    case "output": {
      const step = stepPlace(place.row);
      const name = place.node.output;
      if (walk.reach(place, step, level + 1))
        walk.builder.connect({ kind: "made", from: step.node.id, to: place.node.id, name });
      return;
    }
    case "asset":
    case "content": {
      const origin = await originOf(walk.workspace, place);
      if (origin === null || origin.node.id === place.node.id) return;
      const kind = place.kind === "asset" ? "registered_as" : "same_bytes";
      if (walk.reach(place, origin, level))
        walk.builder.connect({ kind, from: origin.node.id, to: place.node.id, name: null });
      return;
    }
    default:
      place satisfies never;
  }
}

async function stepUp(walk: Walk, place: StepPlace, level: number): Promise<void> {
  await addParts(walk, place);
  for (const [name, data] of await inputsOf(walk.workspace, place))
    if (walk.reach(place, data, level))
      walk.builder.connect({ kind: "used", from: data.node.id, to: place.node.id, name });
}

/** Its code, environment and run: nothing is followed through them. */
async function addParts({ workspace, builder }: Walk, { node }: StepPlace): Promise<void> {
  const moment = (await workspace.records.preImage(node.fingerprint))?.moment;
  const parts = { code: moment?.code ?? null, environment: moment?.environment ?? null };
  for (const kind of ["code", "environment"] as const) {
    const contentId = parts[kind];
    if (contentId === null) continue;
    const id = `${kind} ${contentId}`;
    builder.add({ kind, id, contentId });
    builder.connect({ kind: "used", from: id, to: node.id, name: null });
  }
  const run = `run ${node.run}`;
  builder.add({ kind: "run", id: run, name: node.run });
  builder.connect({ kind: "part_of", from: node.id, to: run, name: null });
}

/** What the step run read. Where that was not noted yet, the ids of its fingerprint are all that is known. */
async function inputsOf(
  workspace: Workspace,
  place: StepPlace,
): Promise<readonly (readonly [string, DataPlace])[]> {
  const { row } = place;
  const { inputs } = row;
  if (inputs === undefined) {
    const contents = (await workspace.records.preImage(row.fingerprint))?.moment.contents ?? {};
    return Object.entries(contents).map(([name, [id]]) => [
      name,
      contentPlace(id, null, row.finishedAt),
    ]);
  }
  const places: [string, DataPlace][] = [];
  for (const [name, read] of Object.entries(inputs)) {
    const source = await sourceOf(workspace, { step: place, port: name });
    const written = isFromOutside(read) ? read.written : null;
    places.push([name, source ?? contentPlace(read.id, written, row.finishedAt)]);
  }
  return places;
}

/** The output or asset that it read; null: data from outside without a name. */
async function sourceOf(workspace: Workspace, { step, port }: Reader): Promise<DataPlace | null> {
  const read = own(step.row.inputs ?? {}, port);
  if (read === undefined) return null;
  if (isFromOutside(read))
    return read.asset === null ? null : readAssetPlace(workspace, read.asset, read.id);
  const source = await resultAt(workspace, read.from);
  return source === null ? null : outputPlace(source, read.from.output);
}

async function goDown(walk: Walk, place: Place, level: number): Promise<void> {
  switch (place.kind) {
    case "step_run":
      await addParts(walk, place);
      for (const [name] of recordedOutputs(place.row.result)) {
        const output = outputPlace(place.row, name);
        if (output !== null && walk.reach(place, output, level))
          walk.builder.connect({ kind: "made", from: place.node.id, to: output.node.id, name });
      }
      return;
    case "output":
      return outputDown(walk, place, level);
    case "asset":
      return assetDown(walk, place, level);
    case "content":
      return contentDown(walk, place, level);
    default:
      place satisfies never;
  }
}

async function outputDown(walk: Walk, place: OutputPlace, level: number): Promise<void> {
  const { records } = walk.workspace;
  const { row, record, node } = place;
  for (const id of idsOf(record)) {
    // A run registers an output a moment before it records the result.
    for (const asset of await records.assetsWith(id))
      if (asset.createdAt >= row.finishedAt || asset.run === row.run)
        registered(walk, place, assetPlace(asset), level);
    const found = await records.readers(id, { of: row, after: row.finishedAt, limit: FAN });
    for (const [use, step] of await stepsOf(walk.workspace, found.rows)) {
      const read = own(step.row.inputs ?? {}, use.port);
      if (read !== undefined && !isFromOutside(read)) {
        if (read.from.output === node.output) usedBy(walk, place, step, use.port, level);
      } else if (read?.asset == null) sameBytes(walk, place, step, use, level);
    }
    walk.cutFan(place, found.total - found.rows.length);
  }
}

function registered(walk: Walk, from: OutputPlace | ContentPlace, to: AssetPlace, level: number) {
  if (walk.reach(from, to, level))
    walk.builder.connect({
      kind: "registered_as",
      from: from.node.id,
      to: to.node.id,
      name: null,
    });
}

async function assetDown(walk: Walk, place: AssetPlace, level: number): Promise<void> {
  const { name, version, contentId } = place.node;
  const all = { of: "any", after: null, limit: FAN } as const;
  const found = await walk.workspace.records.readers(contentId, all);
  for (const [use, step] of await stepsOf(walk.workspace, found.rows)) {
    const read = own(step.row.inputs ?? {}, use.port);
    const isNamed =
      read !== undefined && isFromOutside(read) && read.asset === `${name}:${version}`;
    if (isNamed) usedBy(walk, place, step, use.port, level);
    else walk.perhaps({ step, port: use.port }, () => sameBytes(walk, place, step, use, level));
  }
  walk.cutFan(place, found.total - found.rows.length);
}

async function contentDown(walk: Walk, place: ContentPlace, level: number): Promise<void> {
  const { records } = walk.workspace;
  const { contentId } = place.node;
  for (const asset of await records.assetsWith(contentId))
    registered(walk, place, assetPlace(asset), level);
  const found = await records.readers(contentId, { of: "any", after: null, limit: FAN });
  for (const [use, step] of await stepsOf(walk.workspace, found.rows))
    walk.perhaps({ step, port: use.port }, () => usedBy(walk, place, step, use.port, level));
  walk.cutFan(place, found.total - found.rows.length);
}

function usedBy(walk: Walk, from: DataPlace, to: StepPlace, name: string, level: number): void {
  if (walk.reach(from, to, level + 1))
    walk.builder.connect({ kind: "used", from: from.node.id, to: to.node.id, name });
}

/** Read under another name: that name stands between. */
function sameBytes(
  walk: Walk,
  from: OutputPlace | AssetPlace,
  step: StepPlace,
  use: PortUse,
  level: number,
): void {
  const read = own(step.row.inputs ?? {}, use.port);
  const name = contentPlace(from.node.contentId, read === undefined ? null : nameOf(read), null);
  if (!walk.reach(from, step, level + 1)) return;
  const { id } = name.node;
  walk.builder.add(name.node);
  walk.builder.connect({ kind: "same_bytes", from: from.node.id, to: id, name: null });
  walk.builder.connect({ kind: "used", from: id, to: step.node.id, name: use.port });
}

function nameOf(read: ReadInput): string | null {
  if (isFromOutside(read)) return read.written;
  return `output ${read.from.output} made by ${read.from.run}`;
}

async function stepsOf(
  { records }: Workspace,
  uses: readonly PortUse[],
): Promise<readonly (readonly [PortUse, StepPlace])[]> {
  const rows = await records.resultsAt(uses);
  return uses.flatMap((use, index) => {
    const row = rows[index] ?? null;
    return row === null ? [] : [[use, stepPlace(row)] as const];
  });
}
