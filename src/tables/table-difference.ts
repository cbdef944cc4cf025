// What is different between two tables: columns and their types, rows by a key, and how far the values of each column moved.
// Knows no file.

import { type Shift, shiftOf } from "./distribution-shift.ts";
import { type ReadTable, type RowDifference, rowDifference } from "./row-difference.ts";
import type { ColumnKind, TableColumn } from "./table.ts";
import { type ColumnValues, TableProfile } from "./table-profile.ts";
import { UnreadableTable } from "./unreadable-table.ts";
import { widerKind } from "./value-kind.ts";

export interface TableDifference {
  readonly columns: {
    readonly added: readonly TableColumn[];
    readonly removed: readonly TableColumn[];
    readonly changed: readonly {
      readonly name: string;
      readonly before: ColumnKind | null;
      readonly after: ColumnKind | null;
    }[];
  };
  readonly rowCounts: readonly [before: number, after: number];
  readonly key: readonly string[];
  /** `none`: no column is unique in both, so rows are compared as a whole. */
  readonly keyFrom: "given" | "guessed" | "none";
  /** Null: the tables have no column in common. */
  readonly rows: RowDifference | null;
  /** Of the columns that both have. */
  readonly shifts: readonly Shift[];
}

export async function tableDifference(
  read: ReadTable,
  given: readonly string[] | null,
): Promise<TableDifference> {
  const before = await profiled(read, "before");
  const after = await profiled(read, "after");
  const common = before.columns.flatMap((left) => {
    const right = after.columns.find(({ name }) => name === left.name);
    return right === undefined ? [] : [{ left, right }];
  });
  const wrong = given?.find((name) => !common.some(({ left }) => left.name === name));
  if (wrong !== undefined) {
    const both = common.slice(0, 12).map(({ left }) => left.name);
    const are = both.length === 0 ? "none is" : `in both are ${both.join(", ")}`;
    throw new UnreadableTable(`no column ${wrong} is in both tables; ${are}`);
  }
  const columns = common.map(({ left, right }) => ({
    name: left.name,
    kind: right.kind === null ? left.kind : widerKind(left.kind, right.kind),
  }));
  const counts = [before.rows, after.rows] as const;
  const compare = (key: readonly string[]): Promise<RowDifference> =>
    rowDifference({ read, columns, key, rows: Math.max(...counts) });
  const sets = { columns: columnsOf(before, after), rowCounts: counts };
  const shifts = common.flatMap(
    ({ left, right }) => shiftOf(left, right, { before: before.rows, after: after.rows }) ?? [],
  );
  if (columns.length === 0) return { ...sets, key: [], keyFrom: "none", rows: null, shifts };
  if (given !== null)
    return { ...sets, key: given, keyFrom: "given", rows: await compare(given), shifts };
  for (const name of likelyKeys(common, counts)) {
    const rows = await compare([name]);
    const isUnique = rows.repeated.before + rows.repeated.after === 0;
    if (isUnique) return { ...sets, key: [name], keyFrom: "guessed", rows, shifts };
  }
  return { ...sets, key: [], keyFrom: "none", rows: await compare([]), shifts };
}

async function profiled(read: ReadTable, side: "before" | "after"): Promise<TableProfile> {
  let profile: TableProfile | null = null;
  await read(side, (table, rows) => {
    profile ??= new TableProfile(table);
    profile.add(rows);
  });
  return profile ?? new TableProfile({ columns: [], isTextual: false });
}

function columnsOf(before: TableProfile, after: TableProfile): TableDifference["columns"] {
  const shown = ({ name, kind }: ColumnValues): TableColumn => ({ name, type: kind });
  const old = new Map(before.columns.map((column) => [column.name, column]));
  const now = new Map(after.columns.map((column) => [column.name, column]));
  return {
    added: after.columns.filter(({ name }) => !old.has(name)).map(shown),
    removed: before.columns.filter(({ name }) => !now.has(name)).map(shown),
    changed: before.columns.flatMap(({ name, kind }) => {
      const right = now.get(name);
      // Where there is no row, a text does not say what it would be.
      const isUnknown =
        (kind === null && before.rows === 0) || (right?.kind === null && after.rows === 0);
      const isSame = right === undefined || right.kind === kind || isUnknown;
      return isSame ? [] : [{ name, before: kind, after: right.kind }];
    }),
  };
}

const TRIED = 3;

/** Those that are unique in both, or seem to be; such as are named like a key first. A measure is no key. */
function likelyKeys(
  common: readonly { readonly left: ColumnValues; readonly right: ColumnValues }[],
  [before, after]: readonly [number, number],
): readonly string[] {
  const isUnique = ({ kind, nulls, counts }: ColumnValues, rows: number): boolean => {
    if (kind === "number" || kind === "boolean" || kind === "json" || nulls > 0) return false;
    return counts.isExact ? counts.distinct() === rows : counts.distinct() > 0.95 * rows;
  };
  const found = common.filter(
    ({ left, right }) => isUnique(left, before) && isUnique(right, after),
  );
  const rank = (name: string): number =>
    /(?:^|[_.-])(?:id|key|uuid|guid)$|[a-z]Id$/i.test(name) ? 0 : 1;
  return found
    .map(({ left }) => left.name)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, TRIED);
}
