// Turns the parser's events into a tree: scalars by PyYAML's rules, merge keys, aliases within limits, duplicate keys
// told with both places. Knows nothing of files or of what the keys mean.

import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE } from "js-yaml";
import type { SpecLimits } from "./limits.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import type { ProblemCode } from "./problem-codes.ts";
import {
  positionOf,
  type TreeEntry,
  type TreeMapping,
  type TreeNode,
  type TreeScalar,
  type TreeSource,
} from "./tree.ts";
import { TreeEntries, WrittenEntry } from "./tree-entries.ts";
import {
  resolveBoolean,
  resolveFloat,
  resolveInteger,
  resolveNull,
  resolvePlainScalar,
  type ScalarValue,
} from "./yaml-scalar.ts";

type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
type CollectionEvent = Extract<
  Event,
  { type: typeof EVENT_ID.MAPPING } | { type: typeof EVENT_ID.SEQUENCE }
>;

/** What an anchored node costs wherever an alias repeats it. */
interface Weighed {
  readonly node: TreeNode;
  readonly size: number;
  readonly height: number;
}

interface Frame {
  readonly offset: number;
  readonly anchor: string | null;
  readonly items: TreeNode[] | null;
  readonly entries: TreeEntries;
  readonly merges: TreeNode[];
  key: TreeScalar | null;
  keyIsMerge: boolean;
  /** Nodes below, with aliases expanded, and levels below. */
  size: number;
  height: number;
}

/** What repeats stands early in a file: later words are mostly names, each of its own. */
const MOST_WORDS = 1_000;

/** Fed event by event; `stopped` says that going on makes no sense. */
export class TreeBuilder {
  readonly problems: Problem[] = [];
  root: TreeNode | null = null;
  stopped = false;

  readonly #source: TreeSource;
  readonly #limits: SpecLimits;
  readonly #frames: Frame[] = [];
  readonly #anchors = new Map<string, Weighed | "open">();
  readonly #words = new Map<string, string>();
  #aliases = 0;
  #merged = 0;

  constructor(source: TreeSource, limits: SpecLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  add(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        return;
      case EVENT_ID.SCALAR:
        this.#addScalar(event);
        return;
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING:
        this.#open(event);
        return;
      case EVENT_ID.ALIAS:
        this.#addAlias(event.anchorStart, event.anchorEnd);
        return;
      case EVENT_ID.POP:
        this.#close();
        return;
      default:
        event satisfies never;
    }
  }

  #addScalar(event: ScalarEvent): void {
    const frame = this.#frames.at(-1);
    const isKey = frame !== undefined && frame.items === null && frame.key === null;
    const offset = this.#scalarOffset(event, frame);
    const text = this.#withoutNul(this.#once(getScalarValue(this.#source.text, event)), offset);
    const plain = event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0;
    if (isKey) {
      frame.keyIsMerge = plain && text === "<<";
      this.#setKey(frame, { kind: "scalar", type: "string", text, source: this.#source, offset });
      return;
    }
    const value = plain ? resolvePlainScalar(text) : this.#taggedScalar(event, text, offset);
    const node: TreeScalar = { kind: "scalar", ...value, source: this.#source, offset };
    const anchor = this.#anchorName(event);
    this.#addValue({ node, size: 1, height: 0 }, anchor);
  }

  /** No path, name or variable can hold one: what looks for other mistakes meanwhile is not given it. */
  #withoutNul(text: string, offset: number): string {
    if (!text.includes("\0")) return text;
    this.#error(offset, "nul_character", "the text holds a NUL character", "Remove `\\0`.");
    return text.replaceAll("\0", "");
  }

  #taggedScalar(event: ScalarEvent, text: string, offset: number): ScalarValue {
    const tag = event.tagStart < 0 ? "!!str" : shortTag(this.#slice(event.tagStart, event.tagEnd));
    const resolve = SCALAR_TAGS.get(tag);
    const value = resolve?.(text) ?? null;
    if (value !== null) return value;
    const message = resolve ? `\`${text}\` is not a ${tag}` : `the tag ${tag} is not supported`;
    this.#error(offset, "unknown_tag", message, "Remove the tag, or quote the value.");
    return { type: "string", text };
  }

  #open(event: CollectionEvent): void {
    const expected = event.type === EVENT_ID.MAPPING ? "!!map" : "!!seq";
    const tag = event.tagStart < 0 ? expected : shortTag(this.#slice(event.tagStart, event.tagEnd));
    if (tag !== expected && tag !== "!") {
      const message = `the tag ${tag} is not supported`;
      this.#error(event.start, "unknown_tag", message, "Remove the tag.");
    }
    const anchor = this.#anchorName(event);
    if (anchor !== null) this.#anchors.set(anchor, "open");
    this.#frames.push({
      offset: event.start,
      anchor,
      items: event.type === EVENT_ID.SEQUENCE ? [] : null,
      entries: new TreeEntries(),
      merges: [],
      key: null,
      keyIsMerge: false,
      size: 1,
      height: 1,
    });
  }

  #close(): void {
    const frame = this.#frames.pop();
    // The document's own end has no frame.
    if (frame === undefined) return;
    const place = { source: this.#source, offset: frame.offset };
    const node: TreeNode =
      frame.items === null
        ? { kind: "mapping", entries: this.#mergeEntries(frame), ...place }
        : { kind: "list", items: frame.items.slice(), ...place };
    this.#addValue({ node, size: frame.size, height: frame.height }, frame.anchor);
  }

  #addAlias(start: number, end: number): void {
    const name = this.#slice(start, end);
    const offset = Math.max(0, start - 1);
    this.#aliases += 1;
    if (this.#aliases > this.#limits.aliases) {
      const message = `more than ${this.#limits.aliases} aliases (\`*name\`) in one file`;
      this.#error(offset, "too_many_aliases", message, "Write the values out.");
      this.stopped = true;
      return;
    }
    const anchor = this.#anchors.get(name);
    if (anchor !== undefined && anchor !== "open") {
      this.#addValue(anchor, null, offset);
      return;
    }
    const message =
      anchor === "open" ? `\`*${name}\` contains itself` : `there is no anchor \`&${name}\` above`;
    this.#error(offset, "bad_alias", message, "Define the anchor before it is used.");
    this.stopped = true;
  }

  /** An alias as a key is its scalar; its place is where the alias stands. */
  #addValue(weighed: Weighed, anchor: string | null, aliasOffset: number | null = null): void {
    if (anchor !== null) this.#anchors.set(anchor, weighed);
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.root = weighed.node;
      return;
    }
    if (frame.items === null && frame.key === null) {
      this.#complexKey(frame, weighed.node);
      return;
    }
    frame.size += weighed.size;
    frame.height = Math.max(frame.height, weighed.height + 1);
    this.#checkSize(frame, aliasOffset ?? weighed.node.offset);
    if (frame.items !== null) frame.items.push(weighed.node);
    else this.#addEntry(frame, weighed.node);
  }

  #addEntry(frame: Frame, value: TreeNode): void {
    const key = frame.key;
    if (key === null) return;
    frame.key = null;
    frame.size += 1;
    if (frame.keyIsMerge) {
      frame.merges.push(value);
      return;
    }
    const entry = new WrittenEntry(key.text, key.offset, this.#source, value);
    const earlier = frame.entries.add(entry);
    if (earlier === null) return;
    const first = positionOf(earlier.key);
    const message = `the key \`${key.text}\` is written twice; first on line ${first?.line}, column ${first?.column}`;
    this.#error(key.offset, "duplicate_key", message, "Remove one of the two.");
  }

  #setKey(frame: Frame, key: TreeScalar): void {
    frame.key = key;
    if (key.text === "") {
      const hint = "Give the key a name, or quote the value.";
      this.#error(key.offset, "bad_key", "a key is empty", hint);
    }
  }

  #complexKey(frame: Frame, node: TreeNode): void {
    if (node.kind === "scalar") {
      this.#setKey(frame, node);
      return;
    }
    const hint = "Quote the key if it holds brackets or braces.";
    this.#error(node.offset, "bad_key", `a ${node.kind} cannot be a key`, hint);
    this.#setKey(frame, { ...node, kind: "scalar", type: "string", text: "?" });
  }

  // Merged keys come first and own keys win, as in PyYAML; of several mappings the first one wins.
  #mergeEntries(frame: Frame): TreeMapping["entries"] {
    if (frame.merges.length === 0) return frame.entries.close();
    const merged = new Map<string, TreeEntry>();
    const sources = frame.merges.flatMap((one) =>
      one.kind === "list" ? [...one.items].reverse() : [one],
    );
    for (const one of sources) {
      if (one.kind !== "mapping") {
        const hint = "Write `<<: *name` with the anchor of a mapping.";
        this.#error(one.offset, "bad_merge", "only a mapping can be merged with `<<`", hint);
        continue;
      }
      this.#merged += one.entries.size;
      if (this.#merged > this.#limits.nodes) {
        this.#tooMany(frame.offset);
        return frame.entries;
      }
      for (const [name, entry] of one.entries) merged.set(name, entry);
    }
    for (const [name, entry] of frame.entries) merged.set(name, entry);
    return merged;
  }

  #checkSize(frame: Frame, offset: number): void {
    if (frame.size > this.#limits.nodes) {
      this.#tooMany(offset);
      return;
    }
    if (this.#frames.length + frame.height - 1 <= this.#limits.depth) return;
    const message = `values are nested more than ${this.#limits.depth} deep`;
    this.#error(offset, "too_deep", message, "Flatten the definition.");
    this.stopped = true;
  }

  #tooMany(offset: number): void {
    if (this.stopped) return;
    const message = `the file has more than ${this.#limits.nodes} values, aliases expanded`;
    this.#error(offset, "too_many_values", message, "Write less, or raise the limit.");
    this.stopped = true;
  }

  #error(offset: number, code: ProblemCode, message: string, hint: string): void {
    if (this.problems.length >= this.#limits.problems) this.stopped = true;
    else this.problems.push(problemAt({ source: this.#source, offset }, code, message, hint));
  }

  /** Keys and words come again in every step: each is kept once. */
  #once(text: string): string {
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    if (this.#words.size < MOST_WORDS) this.#words.set(text, text);
    return text;
  }

  #anchorName(event: { anchorStart: number; anchorEnd: number }): string | null {
    return event.anchorStart < 0 ? null : this.#slice(event.anchorStart, event.anchorEnd);
  }

  #scalarOffset(event: ScalarEvent, frame: Frame | undefined): number {
    if (event.tagStart >= 0) return event.tagStart;
    if (event.valueStart < 0) return frame?.key?.offset ?? frame?.offset ?? 0;
    if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED) {
      return event.valueStart - 1;
    }
    let at = event.valueStart;
    while (at < event.valueEnd && /\s/.test(this.#source.text[at] ?? "x")) at += 1;
    return at;
  }

  #slice(start: number, end: number): string {
    return this.#source.text.slice(start, end);
  }
}

const SCALAR_TAGS: ReadonlyMap<string, (text: string) => ScalarValue | null> = new Map([
  ["!", (text: string) => ({ type: "string", text }) as ScalarValue],
  ["!!str", (text: string) => ({ type: "string", text }) as ScalarValue],
  ["!!timestamp", (text: string) => ({ type: "string", text }) as ScalarValue],
  ["!!null", resolveNull],
  ["!!bool", resolveBoolean],
  ["!!int", resolveInteger],
  ["!!float", (text: string) => resolveFloat(text) ?? resolveFloat(`${text}.0`)],
]);

function shortTag(tag: string): string {
  return tag.replace(/^!<tag:yaml\.org,2002:(.*)>$/, "!!$1");
}
