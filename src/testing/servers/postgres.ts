// Starts a PostgreSQL of its own for a test file: one user with a password, no durability. It refuses to run as root, so it
// runs as the user postgres there.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import pg from "pg";
import { afterAll } from "vitest";
import type { OpenableDatastore } from "../../spec/datastore.ts";
import { type MissingServer, START_MS, startServer } from "./server-process.ts";

const FOLDERS = "/usr/lib/postgresql";
const USER = "tester";
const PASSWORD = "pg+secret/word=1";

export interface PostgresServer {
  readonly definition: Extract<OpenableDatastore, { readonly type: "postgres" }>;
  readonly port: number;
  /** Runs statements as the user, past what is tested. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
}

export async function startPostgres(): Promise<PostgresServer | MissingServer> {
  const bin = programs();
  if (bin === null)
    return { missing: "PostgreSQL's initdb is not installed (apt-get install postgresql)" };
  const as = process.getuid?.() === 0 ? postgresUser() : [];
  if (as === null) return { missing: "there is no user postgres to run PostgreSQL as" };
  const running = await startServer({
    program: as[0] ?? path.join(bin, "postgres"),
    words: (free, folder) => {
      const data = initialise(bin, as, folder);
      const server = [`-D${data}`, `-p${free}`, "-c", "listen_addresses=127.0.0.1"];
      const quick = ["-c", `unix_socket_directories=${folder}/data`, "-c", "fsync=off"];
      const words = [...server, ...quick];
      return as.length === 0 ? words : [...as.slice(1), path.join(bin, "postgres"), ...words];
    },
  });
  const { port } = running;
  const definition = {
    type: "postgres",
    host: "127.0.0.1",
    port,
    database: "postgres",
    user: USER,
    ssl: false,
    credentials: { kind: "password", password: PASSWORD },
  } as const;
  const pool = new pg.Pool({ ...definition, password: PASSWORD });
  pool.on("error", () => undefined);
  const { folder } = running;
  // The server ends when nobody speaks with it any more; killed, it would leave its shared memory behind.
  afterAll(async () => {
    await pool.end();
    const data = path.join(folder, "data");
    const [pid = ""] = fs.readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n");
    process.kill(Number(pid), "SIGQUIT");
    while (fs.existsSync(path.join(data, "postmaster.pid"))) await new Promise(setImmediate);
  });
  await ready(pool);
  return { definition, port, sql: async (text) => (await pool.query(text)).rows ?? [] };
}

function programs(): string | null {
  if (!fs.existsSync(FOLDERS)) return null;
  const found = fs
    .readdirSync(FOLDERS)
    .map((version) => path.join(FOLDERS, version, "bin"))
    .filter((folder) => fs.existsSync(path.join(folder, "initdb")));
  return found.sort().at(-1) ?? null;
}

/** Words that run another program as the user; null: there is no such user. */
function postgresUser(): readonly string[] | null {
  try {
    execFileSync("id", ["postgres"], { stdio: "ignore" });
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
  } catch {
    return null;
  }
}

function initialise(bin: string, as: readonly string[], folder: string): string {
  const data = path.join(folder, "data");
  const password = path.join(folder, "password");
  fs.mkdirSync(data);
  fs.writeFileSync(password, PASSWORD);
  if (as.length > 0) {
    fs.chmodSync(folder, 0o755);
    execFileSync("chown", ["-R", "postgres", data, password]);
  }
  const words = ["-D", data, "-U", USER, "-A", "scram-sha-256", `--pwfile=${password}`, "-N"];
  const [program, ...rest] = [...as, path.join(bin, "initdb"), ...words] as [string, ...string[]];
  execFileSync(program, rest, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  return data;
}

/** It listens a moment before it takes anybody. */
async function ready(pool: pg.Pool): Promise<void> {
  const end = Date.now() + START_MS;
  for (;;) {
    try {
      await pool.query("SELECT 1");
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== "57P03" || Date.now() > end) throw error;
    }
  }
}
