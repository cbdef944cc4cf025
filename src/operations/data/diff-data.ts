// What is different between two pieces of data wherever they lie: files of folders, and tables by their columns, rows and
// distributions.

import { createHash } from "node:crypto";
import { formatByName } from "../../tables/file-format.ts";
import type { ReadTable } from "../../tables/row-difference.ts";
import type { Value } from "../../tables/table.ts";
import { type TableDifference, tableDifference } from "../../tables/table-difference.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findData } from "./find-data.ts";
import { findTable, unlessUnreadable } from "./find-table.ts";
import { type DataFile, type OpenData, openData } from "./open-data.ts";
import { MLTABLE_FILE } from "./resolve-mltable.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

export interface DataDifference {
  readonly schema: 1;
  readonly before: string;
  readonly after: string;
  readonly same: boolean;
  /** Null unless both are folders. */
  readonly files: FileDifference | null;
  readonly tables: readonly ComparedTable[];
  /** Of files that are no tables. */
  readonly sizes: readonly [before: number, after: number];
  readonly notes: readonly string[];
}

export interface FileDifference {
  readonly added: readonly DataFile[];
  readonly removed: readonly DataFile[];
  readonly changed: readonly { readonly path: string; readonly sizes: readonly [number, number] }[];
  readonly unchanged: number;
}

export interface ComparedTable extends TableDifference {
  /** The file, or the first of several. */
  readonly file: string;
  readonly same: boolean;
}

export interface DiffOptions {
  /** Null: guessed. */
  readonly key: readonly string[] | null;
  /** Bytes of tables that are read; larger ones are said to be different and no more. Null: of any size. */
  readonly mostBytes: number | null;
}

export async function diffData(
  workspace: Workspace,
  words: readonly [before: string, after: string],
  { folder, ...options }: DiffOptions & { readonly folder: string },
): Promise<DataDifference | Refusal> {
  const opened: OpenData[] = [];
  try {
    for (const word of words) {
      const reference = await findData(workspace, word, folder);
      if (isRefusal(reference)) return reference;
      const data = await openData(workspace, reference);
      if (isRefusal(data)) return data;
      opened.push(data);
    }
    const [before, after] = opened as [OpenData, OpenData];
    return await diffOpened(workspace, before, after, options);
  } finally {
    for (const data of opened) await data.close();
  }
}

export function diffOpened(
  workspace: Workspace,
  before: OpenData,
  after: OpenData,
  options: DiffOptions,
): Promise<DataDifference | Refusal> {
  return unlessStorageFails(() =>
    unlessUnreadable(() => new Comparison(workspace, before, after, options).made()),
  );
}

/** Of one pair of folders so many tables are compared. */
const MOST_TABLES = 10;

class Comparison {
  readonly #workspace: Workspace;
  readonly #before: OpenData;
  readonly #after: OpenData;
  readonly #options: DiffOptions;
  readonly #notes: string[];

  constructor(workspace: Workspace, before: OpenData, after: OpenData, options: DiffOptions) {
    this.#workspace = workspace;
    this.#before = before;
    this.#after = after;
    this.#options = options;
    this.#notes = [...before.notes, ...after.notes];
  }

  async made(): Promise<DataDifference | Refusal> {
    const areFolders = this.#before.kind === "folder" && this.#after.kind === "folder";
    const files = areFolders ? await this.#files() : null;
    const isSame =
      files === null
        ? this.#before.kind === this.#after.kind && (await this.#sameFile())
        : files.added.length + files.removed.length + files.changed.length === 0;
    // An MLTable may lead to files that lie elsewhere.
    const tables = isSame && !this.#hasMlTable() ? [] : await this.#tables(files);
    if (isRefusal(tables)) return tables;
    if (!isSame && files === null && tables.length === 0 && this.#before.kind !== this.#after.kind)
      return refuse(
        "wrong_kind",
        `${this.#before.written} is a ${this.#before.kind}, ${this.#after.written} a ${this.#after.kind}, and they are no tables`,
        "compare files with files, and folders with folders",
      );
    const sizeOf = (data: OpenData): number =>
      data.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return {
      schema: 1,
      before: this.#before.written,
      after: this.#after.written,
      same: isSame && tables.every((table) => table.same),
      files,
      tables,
      sizes: [sizeOf(this.#before), sizeOf(this.#after)],
      notes: this.#notes,
    };
  }

  async #sameFile(): Promise<boolean> {
    const [left, right] = [this.#before.files[0], this.#after.files[0]] as [DataFile, DataFile];
    return this.#sameBytes(left, right);
  }

  async #sameBytes(left: DataFile, right: DataFile): Promise<boolean> {
    if (left.sizeBytes !== right.sizeBytes) return false;
    const digests = await Promise.all([digestOf(this.#before, left), digestOf(this.#after, right)]);
    return digests[0] === digests[1];
  }

  async #files(): Promise<FileDifference> {
    const old = new Map(this.#before.files.map((file) => [file.path, file]));
    const now = new Map(this.#after.files.map((file) => [file.path, file]));
    if (this.#before.isCut || this.#after.isCut)
      this.#notes.push("there are more files than were compared");
    const changed: FileDifference["changed"][number][] = [];
    let unchanged = 0;
    for (const [path, left] of old) {
      const right = now.get(path);
      if (right === undefined) continue;
      if (await this.#sameBytes(left, right)) unchanged += 1;
      else changed.push({ path, sizes: [left.sizeBytes, right.sizeBytes] });
    }
    return {
      added: [...now.values()].filter(({ path }) => !old.has(path)),
      removed: [...old.values()].filter(({ path }) => !now.has(path)),
      changed,
      unchanged,
    };
  }

  #hasMlTable(): boolean {
    return this.#before.files.some(({ path }) => path === MLTABLE_FILE);
  }

  /** The tables that both have under one name; else what is the table of each. */
  async #tables(files: FileDifference | null): Promise<readonly ComparedTable[] | Refusal> {
    const named = (files?.changed ?? []).filter(({ path }) => formatByName(path) !== null);
    if (named.length === 0 || this.#hasMlTable()) {
      const one = await this.#table(this.#before, this.#after);
      return one === null ? [] : isRefusal(one) ? one : [one];
    }
    const tables: ComparedTable[] = [];
    for (const { path } of named.slice(0, MOST_TABLES)) {
      const one = await this.#table(only(this.#before, path), only(this.#after, path));
      if (isRefusal(one)) this.#notes.push(`${path}: ${one.message}`);
      else if (one !== null) tables.push({ ...one, file: path });
    }
    if (named.length > MOST_TABLES)
      this.#notes.push(`${named.length - MOST_TABLES} more tables changed and were not compared`);
    return tables;
  }

  async #table(before: OpenData, after: OpenData): Promise<ComparedTable | Refusal | null> {
    const sides = { before, after };
    const first = await this.#open(before);
    if (first === null || isRefusal(first)) return first;
    await first.close();
    const second = await this.#open(after);
    if (second === null || isRefusal(second)) return second;
    await second.close();
    const { mostBytes, key } = this.#options;
    const sizes = [before, after].flatMap(({ files }) => files.map(({ sizeBytes }) => sizeBytes));
    if (mostBytes !== null && sizes.reduce((sum, size) => sum + size, 0) > mostBytes) {
      this.#notes.push(`${second.from} is too large to be compared here: stepwell data diff`);
      return null;
    }
    const noted = new Set<string>();
    const read: ReadTable = async (side, each) => {
      const found = await this.#open(sides[side]);
      if (found === null || isRefusal(found)) throw new Error("the table is gone");
      try {
        for await (const rows of found.table.rows) each(found.table, rows);
        // Columns that have no row are columns.
        each(found.table, []);
      } finally {
        await found.close();
      }
      for (const note of found.table.findings.notes()) noted.add(`${side}: ${note}`);
    };
    const found = await unlessUnreadable(() => tableDifference(read, key));
    if (isRefusal(found)) return found;
    this.#notes.push(...noted);
    return { file: second.from, same: isSame(found), ...plain(found) };
  }

  #open(data: OpenData): ReturnType<typeof findTable> {
    return findTable(this.#workspace, data, { most: null, joined: true });
  }
}

async function digestOf(data: OpenData, file: DataFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of data.open(file).stream()) hash.update(piece);
  return hash.digest("hex");
}

/** One file of a folder as if it were all. */
function only(data: OpenData, path: string): OpenData {
  return { ...data, kind: "file", files: data.files.filter((file) => file.path === path) };
}

function isSame({ columns, rows }: TableDifference): boolean {
  const { added, removed, changed } = columns;
  if (added.length + removed.length + changed.length > 0) return false;
  return rows === null || rows.added + rows.removed + rows.changed === 0;
}

/** As JSON holds it. */
function plain(found: TableDifference): TableDifference {
  const text = JSON.stringify(found, (_, value: Value | object) => {
    if (typeof value === "bigint") return String(value);
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  });
  return JSON.parse(text) as TableDifference;
}
