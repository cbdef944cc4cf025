// A parsed definition file: mappings, lists and scalars with their places. Knows nothing of what the keys mean.

import type { Position } from "./problem.ts";
import type { ScalarType } from "./yaml-scalar.ts";

/** The text of one file, from which offsets become lines and columns. */
export interface TreeSource {
  readonly file: string;
  readonly text: string;
  /** Offsets of the first character of each line; made on the first use. */
  lineStarts: readonly number[] | null;
}

interface Placed {
  /** Null for what came from an option of the command line. */
  readonly source: TreeSource | null;
  readonly offset: number;
  /** That option, without its value: `--set jobs.train.inputs.alpha`. */
  readonly option?: string | undefined;
}

export interface TreeScalar extends Placed {
  readonly kind: "scalar";
  readonly type: ScalarType;
  /** What Python's `str()` prints of the value. */
  readonly text: string;
}

export interface TreeList extends Placed {
  readonly kind: "list";
  readonly items: readonly TreeNode[];
}

export interface TreeEntry {
  readonly key: TreeScalar;
  readonly value: TreeNode;
}

/** Keys are the text as written: `on`, `01` and `yes` stay what the user typed. */
export interface TreeMapping extends Placed {
  readonly kind: "mapping";
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

export type TreeNode = TreeScalar | TreeList | TreeMapping;

/** The node and all below it, said to stand at another place. */
export function movedTo(node: TreeNode, { source, offset, option }: Placed): TreeNode {
  const place = { source, offset, option };
  if (node.kind === "scalar") return { ...node, ...place };
  if (node.kind === "list")
    return { ...node, items: node.items.map((item) => movedTo(item, place)), ...place };
  const entries = new Map<string, TreeEntry>();
  for (const [name, { key, value }] of node.entries)
    entries.set(name, { key: { ...key, ...place }, value: movedTo(value, place) });
  return { kind: "mapping", entries, ...place };
}

/** The value under a key, or null where there is none or the node is no mapping. */
export function get(node: TreeNode | null, key: string): TreeNode | null {
  return node?.kind === "mapping" ? (node.entries.get(key)?.value ?? null) : null;
}

/** As {@link get}, but a YAML null counts as nothing. */
export function getSet(node: TreeNode | null, key: string): TreeNode | null {
  const value = get(node, key);
  return value === null || isNull(value) ? null : value;
}

export function getMapping(node: TreeNode | null, key: string): TreeMapping | null {
  const value = get(node, key);
  return value?.kind === "mapping" ? value : null;
}

/** Where a mapping belongs, something else is: what it lists nobody knows. */
export function isMisshapen(node: TreeNode | null, key: string): boolean {
  const value = getSet(node, key);
  return value !== null && value.kind !== "mapping";
}

/** The text of a scalar under a key (numbers as Python prints them), or null. */
export function getText(node: TreeNode | null, key: string): string | null {
  return textOf(getSet(node, key));
}

/** A word of a closed set, in small letters: Azure's client takes most of them in any case (`Upload`, `Standard`). */
export function getWord(node: TreeNode | null, key: string): string | null {
  return getText(node, key)?.toLowerCase() ?? null;
}

export function textOf(node: TreeNode | null): string | null {
  return node?.kind === "scalar" && node.type !== "null" ? node.text : null;
}

export function isNull(node: TreeNode): boolean {
  return node.kind === "scalar" && node.type === "null";
}

/** Line and column, from 1, of a node; null for nodes without a place. */
export function positionOf(node: { source: TreeSource | null; offset: number }): Position | null {
  if (node.source === null) return null;
  return positionAt(node.source, node.offset);
}

export function positionAt(source: TreeSource, offset: number): Position {
  source.lineStarts ??= findLineStarts(source.text);
  const starts = source.lineStarts;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const start = starts[low] ?? 0;
  const byteOrderMark = start === 0 && source.text.startsWith("\uFEFF") ? 1 : 0;
  const before = source.text.slice(start + byteOrderMark, Math.max(offset, start));
  return { file: source.file, line: low + 1, column: characters(before) + 1 };
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  return starts;
}

// Columns count characters: a pair of surrogates is one. On lines that no editor shows nobody counts.
function characters(text: string): number {
  if (text.length > 10_000) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
