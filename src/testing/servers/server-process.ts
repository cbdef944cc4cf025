// Starts one server for a test file on a free port of this machine, waits until it listens, and ends it with the test.
// Knows no kind of server.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

export interface ServerOrder {
  readonly program: string;
  readonly words: (port: number, folder: string) => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RunningServer {
  readonly port: number;
  /** Its own, removed with it. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** What a test file gets of a server that this machine cannot start. */
export interface MissingServer {
  /** Why: the reporter prints it. */
  readonly missing: string;
}

/** More than the slowest of them takes on a busy machine. */
export const START_MS = 90_000;
const LOOK_EVERY_MS = 50;

/** Ended after the tests of the file, also when the test process ends before them. */
export async function startServer(order: ServerOrder): Promise<RunningServer> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-server-"));
  const port = await freePort();
  const log = fs.openSync(path.join(folder, "server.log"), "a");
  const child = spawn(order.program, order.words(port, folder), {
    cwd: folder,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...order.environment },
  });
  fs.closeSync(log);
  const stop = stopOf(child, folder);
  afterAll(stop);
  await listening(child, port, path.join(folder, "server.log"));
  return { port, folder, stop };
}

function stopOf(child: ChildProcess, folder: string): () => Promise<void> {
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return async () => {
    process.off("exit", kill);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const gone = once(child, "exit");
      kill();
      await gone;
    }
    fs.rmSync(folder, { recursive: true, force: true });
  };
}

async function listening(child: ChildProcess, port: number, log: string): Promise<void> {
  const broken = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      const said = fs.existsSync(log) ? fs.readFileSync(log, "utf8").slice(-2000) : "";
      reject(new Error(`the server ended at once with ${code}: ${said}`));
    });
  });
  broken.catch(() => {});
  const end = Date.now() + START_MS;
  while (!(await Promise.race([accepts(port), broken]))) {
    if (Date.now() > end) throw new Error(`nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Nobody listens there: a port that was free a moment ago may be the next test's. */
export const CLOSED_PORT = 2;

/** Below those that systems give out by themselves: nobody is given it between this look and the server's start. */
const FIRST_PORT = 10_000;
const PORTS = 20_000;

async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const server = net.createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
