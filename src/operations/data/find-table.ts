// Finds the table in data: the file itself, what an MLTable file describes, or the tables of a folder. Knows nothing of what
// is done with it.

import path from "node:path";
import { DATA_REFERENCE_FORMS, parseDataReference } from "../../spec/data-reference.ts";
import { loadMlTable } from "../../spec/mltable/load-mltable.ts";
import type { MlTablePath } from "../../spec/mltable/mltable.ts";
import { type FileFormat, fileFormat, formatByName } from "../../tables/file-format.ts";
import { joinedParts, type TableFile } from "../../tables/mltable-files.ts";
import { mlTable } from "../../tables/mltable-table.ts";
import { openTable } from "../../tables/open-table.ts";
import { Findings, type Table } from "../../tables/table.ts";
import { UnreadableTable } from "../../tables/unreadable-table.ts";
import { isRefusal, type Refusal, refuse, refuseInvalid } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { globExpression } from "./glob-expression.ts";
import { type DataFile, type OpenData, openData } from "./open-data.ts";
import { MLTABLE_FILE } from "./resolve-mltable.ts";

export interface FoundTable {
  readonly table: Table;
  /** The file that it stands in, the first of several, or the MLTable file. */
  readonly from: string;
  readonly format: "csv" | "json_lines" | "parquet" | "mltable";
  /** Files that it is made of. */
  readonly files: number;
  bytesRead(): number;
  close(): Promise<void>;
}

interface Wish {
  /** Rows that are wanted; null: all. */
  readonly most: number | null;
  /** False: of a folder of like tables the first alone. */
  readonly joined: boolean;
}

/** Null: there is no table in it. */
export async function findTable(
  workspace: Workspace,
  data: OpenData,
  wish: Wish,
): Promise<FoundTable | Refusal | null> {
  return unlessUnreadable(async () => {
    if (data.files.some(({ path: at }) => at === MLTABLE_FILE) && data.kind === "folder")
      return readMlTable(workspace, data);
    const tables = await tablesIn(data, wish.joined ? MOST_JOINED : 1);
    const [first] = tables;
    if (first === undefined) return null;
    const sources = tables.map(({ file }) => ({ path: file.path, source: data.open(file) }));
    const findings = new Findings();
    const one = sources[0] as TableFile;
    const table =
      sources.length === 1
        ? await openTable(one.source, first.format, findings, wish.most)
        : await joinedParts(sources, findings);
    return { table, from: first.file.path, format: first.format, ...readOf(sources, []) };
  });
}

/** Turns what a file is not into a refusal. */
export async function unlessUnreadable<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnreadableTable)
      return refuse("not_a_table", error.message, "correct the file, or name another one", 1);
    throw error;
  }
}

function readOf(
  sources: readonly TableFile[],
  others: readonly OpenData[],
): Pick<FoundTable, "files" | "bytesRead" | "close"> {
  return {
    files: sources.length,
    bytesRead: () => sources.reduce((sum, { source }) => sum + source.bytesRead(), 0),
    close: async () => {
      for (const other of others) await other.close();
    },
  };
}

const MOST_JOINED = 10_000;
/** Names without an ending are looked into, and not many of them. */
const MOST_LOOKED_INTO = 20;

interface TableIn {
  readonly file: DataFile;
  readonly format: NonNullable<ReturnType<typeof formatByName>>;
}

/** The first table with those of its kind beside it, by their names; else the first file that looks like one. */
async function tablesIn(data: OpenData, most: number): Promise<readonly TableIn[]> {
  const files = data.files.filter(({ path: at, sizeBytes }) => sizeBytes > 0 && !isHidden(at));
  if (data.kind === "folder") {
    const named = files.flatMap((file): TableIn[] => {
      const format = formatByName(file.path);
      return format === null ? [] : [{ file, format }];
    });
    const [first] = named;
    if (first !== undefined) {
      const folder = path.posix.dirname(first.file.path);
      const ending = path.posix.extname(first.file.path);
      const isLike = ({ path: at }: DataFile): boolean =>
        path.posix.extname(at) === ending && path.posix.dirname(at) === folder;
      return named.filter(({ file }) => isLike(file)).slice(0, most);
    }
  }
  for (const file of files.slice(0, MOST_LOOKED_INTO)) {
    const found = await fileFormat(data.open(file));
    if (found.kind === "table") return [{ file, format: found.format }];
  }
  return [];
}

/** `_SUCCESS`, `.crc`: what programs write beside their tables. */
function isHidden(at: string): boolean {
  return at.split("/").some((part) => part.startsWith("_") || part.startsWith("."));
}

/** What the one file of data is; null where it is a folder. */
export async function formatOf(data: OpenData): Promise<FileFormat | null> {
  const [file] = data.files;
  return data.kind === "file" && file !== undefined ? fileFormat(data.open(file)) : null;
}

const MOST_MLTABLE_BYTES = 1 << 20;

async function readMlTable(workspace: Workspace, data: OpenData): Promise<FoundTable | Refusal> {
  const file = data.files.find(({ path: at }) => at === MLTABLE_FILE) as DataFile;
  const bytes = await data.open(file).read(0, MOST_MLTABLE_BYTES);
  const { table, problems } = loadMlTable(Buffer.from(bytes).toString("utf8"), MLTABLE_FILE);
  if (table === null) return refuseInvalid(problems);
  const files: TableFile[] = [];
  const others: OpenData[] = [];
  const close = async (): Promise<void> => {
    for (const other of others) await other.close();
  };
  for (const one of table.paths) {
    const found = await filesOf(workspace, data, one, others);
    if (isRefusal(found)) {
      await close();
      return found;
    }
    files.push(...found);
  }
  const findings = new Findings();
  const made = await mlTable(table, files, findings);
  return { table: made, from: MLTABLE_FILE, format: "mltable", ...readOf(files, others) };
}

async function filesOf(
  workspace: Workspace,
  data: OpenData,
  { kind, text }: MlTablePath,
  others: OpenData[],
): Promise<readonly TableFile[] | Refusal> {
  const inside = path.posix.normalize(text.replace(/^file:(?:\/\/(?=\/))?/, ""));
  const isBelow =
    !/^[a-z][a-z0-9+.-]*:/i.test(inside) && !inside.startsWith("/") && !inside.startsWith("..");
  const { base, rest } = isBelow ? { base: "", rest: inside } : splitPattern(kind, text);
  const opened = isBelow ? data : await openOther(workspace, data, base);
  if (isRefusal(opened)) return opened;
  if (!isBelow) others.push(opened);
  const wanted = isBelow || kind === "pattern" ? rest : ".";
  const chosen = opened.files.filter(({ path: at, sizeBytes }) =>
    opened.kind === "file" ? true : sizeBytes > 0 && isMeant(kind, wanted, at),
  );
  if (chosen.length === 0)
    return refuse("missing_path", `${MLTABLE_FILE} names ${text}, and there is nothing there`);
  const at = opened.kind === "folder" ? `${opened.written.replace(/\/+$/, "")}/` : "";
  return chosen.map((file) => ({ path: `${at}${file.path}`, source: opened.open(file) }));
}

function isMeant(kind: MlTablePath["kind"], wanted: string, at: string): boolean {
  if (at === MLTABLE_FILE) return false;
  if (kind === "pattern") return globExpression(wanted).test(at);
  if (kind === "file") return at === wanted || wanted === ".";
  const folder = wanted.replace(/\/+$/, "");
  return (folder === "." || at.startsWith(`${folder}/`)) && !isHidden(at);
}

function splitPattern(
  kind: MlTablePath["kind"],
  text: string,
): { readonly base: string; readonly rest: string } {
  if (kind !== "pattern") return { base: text, rest: "." };
  const wild = text.search(/[*?[{]/);
  const cut = wild === -1 ? text.length : text.lastIndexOf("/", wild) + 1;
  return { base: text.slice(0, cut), rest: text.slice(cut) };
}

/** Relative ones start from the MLTable file's folder, which has to be one of this machine. */
async function openOther(
  workspace: Workspace,
  data: OpenData,
  text: string,
): Promise<OpenData | Refusal> {
  const parsed = parseDataReference(text, data.folder ?? "/");
  if ("mistake" in parsed)
    return refuse("bad_data_reference", `${MLTABLE_FILE}: ${parsed.mistake}`, DATA_REFERENCE_FORMS);
  const isRelative = parsed.reference.kind === "local" && !path.isAbsolute(text);
  if (data.folder === null && isRelative)
    return refuse(
      "path_leaves_datastore",
      `${MLTABLE_FILE} names ${text}, which leaves its folder`,
    );
  return openData(workspace, parsed.reference);
}
