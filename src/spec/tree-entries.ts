// The keys and values of one mapping in little room: a definition of 100,000 steps has half a million mappings of a few
// keys each, for which a Map takes four times as much. Knows nothing of what the keys mean.

import type { TreeEntry, TreeNode, TreeScalar, TreeSource } from "./tree.ts";

/** A key as it was written, and its value; the key becomes a node of its own when somebody asks for its place. */
export class WrittenEntry implements TreeEntry {
  readonly name: string;
  readonly value: TreeNode;
  readonly #source: TreeSource;
  readonly #offset: number;

  constructor(name: string, offset: number, source: TreeSource, value: TreeNode) {
    this.name = name;
    this.value = value;
    this.#source = source;
    this.#offset = offset;
  }

  get key(): TreeScalar {
    const { name: text } = this;
    return { kind: "scalar", type: "string", text, source: this.#source, offset: this.#offset };
  }
}

/** Up to here looking at each key is as quick as an index. */
const FEW = 8;

/** In the order in which they were added. */
export class TreeEntries implements ReadonlyMap<string, TreeEntry> {
  #list: WrittenEntry[] = [];
  #index: Map<string, WrittenEntry> | null = null;

  get size(): number {
    return this.#list.length;
  }

  /** Adds nothing and gives the earlier one where the key is there already. */
  add(entry: WrittenEntry): TreeEntry | null {
    const earlier = this.get(entry.name);
    if (earlier !== undefined) return earlier;
    this.#list.push(entry);
    this.#index?.set(entry.name, entry);
    return null;
  }

  /** Nothing is added any more: gives back the room that was kept for it. */
  close(): this {
    this.#list = this.#list.slice();
    return this;
  }

  get(name: string): TreeEntry | undefined {
    const list = this.#list;
    if (list.length > FEW) {
      this.#index ??= new Map(list.map((one) => [one.name, one]));
      return this.#index.get(name);
    }
    for (let at = 0; at < list.length; at += 1) if (list[at]?.name === name) return list[at];
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  forEach(
    visit: (entry: TreeEntry, name: string, map: ReadonlyMap<string, TreeEntry>) => void,
  ): void {
    for (const one of this.#list) visit(one, one.name, this);
  }

  keys(): MapIterator<string> {
    return this.#list.map(({ name }) => name).values();
  }

  values(): MapIterator<TreeEntry> {
    return this.#list.values();
  }

  entries(): MapIterator<[string, TreeEntry]> {
    return this.#list.map((one): [string, TreeEntry] => [one.name, one]).values();
  }

  [Symbol.iterator](): MapIterator<[string, TreeEntry]> {
    return this.entries();
  }
}
