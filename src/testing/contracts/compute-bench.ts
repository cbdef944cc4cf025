// A compute in a folder of its own for the contract suite: makes orders, waits for reports, looks for survivors. Knows no
// implementation, but the file that each of them writes.

import { type ChildProcess, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { type AttemptProcesses, readExit, readProcesses } from "../../computes/attempt-files.ts";
import type {
  AttemptEnd,
  AttemptOrder,
  Compute,
  ComputeListener,
  ComputeReport,
} from "../../ports/compute.ts";
import type { ProcessPort } from "../../ports/process.ts";

export interface ComputeSubject {
  make(
    options: { readonly stateFolder: string; readonly slots: number },
    listener: ComputeListener,
  ): Compute;
  /** A separate engine process that starts the orders and prints its reports; it can be killed. */
  spawnEngine(stateFolder: string, orders: readonly AttemptOrder[]): ChildProcess;
  readonly host: ProcessPort;
}

export type BenchTest = (
  sentence: string,
  body: (bench: ComputeBench, skip: (why: string) => void) => Promise<void>,
) => void;

/** Forks twice, leaves the session, and ignores every polite request; its pid goes to `survivor`. */
export const SURVIVOR =
  '( setsid bash -c \'trap "" TERM HUP INT; ( trap "" TERM; echo $BASHPID > survivor; ' +
  "while :; do sleep 0.1; done ) & disown; exit 0' ) > /dev/null 2>&1 & ";

/** A compute in a folder of its own, its reports, and orders for it. */
export class ComputeBench {
  readonly subject: ComputeSubject;
  readonly folder = mkdtempSync(join(tmpdir(), "stepwell-compute-"));
  readonly reports: ComputeReport[] = [];
  compute: Compute;
  #orders = 0;
  /** What each engine has printed. */
  readonly #engines = new Map<ChildProcess, string>();

  constructor(subject: ComputeSubject) {
    this.subject = subject;
    this.compute = this.#make(1);
  }

  #make(slots: number): Compute {
    const stateFolder = join(this.folder, "state");
    return this.subject.make({ stateFolder, slots }, (report) => this.reports.push(report));
  }

  open(slots: number): void {
    void this.compute.close();
    this.compute = this.#make(slots);
  }

  order(script: string, fields: Partial<AttemptOrder> = {}, name = "attempt"): AttemptOrder {
    this.#orders += 1;
    const folder = join(this.folder, `${name} ${this.#orders}`);
    mkdirSync(join(folder, "work"), { recursive: true });
    return {
      attemptId: `t${process.pid}x${Date.now().toString(36)}-${this.#orders}`,
      epoch: 1,
      folder,
      workFolder: join(folder, "work"),
      script,
      shared: {},
      variables: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
      processes: [{}],
      logPath: join(folder, "log"),
      timeoutMs: null,
      graceMs: 1000,
      memoryLimitBytes: null,
      ...fields,
    };
  }

  async run(
    script: string,
    fields: Partial<AttemptOrder> = {},
  ): Promise<{ readonly order: AttemptOrder; readonly end: AttemptEnd }> {
    const order = this.order(script, fields);
    this.compute.start(order);
    return { order, end: await this.ended(order.attemptId) };
  }

  started(attemptId: string): Promise<Extract<ComputeReport, { kind: "started" }>> {
    return this.#report("started", attemptId) as Promise<
      Extract<ComputeReport, { kind: "started" }>
    >;
  }

  async ended(attemptId: string): Promise<AttemptEnd> {
    const report = await this.#report("ended", attemptId);
    return (report as Extract<ComputeReport, { kind: "ended" }>).end;
  }

  #report(kind: ComputeReport["kind"], attemptId: string): Promise<ComputeReport> {
    return until(`${kind} of ${attemptId}`, () =>
      this.reports.find((report) => report.kind === kind && report.attemptId === attemptId),
    );
  }

  /** Starts the orders in another process and kills it once the first one runs. */
  async killEngineOf(orders: readonly AttemptOrder[]): Promise<void> {
    const engine = await this.#startEngine(orders);
    const isGone = new Promise((resolve) => engine.once("exit", resolve));
    engine.kill("SIGKILL");
    await isGone;
  }

  /** Starts the orders in another process and stops it, as Ctrl-Z does, once the first one runs. */
  async stallEngineOf(orders: readonly AttemptOrder[]): Promise<ChildProcess> {
    const engine = await this.#startEngine(orders);
    engine.kill("SIGSTOP");
    return engine;
  }

  async #startEngine(orders: readonly AttemptOrder[]): Promise<ChildProcess> {
    const engine = this.subject.spawnEngine(join(this.folder, "state"), orders);
    this.#engines.set(engine, "");
    engine.stdout?.on("data", (chunk: Buffer) => {
      this.#engines.set(engine, `${this.#engines.get(engine)}${chunk}`);
    });
    await this.said(engine, '"started"');
    return engine;
  }

  said(engine: ChildProcess, text: string): Promise<true> {
    return until(
      `the engine's ${text}`,
      () => this.#engines.get(engine)?.includes(text) || undefined,
    );
  }

  file(path: string): Promise<true> {
    return until(path, () => (existsSync(path) && statSync(path).size > 0) || undefined);
  }

  /** What is written down of the end of an attempt. */
  exit(order: AttemptOrder): Promise<AttemptEnd> {
    return until(`the end of ${order.attemptId}`, () => readExit(order.folder) ?? undefined);
  }

  /** What is written down of the processes of an attempt that has begun. */
  processes(order: AttemptOrder): AttemptProcesses {
    const processes = readProcesses(order.folder);
    if (typeof processes === "string") throw new Error(`${order.attemptId} is ${processes}`);
    return processes;
  }

  /** A pipe without a writer: a reader waits until something is written. */
  fifo(path: string): void {
    execFileSync("mkfifo", [path]);
  }

  /** Nothing that carries the attempt's name is alive. */
  async expectGone(order: AttemptOrder): Promise<void> {
    const query = { attemptId: order.attemptId, leaders: [] };
    expect(await this.subject.host.tree(query)).toEqual([]);
    const survivor = join(order.workFolder, "survivor");
    if (!existsSync(survivor)) return;
    expect(this.subject.host.identify(Number(readFileSync(survivor, "utf8")))).toBeNull();
  }

  async clear(): Promise<void> {
    await this.compute.close();
    for (const engine of this.#engines.keys()) engine.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(5);
  }
}
