// A PostgreSQL database as a place for rows: queries by cursor, writes in one transaction. Knows nothing of where rows come
// from or go to.

import pg, { type ClientConfig } from "pg";
import { StorageError, type StorageProblem } from "../ports/storage.ts";
import type {
  Cell,
  Column,
  RowStream,
  Rows,
  TableQuery,
  Tables,
  TableWrite,
} from "../ports/tables.ts";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { certificateProblem } from "./certificate-problem.ts";
import { codeOf, type Faults, faultsOf, saying } from "./fault.ts";
import {
  type CellReader,
  cellReader,
  copyText,
  type ServerColumn,
  type ServerType,
  sqlType,
  UnreadableCell,
} from "./postgres-cells.ts";
import { CopyIn } from "./postgres-copy.ts";
import { quotedName, quotedText, tableName } from "./postgres-names.ts";

type Definition = Extract<OpenableDatastore, { readonly type: "postgres" }>;

/** Dates, moments and bytes come in one form, whatever the server is set to. */
const SESSION = [
  "SET datestyle TO 'ISO, MDY'",
  "SET timezone TO 'UTC'",
  "SET intervalstyle TO 'iso_8601'",
  "SET bytea_output TO 'hex'",
  "SET extra_float_digits TO 1",
].join("; ");

const CONNECT_MS = 20_000;
/** Text of the rows that one fetch brings, about; the first brings few, because nothing is known of their size. */
const FETCH_BYTES = 2 << 20;
const FIRST_FETCH_ROWS = 100;
const MOST_FETCH_ROWS = 20_000;

export async function openPostgres(definition: Definition): Promise<Tables> {
  const { host, port, database, user, ssl, credentials } = definition;
  const address = `postgres://${host}:${port}/${database}`;
  const password = credentials.kind === "password" ? credentials.password : undefined;
  const fault = faultsOf(address, password === undefined ? [] : [password]);
  const settings: ClientConfig = {
    host,
    port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ssl,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: "stepwell",
    // All cells come as the texts that the server sends.
    types: { getTypeParser: () => (text: unknown) => text } as ClientConfig["types"],
  };
  const clients = new Set<pg.Client>();

  async function connect(signal: AbortSignal): Promise<pg.Client> {
    signal.throwIfAborted();
    const client = new pg.Client(settings);
    // Without a listener a connection that is cut while nobody asks would end the process.
    client.on("error", () => undefined);
    clients.add(client);
    try {
      await client.connect();
      await client.query(SESSION);
    } catch (error) {
      clients.delete(client);
      throw problem(error, fault);
    }
    return client;
  }

  async function leave(client: pg.Client): Promise<void> {
    clients.delete(client);
    await client.end().catch(() => undefined);
  }

  const session = { address, fault, connect, leave };
  return {
    address,
    query: (query, signal) => runQuery(session, sqlOf(query, fault), signal),
    write: (write, signal) => writeTable(session, write, signal),
    async close() {
      await Promise.all([...clients].map(leave));
    },
  };
}

interface Session {
  readonly fault: Faults;
  connect(signal: AbortSignal): Promise<pg.Client>;
  leave(client: pg.Client): Promise<void>;
}

function sqlOf(
  query: TableQuery,
  fault: Faults,
): { readonly text: string; readonly begin: string } {
  const steady = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  switch (query.kind) {
    case "query":
      return { text: query.text.trim().replace(/;\s*$/, ""), begin: steady };
    case "table":
      return { text: `SELECT * FROM ${named(query.name, fault)}`, begin: steady };
    case "procedure": {
      const words = query.parameters.map(({ name, value, type }) => {
        const cast = type === null ? "" : `::${typeName(type, fault)}`;
        return `${name === "" ? "" : `${quotedName(name)} => `}${quotedText(value)}${cast}`;
      });
      // A function may write: what it wrote stays when all of its rows have come.
      return {
        text: `SELECT * FROM ${named(query.name, fault)}(${words.join(", ")})`,
        begin: "BEGIN",
      };
    }
    default:
      return query satisfies never;
  }
}

function named(written: string, fault: Faults): string {
  const name = tableName(written);
  if (name !== null) return name;
  throw fault("bad_path", "", `\`${written}\` is not a name. Write table or schema.table`);
}

function typeName(written: string, fault: Faults): string {
  if (/^[A-Za-z_][\w .]*(\(\d+(,\d+)?\))?(\[\])?$/.test(written)) return written;
  throw fault("bad_path", "", `\`${written}\` is not a type`);
}

async function runQuery(
  { fault, connect, leave }: Session,
  { text, begin }: { readonly text: string; readonly begin: string },
  signal: AbortSignal,
): Promise<RowStream> {
  const client = await connect(signal);
  const stop = (): void => void leave(client);
  signal.addEventListener("abort", stop);
  const done = async (): Promise<void> => {
    signal.removeEventListener("abort", stop);
    await leave(client);
  };
  try {
    await client.query(begin);
    await client.query(cursorOf(text));
    const first = await fetch(client, FIRST_FETCH_ROWS);
    const readers = await readersOf(client, first.fields);
    const columns = first.fields.map(({ name }, index): Column => {
      return { name, type: (readers[index] as CellReader).type };
    });
    return { columns, rows: pieces({ client, readers, columns, first, fault, signal, done }) };
  } catch (error) {
    await done();
    signal.throwIfAborted();
    throw problem(error, fault);
  }
}

/** The extended protocol takes one statement: with a COMMIT behind the query, what follows could write. */
function cursorOf(query: string): pg.QueryConfig & { readonly queryMode: "extended" } {
  return { text: `DECLARE stepwell_rows NO SCROLL CURSOR FOR ${query}`, queryMode: "extended" };
}

type Fetched = pg.QueryArrayResult<(string | null)[]>;

function fetch(client: pg.Client, rows: number): Promise<Fetched> {
  return client.query({ text: `FETCH FORWARD ${rows} FROM stepwell_rows`, rowMode: "array" });
}

async function readersOf(
  client: pg.Client,
  fields: readonly ServerColumn[],
): Promise<readonly CellReader[]> {
  const ids = [...new Set(fields.map((field) => field.dataTypeID))];
  const found = await client.query<{ oid: string; typelem: string }>(
    `SELECT oid, typelem FROM pg_type WHERE typcategory = 'A' AND oid IN (${ids.join(",") || 0})`,
  );
  const types = new Map<number, ServerType>(
    found.rows.map(({ oid, typelem }) => [Number(oid), { element: Number(typelem) }]),
  );
  return fields.map((field) => cellReader(field, types));
}

interface Reading {
  readonly client: pg.Client;
  readonly readers: readonly CellReader[];
  readonly columns: readonly Column[];
  readonly first: Fetched;
  readonly fault: Faults;
  readonly signal: AbortSignal;
  done(): Promise<void>;
}

async function* pieces(reading: Reading): AsyncGenerator<Rows> {
  const { client, first, fault, signal, done } = reading;
  let before = 0;
  try {
    for (let piece = first; piece.rows.length > 0; ) {
      const rows = readRows(reading, piece.rows, before);
      before += rows.count;
      const next = fetchSize(piece.rows);
      yield rows;
      signal.throwIfAborted();
      piece = await fetch(client, next);
    }
    await client.query("COMMIT");
  } catch (error) {
    signal.throwIfAborted();
    throw problem(error, fault);
  } finally {
    await done();
  }
}

/** So many that about the same number of bytes comes each time. */
function fetchSize(rows: readonly (readonly (string | null)[])[]): number {
  let letters = 0;
  for (const row of rows) for (const cell of row) letters += (cell?.length ?? 0) + 8;
  const each = Math.max(1, letters / rows.length);
  return Math.max(1, Math.min(MOST_FETCH_ROWS, Math.floor(FETCH_BYTES / each)));
}

function readRows(
  { readers, columns, fault }: Reading,
  rows: readonly (readonly (string | null)[])[],
  before: number,
): Rows {
  const cells = readers.map((reader, column) =>
    rows.map((row, index): Cell => {
      const text = row[column] ?? null;
      if (text === null) return null;
      try {
        return reader.read(text);
      } catch (error) {
        if (!(error instanceof UnreadableCell)) throw error;
        const { name, type } = columns[column] as Column;
        const says = `column ${name}, row ${before + index + 1}: ${error.message}, as Parquet keeps a ${type.kind}. Cast it in the query: ${quotedName(name)}::text`;
        throw fault("failed", "", says);
      }
    }),
  );
  return { count: rows.length, cells };
}

async function writeTable(
  { fault, connect, leave }: Session,
  { table, mode, stream }: TableWrite,
  signal: AbortSignal,
): Promise<number> {
  const name = named(table, fault);
  const client = await connect(signal);
  const stop = (): void => void leave(client);
  signal.addEventListener("abort", stop);
  try {
    await client.query("BEGIN");
    const [found] = (await client.query(`SELECT to_regclass(${quotedText(name)}) AS oid`)).rows;
    const isThere = found?.oid !== null;
    if (isThere && mode === "create")
      throw fault(
        "exists",
        table,
        "the table is there already. Write write_mode: append or replace",
      );
    if (isThere && mode === "replace") await client.query(`TRUNCATE ${name}`);
    if (!isThere) {
      const made = stream.columns.map((one) => `${quotedName(one.name)} ${sqlType(one.type)}`);
      await client.query(`CREATE TABLE ${name} (${made.join(", ")})`);
    }
    const counted = { rows: 0 };
    const into = stream.columns.map((one) => quotedName(one.name)).join(", ");
    const copy = new CopyIn(`COPY ${name} (${into}) FROM STDIN`, lines(stream, counted, signal));
    client.query(copy);
    await copy.done;
    await client.query("COMMIT");
    return counted.rows;
  } catch (error) {
    signal.throwIfAborted();
    throw problem(error, fault);
  } finally {
    signal.removeEventListener("abort", stop);
    // Without a COMMIT before it, nothing of it was ever there.
    await leave(client);
  }
}

/** What one message of the copy holds, about. */
const COPY_BYTES = 1 << 16;

async function* lines(
  { columns, rows }: RowStream,
  counted: { rows: number },
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for await (const { count, cells } of rows) {
    let text = "";
    for (let row = 0; row < count; row += 1) {
      text += `${columns.map(({ type }, at) => copyText(cells[at]?.[row] ?? null, type)).join("\t")}\n`;
      if (text.length < COPY_BYTES) continue;
      signal.throwIfAborted();
      yield Buffer.from(text);
      text = "";
    }
    if (text !== "") yield Buffer.from(text);
    counted.rows += count;
  }
}

/** Errors of the server by their class, those of the line by Node's code; what is neither is somebody else's. */
function problem(error: unknown, fault: Faults): unknown {
  if (error instanceof StorageError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  const detail = { cause: error };
  if (error instanceof pg.DatabaseError) {
    // The only syntax that is found before the parser of statements is asked.
    if (code === "42601" && error.routine === "exec_parse_message")
      return fault("failed", "", "the query is more than one statement. Write one SELECT", detail);
    const hint = error.hint === undefined ? "" : ` (${error.hint})`;
    return fault(problemOf(code), "", `${saying(error)}${hint}`, detail);
  }
  const certificate = certificateProblem(error);
  if (certificate !== null) return fault("failed", "", certificate, detail);
  if (/^E[A-Z]+$/.test(code) || /timeout|terminated|Connection|SSL/i.test(error.message))
    return fault("unreachable", "", saying(error), detail);
  return error;
}

function problemOf(sqlState: string): StorageProblem {
  if (sqlState === "28P01" || sqlState.startsWith("28") || sqlState === "42501") return "denied";
  if (sqlState === "3D000") return "no_such_place";
  if (sqlState === "42P01") return "not_found";
  if (sqlState.startsWith("57P") || sqlState.startsWith("08")) return "unreachable";
  if (sqlState === "53300") return "busy";
  if (sqlState.startsWith("53")) return "full";
  return "failed";
}
