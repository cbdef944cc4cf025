// Reads an MLTable file by the subset that Stepwell knows, with the place of every mistake. What it does not know is an error
// and never passed over: a table with a transformation left out is another table.

import { namesInWords, suggestion } from "../did-you-mean.ts";
import { SPEC_LIMITS } from "../limits.ts";
import type { Problem } from "../problem.ts";
import { type Place, problemAt } from "../problem-at.ts";
import type { ProblemCode } from "../problem-codes.ts";
import { readMapping } from "../read-tree.ts";
import { get, getSet, getText, isNull, type TreeMapping, type TreeNode, textOf } from "../tree.ts";
import { parseFilter } from "./filter-expression.ts";
import type {
  ColumnType,
  Header,
  MlTable,
  MlTablePath,
  TextEncoding,
  Transformation,
} from "./mltable.ts";

/** Reads the text of an MLTable file. Null when any problem is an error. */
export function loadMlTable(
  text: string,
  file: string,
): { readonly table: MlTable | null; readonly problems: readonly Problem[] } {
  const { root, problems: syntax } = readMapping(text, file, SPEC_LIMITS);
  if (root === null) return { table: null, problems: syntax };
  const reader = new MlTableReader([...syntax]);
  const table = reader.read(root);
  const { problems } = reader;
  const failed = problems.some((problem) => problem.severity === "error");
  return { table: failed ? null : table, problems };
}

const KEYS: ReadonlySet<string> = new Set([
  "$schema",
  "type",
  "paths",
  "transformations",
  "metadata",
  "name",
  "version",
  "description",
  "tags",
]);

const HEADERS: readonly Header[] = [
  "no_header",
  "from_first_file",
  "all_files_same_headers",
  "all_files_different_headers",
];

const ENCODINGS: readonly TextEncoding[] = [
  "utf8",
  "utf8bom",
  "ascii",
  "utf16",
  "iso88591",
  "latin1",
  "windows1252",
];

class MlTableReader {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    this.problems = problems;
  }

  read(root: TreeMapping): MlTable {
    for (const [key, { key: place }] of root.entries)
      if (!KEYS.has(key)) this.#unknown(place, key, [...KEYS], "an MLTable file");
    const type = this.#text(root, "type");
    if (type !== null && type !== "mltable")
      this.#report(
        get(root, "type"),
        "unknown_value",
        `\`type\` must be \`mltable\`, not \`${type}\``,
      );
    return { paths: this.#paths(root), transformations: this.#transformations(root) };
  }

  #paths(root: TreeMapping): readonly MlTablePath[] {
    const list = getSet(root, "paths");
    if (list?.kind !== "list" || list.items.length === 0) {
      const hint = "Write `paths: [{file: ./data.csv}]`.";
      this.#report(list ?? root, "missing_field", "an MLTable file needs `paths`", hint);
      return [];
    }
    return list.items.flatMap((item): MlTablePath[] => {
      for (const kind of ["file", "folder", "pattern"] as const) {
        const text = getText(item, kind);
        if (text !== null && text !== "") return [{ kind, text }];
      }
      const hint = "Write `file: …`, `folder: …` or `pattern: …`.";
      this.#report(item, "wrong_type", "an entry of `paths` names no place", hint);
      return [];
    });
  }

  #transformations(root: TreeMapping): readonly Transformation[] {
    const list = getSet(root, "transformations");
    if (list === null || isNull(list)) return [];
    if (list.kind !== "list") {
      this.#report(list, "wrong_type", "`transformations` must be a list");
      return [];
    }
    const read = list.items.flatMap((item) => this.#transformation(item) ?? []);
    const readers = list.items.filter((_, index) => read[index]?.kind.startsWith("read_"));
    if (readers.length > 1)
      this.#report(readers[1] ?? null, "wrong_type", "a table is read in one way: one `read_…`");
    return read;
  }

  /** `- take: 5`, or `- read_parquet` alone. */
  #transformation(item: TreeNode): Transformation | null {
    const bare = textOf(item);
    const [entry] = item.kind === "mapping" ? [...item.entries] : [];
    const name = bare ?? entry?.[0] ?? "";
    const settings = entry?.[1].value ?? null;
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (read !== undefined) return read(this, settings, item);
    const place = entry?.[1].key ?? item;
    if (item.kind === "mapping" && item.entries.size !== 1)
      this.#report(item, "wrong_type", "an entry of `transformations` has one key");
    else this.#unknown(place, name, Object.keys(READERS), "a transformation that can be read here");
    return null;
  }

  delimited(settings: TreeNode | null): Transformation {
    const known = ["delimiter", "encoding", "header", "empty_as_string", "support_multi_line"];
    this.#known(settings, [...known, "infer_column_types", "include_path_column", "path_column"]);
    const delimiter = this.#text(settings, "delimiter") ?? ",";
    if (delimiter.length !== 1 && delimiter !== "\\t")
      this.#report(get(settings, "delimiter"), "wrong_type", "a delimiter is one character");
    return {
      kind: "read_delimited",
      delimiter: delimiter === "\\t" ? "\t" : delimiter,
      encoding: this.#word(settings, "encoding", ENCODINGS, "utf8"),
      header: this.#word(settings, "header", HEADERS, "all_files_same_headers"),
      emptyAsString: this.#flag(settings, "empty_as_string", false),
      supportMultiLine: this.#flag(settings, "support_multi_line", false),
      inferColumnTypes: this.#flag(settings, "infer_column_types", true),
      pathColumn: this.#pathColumn(settings),
    };
  }

  parquet(settings: TreeNode | null): Transformation {
    this.#known(settings, ["include_path_column", "path_column"]);
    return { kind: "read_parquet", pathColumn: this.#pathColumn(settings) };
  }

  jsonLines(settings: TreeNode | null): Transformation {
    this.#known(settings, ["encoding", "invalid_lines", "include_path_column", "path_column"]);
    return {
      kind: "read_json_lines",
      encoding: this.#word(settings, "encoding", ENCODINGS, "utf8"),
      invalidLines: this.#word(settings, "invalid_lines", ["error", "drop"] as const, "error"),
      pathColumn: this.#pathColumn(settings),
    };
  }

  columns(
    kind: "keep_columns" | "drop_columns",
    settings: TreeNode | null,
    item: TreeNode,
  ): Transformation {
    const columns = this.#names(settings);
    if (columns.length === 0)
      this.#report(settings ?? item, "wrong_type", `\`${kind}\` names no columns`);
    return { kind, columns };
  }

  filter(settings: TreeNode | null, item: TreeNode): Transformation | null {
    const text = settings === null ? null : textOf(settings);
    const expression = text === null ? { mistake: "it is no text" } : parseFilter(text);
    if (!("mistake" in expression)) return { kind: "filter", expression };
    const hint = 'Write comparisons such as `col("age") > 30 and col("country") == "UK"`.';
    this.#report(
      settings ?? item,
      "bad_filter",
      `the filter cannot be read: ${expression.mistake}`,
      hint,
    );
    return null;
  }

  count(kind: "take" | "skip", settings: TreeNode | null, item: TreeNode): Transformation {
    const count = settings === null ? null : numberIn(settings);
    if (count === null || !Number.isSafeInteger(count) || count < 0)
      this.#report(settings ?? item, "wrong_type", `\`${kind}\` needs a whole number of rows`);
    return { kind, count: count ?? 0 };
  }

  sample(settings: TreeNode | null, item: TreeNode): Transformation {
    this.#known(settings, ["probability", "seed"]);
    const given = getSet(settings, "probability");
    const probability = (given === null ? null : numberIn(given)) ?? Number.NaN;
    if (!(probability >= 0 && probability <= 1))
      this.#report(settings ?? item, "out_of_range", "`probability` must be from 0 to 1");
    const written = getSet(settings, "seed");
    const seed = written === null ? null : numberIn(written);
    if (written !== null && !Number.isSafeInteger(seed))
      this.#report(written, "wrong_type", "`seed` must be a whole number");
    return { kind: "take_random_sample", probability, seed };
  }

  types(settings: TreeNode | null, item: TreeNode): Transformation {
    const entries = settings?.kind === "list" ? settings.items : [];
    if (entries.length === 0)
      this.#report(
        settings ?? item,
        "wrong_type",
        "`convert_column_types` must be a list of columns",
      );
    return {
      kind: "convert_column_types",
      columns: entries.flatMap((one) => this.#columnType(one) ?? []),
    };
  }

  #columnType(entry: TreeNode): ColumnType | null {
    if (!this.#known(entry, ["columns", "column_type"])) return null;
    const columns = this.#names(getSet(entry, "columns"));
    const written = getSet(entry, "column_type");
    const [settings] = written?.kind === "mapping" ? [...written.entries] : [];
    const name = written === null ? "" : (textOf(written) ?? settings?.[0] ?? "");
    const type = TYPES.get(name);
    if (columns.length === 0) {
      const hint = "Write `columns` and `column_type`.";
      this.#report(entry, "missing_field", "a conversion of columns names none in `columns`", hint);
      return null;
    }
    if (type === undefined) {
      const hint = `Write \`columns\` and \`column_type\`: one of ${namesInWords([...new Set(TYPES.keys())])}.`;
      if (name === "") this.#report(entry, "missing_field", "it has no `column_type`", hint);
      else this.#report(written, "unknown_value", `\`${name}\` is not a type of column`, hint);
      return null;
    }
    const more = settings?.[1].value ?? null;
    const formats = type === "datetime" ? this.#names(getSet(more, "formats")) : [];
    return { columns, type, formats, words: type === "boolean" ? this.#booleanWords(more) : null };
  }

  #booleanWords(settings: TreeNode | null): ColumnType["words"] {
    const [falses, trues] = ["false_values", "true_values"].map((key) =>
      this.#names(getSet(settings, key)),
    );
    if (!falses?.length && !trues?.length) return null;
    return { falses: falses ?? [], trues: trues ?? [] };
  }

  partitions(settings: TreeNode | null, item: TreeNode): Transformation {
    this.#known(settings, ["partition_format"]);
    const format = getText(settings, "partition_format") ?? "";
    if (!/\{[^{}]+\}/.test(format)) {
      const hint = "Write a path with columns in it: `/{year}/{country}/*.csv`.";
      this.#report(settings ?? item, "wrong_type", "`partition_format` names no column", hint);
    }
    return { kind: "extract_columns_from_partition_format", format };
  }

  #pathColumn(settings: TreeNode | null): string | null {
    const name = this.#text(settings, "path_column");
    if (name !== null) return name;
    return this.#flag(settings, "include_path_column", false) ? "Path" : null;
  }

  /** False where something in them cannot be read, which is reported. */
  #known(settings: TreeNode | null, keys: readonly string[]): boolean {
    if (settings === null || isNull(settings)) return true;
    if (settings.kind !== "mapping") {
      this.#report(settings, "wrong_type", "settings of a transformation must be a mapping");
      return false;
    }
    const unknown = [...settings.entries].filter(([key]) => !keys.includes(key));
    for (const [key, { key: place }] of unknown)
      this.#unknown(place, key, keys, "a setting that can be read here");
    return unknown.length === 0;
  }

  /** The text of a setting; null where there is none, and after reporting that it is none. */
  #text(settings: TreeNode | null, key: string): string | null {
    const value = getSet(settings, key);
    if (value !== null && value.kind !== "scalar")
      this.#report(value, "wrong_type", `\`${key}\` must be a single value`);
    return value === null ? null : textOf(value);
  }

  #names(node: TreeNode | null): readonly string[] {
    if (node === null || isNull(node)) return [];
    const nodes = node.kind === "list" ? node.items : [node];
    const wrong = nodes.find((one) => textOf(one) === null);
    if (wrong !== undefined) this.#report(wrong, "wrong_type", "a name must be a text");
    return nodes.flatMap((one) => textOf(one) ?? []);
  }

  #word<T extends string>(
    settings: TreeNode | null,
    key: string,
    words: readonly T[],
    usual: T,
  ): T {
    const text = this.#text(settings, key);
    if (text === null) return usual;
    const plain = key === "encoding" ? text.toLowerCase().replaceAll(/[-_ ]/g, "") : text;
    const found = words.find((word) => word === plain);
    if (found !== undefined) return found;
    const hint = `Use one of ${namesInWords([...words])}.`;
    this.#report(get(settings, key), "unknown_value", `\`${key}\` cannot be \`${text}\``, hint);
    return usual;
  }

  #flag(settings: TreeNode | null, key: string, usual: boolean): boolean {
    const text = this.#text(settings, key);
    if (text === null) return usual;
    if (!/^(?:true|false)$/i.test(text))
      this.#report(get(settings, key), "wrong_type", `\`${key}\` must be true or false`);
    return text.toLowerCase() === "true";
  }

  #unknown(place: Place, name: string, known: readonly string[], what: string): void {
    const hint = suggestion(name, known, `Known: ${namesInWords([...known])}.`);
    this.#report(place, "unknown_key", `\`${name}\` is not ${what}`, hint);
  }

  #report(
    place: Place | null,
    code: ProblemCode,
    message: string,
    hint: string | null = null,
  ): void {
    this.problems.push(problemAt(place, code, message, hint));
  }
}

/** Null for what YAML does not read as a number. */
function numberIn(node: TreeNode): number | null {
  const isNumber = node.kind === "scalar" && (node.type === "integer" || node.type === "number");
  return isNumber ? Number(node.text) : null;
}

type Read = (
  reader: MlTableReader,
  settings: TreeNode | null,
  item: TreeNode,
) => Transformation | null;

const READERS: Readonly<Record<string, Read>> = {
  read_delimited: (reader, settings) => reader.delimited(settings),
  read_parquet: (reader, settings) => reader.parquet(settings),
  read_json_lines: (reader, settings) => reader.jsonLines(settings),
  keep_columns: (reader, settings, item) => reader.columns("keep_columns", settings, item),
  drop_columns: (reader, settings, item) => reader.columns("drop_columns", settings, item),
  filter: (reader, settings, item) => reader.filter(settings, item),
  take: (reader, settings, item) => reader.count("take", settings, item),
  skip: (reader, settings, item) => reader.count("skip", settings, item),
  take_random_sample: (reader, settings, item) => reader.sample(settings, item),
  convert_column_types: (reader, settings, item) => reader.types(settings, item),
  extract_columns_from_partition_format: (reader, settings, item) =>
    reader.partitions(settings, item),
};

const TYPES: ReadonlyMap<string, ColumnType["type"]> = new Map([
  ["string", "string"],
  ["int", "int"],
  ["long", "int"],
  ["float", "float"],
  ["double", "float"],
  ["boolean", "boolean"],
  ["datetime", "datetime"],
]);
