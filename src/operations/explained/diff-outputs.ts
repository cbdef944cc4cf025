// What is different between the outputs that a step made in two runs: one line for each, and all of it where that is asked
// for. Bounded in time: large outputs are told apart by their lists of files alone.

import fs from "node:fs";
import { changedPaths } from "../../core/changed-paths.ts";
import { idsOf, type OutputRecord } from "../../core/output.ts";
import type { ResultRow } from "../../ports/records.ts";
import { own } from "../../spec/own-keys.ts";
import { type DataDifference, diffOpened } from "../data/diff-data.ts";
import { differenceSummary } from "../data/difference-summary.ts";
import { openData } from "../data/open-data.ts";
import { isRefusal } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

export interface OutputChange {
  readonly name: string;
  readonly sizes: readonly [before: number, after: number];
  readonly summary: string;
  /** Null unless it was asked for, and where the bytes were not read. */
  readonly difference: DataDifference | null;
}

/** How much is read: of one output of both runs, and in all. */
const LIMITS = {
  lines: { one: 8 << 20, all: 32 << 20 },
  details: { one: 2 ** 30, all: 2 ** 32 },
} as const;

export interface OutputComparer {
  changes(
    before: ResultRow | undefined,
    after: ResultRow | undefined,
  ): Promise<readonly OutputChange[]>;
}

export function createOutputComparer(workspace: Workspace, details: boolean): OutputComparer {
  const { one, all } = details ? LIMITS.details : LIMITS.lines;
  let left: number = all;
  const compare = async (
    before: OutputRecord,
    after: OutputRecord,
  ): Promise<Pick<OutputChange, "summary" | "difference">> => {
    const size = before.sizeBytes + after.sizeBytes;
    const isGone = [before, after].some(({ path }) => !fs.existsSync(path));
    if (isGone || size > one || size > left)
      return { summary: await byLists(workspace, before, after, isGone), difference: null };
    left -= size;
    const found = await byBytes(workspace, before, after);
    if (typeof found === "string") return { summary: found, difference: null };
    return { summary: differenceSummary(found), difference: details ? found : null };
  };
  return {
    async changes(before, after) {
      const changes: OutputChange[] = [];
      for (const [name, now] of Object.entries(after?.result.outputs ?? {})) {
        const old = own(before?.result.outputs ?? {}, name);
        if (old === undefined || idsOf(old).some((id) => idsOf(now).includes(id))) continue;
        const sizes = [old.sizeBytes, now.sizeBytes] as const;
        changes.push({ name, sizes, ...(await compare(old, now)) });
      }
      return changes;
    },
  };
}

async function byBytes(
  workspace: Workspace,
  before: OutputRecord,
  after: OutputRecord,
): Promise<DataDifference | string> {
  const left = await openData(workspace, { kind: "local", path: before.path });
  const right = await openData(workspace, { kind: "local", path: after.path });
  if (isRefusal(left)) return left.message;
  if (isRefusal(right)) return right.message;
  const found = await diffOpened(workspace, left, right, { key: null, mostBytes: null });
  return isRefusal(found) ? found.message : found;
}

async function byLists(
  { contents }: Workspace,
  before: OutputRecord,
  after: OutputRecord,
  isGone: boolean,
): Promise<string> {
  const [old, now] = [await contents.manifest(before.id), await contents.manifest(after.id)];
  const why = isGone
    ? "its bytes are not here any more"
    : "large: see --data, or stepwell data diff";
  if (old === null || now === null)
    return `${before.sizeBytes} → ${after.sizeBytes} bytes (${why})`;
  const changed = changedPaths(old, now).length;
  return `${changed} of ${Math.max(old.entries.length, now.entries.length)} files and folders changed (${why})`;
}
