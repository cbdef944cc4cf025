// What every compute promises, as tests. A compute is made by the caller; the suite knows only the port and the files by
// which attempts are found again.

import type { ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
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

export function computeContract(name: string, subject: ComputeSubject): void {
  describe.concurrent(`compute contract: ${name}`, () => {
    const test: BenchTest = (sentence, body) =>
      it(sentence, async (context) => {
        const bench = new Bench(subject);
        try {
          await body(bench, context.skip);
        } finally {
          await bench.clear();
        }
      });
    commands(test);
    endings(test);
    queues(test);
    refusals(test);
    adoption(test);
  });
}

type BenchTest = (
  sentence: string,
  body: (bench: Bench, skip: (why: string) => void) => Promise<void>,
) => void;

function commands(test: BenchTest): void {
  test("runs a command with exactly the given variables, its output in the log", async (bench) => {
    const { order, end } = await bench.run("env | sort; echo problem >&2; pwd; cat", {
      variables: { PATH: "/usr/bin:/bin", GREETING: "hello" },
      processes: [{ OWN: "1" }],
    });
    expect(end).toMatchObject({ exitCode: 0, signal: null, reason: "exited", detail: null });
    const lines = readFileSync(order.logPath, "utf8").trim().split("\n");
    // bash itself adds PWD, SHLVL and _.
    const own = lines.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line));
    const marker = `STEPWELL_ATTEMPT=${order.attemptId}`;
    expect(own).toEqual([
      "GREETING=hello",
      "OWN=1",
      "PATH=/usr/bin:/bin",
      marker,
      "problem",
      order.workFolder,
    ]);
  });

  test("reports a start with the identity of the living process, and writes it down", async (bench) => {
    const order = bench.order("read -r _ < gate");
    writeFileSync(join(order.workFolder, "make-gate"), "");
    bench.fifo(join(order.workFolder, "gate"));
    bench.compute.start(order);
    const started = await bench.started(order.attemptId);
    expect(bench.subject.host.isAlive(started.process)).toBe(true);
    const written = JSON.parse(readFileSync(join(order.folder, "process.json"), "utf8"));
    expect(written.process).toEqual(started.process);
    writeFileSync(join(order.workFolder, "gate"), "go\n");
    expect(await bench.ended(order.attemptId)).toMatchObject({ exitCode: 0 });
    expect(bench.subject.host.isAlive(started.process)).toBe(false);
  });

  test("writes the end into the exit file as it is reported", async (bench) => {
    const { order, end } = await bench.run("exit 3");
    expect(end).toMatchObject({ exitCode: 3, signal: null, reason: "exited" });
    expect(JSON.parse(readFileSync(join(order.folder, "exit.json"), "utf8"))).toEqual(end);
    expect(end.startedAt).toBeLessThanOrEqual(end.finishedAt);
  });

  test("names the signal that ended a command", async (bench) => {
    const { end } = await bench.run("kill -SEGV $$");
    expect(end).toMatchObject({ exitCode: null, signal: "SIGSEGV", reason: "exited" });
  });

  test("hands newlines, quotes and all of Unicode through unchanged", async (bench) => {
    const odd = `a'b"c\`d$e\\f\ng\th é 漢 🦉 \u0001 * ; rm -rf $(x)`;
    const { order } = await bench.run(`printf %s "$ODD" > out; printf %s '"$q" é\n🦉' >> out`, {
      variables: { PATH: "/usr/bin:/bin", ODD: odd },
    });
    expect(readFileSync(join(order.workFolder, "out"), "utf8")).toBe(`${odd}"$q" é\n🦉`);
  });

  test("works in folders whose names hold spaces and umlauts", async (bench) => {
    const order = bench.order("pwd; echo ü", {}, "Größe und 'Länge'");
    bench.compute.start(order);
    expect(await bench.ended(order.attemptId)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(order.logPath, "utf8")).toBe(`${order.workFolder}\nü\n`);
  });

  test("keeps a log of 10 MB whole", async (bench) => {
    const { order } = await bench.run("head -c 10000000 /dev/zero | tr '\\0' x");
    expect(statSync(order.logPath).size).toBe(10_000_000);
  });

  test("appends to a log that is already there", async (bench) => {
    const order = bench.order("echo new");
    writeFileSync(order.logPath, "old\n");
    bench.compute.start(order);
    await bench.ended(order.attemptId);
    expect(readFileSync(order.logPath, "utf8")).toBe("old\nnew\n");
  });

  test("starts every process of a distributed step with its own variables", async (bench) => {
    const processes = [{ RANK: "0" }, { RANK: "1" }, { RANK: "2" }];
    const { order, end } = await bench.run("echo $RANK > out-$RANK", { processes });
    expect(end).toMatchObject({ exitCode: 0, reason: "exited" });
    for (const { RANK } of processes)
      expect(readFileSync(join(order.workFolder, `out-${RANK}`), "utf8")).toBe(`${RANK}\n`);
  });
}

/** Forks twice, leaves the session, and ignores every polite request; its pid goes to `survivor`. */
const SURVIVOR =
  '( setsid bash -c \'trap "" TERM HUP INT; ( trap "" TERM; echo $BASHPID > survivor; ' +
  "while :; do sleep 0.1; done ) & disown; exit 0' ) > /dev/null 2>&1 & ";

function endings(test: BenchTest): void {
  test("stops the other processes of a distributed step when one fails", async (bench) => {
    const processes = [{ RANK: "0" }, { RANK: "1" }, { RANK: "2" }];
    const { end } = await bench.run("if [ $RANK = 1 ]; then exit 7; fi; sleep 60", {
      processes,
    });
    expect(end).toMatchObject({ exitCode: 7, reason: "exited" });
    expect(end.detail).toContain("process 1 of 3 failed");
  });

  test("ends a command at its timeout, the whole tree", async (bench) => {
    const { order, end } = await bench.run(`${SURVIVOR} sleep 60 & wait`, {
      timeoutMs: 400,
      graceMs: 200,
    });
    expect(end.reason).toBe("timeout");
    await bench.expectGone(order);
  });

  test("lets a command that handles TERM finish within the grace", async (bench) => {
    const script = "trap 'echo cleaned > done; exit 9' TERM; echo ready > ready; sleep 60 & wait";
    const order = bench.order(script, { graceMs: 20_000 });
    bench.compute.start(order);
    await bench.file(join(order.workFolder, "ready"));
    bench.compute.cancel(order.attemptId);
    expect(await bench.ended(order.attemptId)).toMatchObject({
      exitCode: 9,
      reason: "cancelled",
    });
    expect(existsSync(join(order.workFolder, "done"))).toBe(true);
  });

  test("leaves nothing of a cancelled command that forks twice, leaves its session and ignores TERM", async (bench) => {
    const order = bench.order(`trap "" TERM; ${SURVIVOR} sleep 60`, { graceMs: 100 });
    bench.compute.start(order);
    await bench.file(join(order.workFolder, "survivor"));
    bench.compute.cancel(order.attemptId);
    expect(await bench.ended(order.attemptId)).toMatchObject({ reason: "cancelled" });
    await bench.expectGone(order);
  });

  test("stops what a command left running, and says so", async (bench) => {
    const { order, end } = await bench.run(
      `${SURVIVOR} while [ ! -s survivor ]; do sleep 0.01; done`,
      { graceMs: 100 },
    );
    expect(end).toMatchObject({ exitCode: 0, reason: "exited" });
    expect(end.detail).toMatch(/still running and (was|were) stopped/);
    await bench.expectGone(order);
  });

  test("waits for what ends by itself shortly after the command", async (bench) => {
    const { order, end } = await bench.run("exec > >(sleep 0.1; cat > copy); echo text");
    expect(end).toMatchObject({ exitCode: 0, detail: null });
    expect(readFileSync(join(order.workFolder, "copy"), "utf8")).toBe("text\n");
  });

  test("tells a command that ran out of its memory limit apart", async (bench, skip) => {
    if (bench.subject.host.memoryGroups() === null) {
      console.warn("skipped: control groups cannot be written on this machine");
      skip("no writable control groups");
    }
    const { end } = await bench.run("x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}", {
      memoryLimitBytes: 32 << 20,
    });
    expect(end.reason).toBe("out_of_memory");
    expect(end.detail).toContain("32 MiB");
  });
}

function queues(test: BenchTest): void {
  test("never starts a queued attempt that was cancelled", async (bench) => {
    const running = bench.order("sleep 60", { graceMs: 50 });
    const queued = bench.order("touch ran");
    bench.compute.start(running);
    bench.compute.start(queued);
    await bench.started(running.attemptId);
    bench.compute.cancel(queued.attemptId);
    expect(await bench.ended(queued.attemptId)).toMatchObject({
      reason: "cancelled",
      startedAt: null,
    });
    bench.compute.cancel(running.attemptId);
    await bench.ended(running.attemptId);
    expect(existsSync(join(queued.workFolder, "ran"))).toBe(false);
  });

  test("runs many attempts, never more at once than it has slots", async (bench) => {
    bench.open(2);
    const orders = Array.from({ length: 24 }, () =>
      bench.order(
        "mkdir ../../running-$$ && ls -d ../../running-* | wc -l > n; rmdir ../../running-$$",
      ),
    );
    for (const order of orders) bench.compute.start(order);
    for (const order of orders) {
      expect(await bench.ended(order.attemptId)).toMatchObject({ exitCode: 0 });
      const running = Number(readFileSync(join(order.workFolder, "n"), "utf8"));
      expect(running).toBeGreaterThanOrEqual(1);
      expect(running).toBeLessThanOrEqual(2);
    }
  });

  test("lets nothing wait behind a long attempt while another slot is free", async (bench) => {
    bench.open(2);
    const long = bench.order("sleep 60", { graceMs: 50 });
    bench.compute.start(long);
    const short = Array.from({ length: 9 }, () => bench.order("true"));
    for (const order of short) bench.compute.start(order);
    for (const order of short) expect(await bench.ended(order.attemptId)).toBeTruthy();
    bench.compute.cancel(long.attemptId);
    await bench.ended(long.attemptId);
  });

  test("reports exactly one end for each attempt", async (bench) => {
    const { order } = await bench.run("true");
    bench.compute.cancel(order.attemptId);
    await bench.run("true");
    const ends = bench.reports.filter(
      (report) => report.kind === "ended" && report.attemptId === order.attemptId,
    );
    expect(ends).toHaveLength(1);
  });
}

function refusals(test: BenchTest): void {
  test("does not start a command that holds a NUL", async (bench) => {
    const { end } = await bench.run("echo a\0b");
    expect(end).toMatchObject({ reason: "not_started", startedAt: null });
    expect(end.detail).toContain("NUL");
  });

  test("does not start with a variable that holds a NUL, and names it", async (bench) => {
    const { end } = await bench.run("true", { variables: { FINE: "1", BAD: "a\0b" } });
    expect(end.reason).toBe("not_started");
    expect(end.detail).toContain("BAD");
  });

  test("says that the work folder is missing", async (bench) => {
    const { order, end } = await bench.run("true", { workFolder: "/nonexistent/place" });
    expect(end.reason).toBe("not_started");
    expect(end.detail).toContain("/nonexistent/place");
    expect(JSON.parse(readFileSync(join(order.folder, "exit.json"), "utf8"))).toEqual(end);
  });

  test("says that the log cannot be written", async (bench) => {
    const order = bench.order("true");
    mkdirSync(order.logPath);
    bench.compute.start(order);
    const end = await bench.ended(order.attemptId);
    expect(end.reason).toBe("not_started");
    expect(end.detail).toContain("log");
  });

  test("says that the attempt's folder is missing", async (bench) => {
    const { end } = await bench.run("true", { folder: "/nonexistent/attempt" });
    expect(end.reason).toBe("not_started");
    expect(end.detail).toContain("/nonexistent/attempt");
  });

  test("says that a command is too long for the system", async (bench) => {
    const { end } = await bench.run(`: ${"x".repeat(3_000_000)}`);
    expect(end.reason).toBe("not_started");
    expect(end.detail).toMatch(/too long|E2BIG/);
  });

  test("starts the same attempt only once", async (bench) => {
    const { order } = await bench.run("echo ran >> count");
    bench.reports.length = 0;
    bench.compute.start(order);
    expect(await bench.ended(order.attemptId)).toMatchObject({ reason: "not_started" });
    expect(readFileSync(join(order.workFolder, "count"), "utf8")).toBe("ran\n");
  });

  test("refuses the order of an older engine", async (bench) => {
    await bench.run("true", { epoch: 5 });
    const { order, end } = await bench.run("touch ran", { epoch: 4 });
    expect(end.reason).toBe("not_started");
    expect(end.detail).toContain("epoch 5");
    expect(existsSync(join(order.workFolder, "ran"))).toBe(false);
  });
}

function adoption(test: BenchTest): void {
  test("finds the end of an attempt whose engine was killed", async (bench) => {
    const order = bench.order("read -r _ < gate; echo late; exit 4");
    bench.fifo(join(order.workFolder, "gate"));
    await bench.killEngineOf([order]);
    writeFileSync(join(order.workFolder, "gate"), "go\n");
    await bench.file(join(order.folder, "exit.json"));
    bench.compute.adopt(order);
    expect(await bench.ended(order.attemptId)).toMatchObject({ exitCode: 4, reason: "exited" });
    expect(readFileSync(order.logPath, "utf8")).toBe("late\n");
  });

  test("follows an attempt that still runs to its end", async (bench) => {
    const order = bench.order("read -r _ < gate; exit 5");
    bench.fifo(join(order.workFolder, "gate"));
    await bench.killEngineOf([order]);
    bench.compute.adopt(order);
    await delay(150);
    expect(bench.reports).toEqual([]);
    writeFileSync(join(order.workFolder, "gate"), "go\n");
    expect(await bench.ended(order.attemptId)).toMatchObject({ exitCode: 5, reason: "exited" });
  });

  test("cancels an adopted attempt, the whole tree", async (bench) => {
    const order = bench.order(`${SURVIVOR} sleep 60`, { graceMs: 200 });
    await bench.killEngineOf([order]);
    await bench.file(join(order.workFolder, "survivor"));
    bench.compute.adopt(order);
    bench.compute.cancel(order.attemptId);
    expect(await bench.ended(order.attemptId)).toMatchObject({ reason: "cancelled" });
    await bench.expectGone(order);
  });

  test("enforces the timeout although the engine is gone", async (bench) => {
    const order = bench.order("sleep 60", { timeoutMs: 800, graceMs: 100 });
    await bench.killEngineOf([order]);
    bench.compute.adopt(order);
    expect(await bench.ended(order.attemptId)).toMatchObject({ reason: "timeout" });
  });

  test("calls an attempt lost that its engine had queued but not begun, and nobody begins it", async (bench) => {
    const first = bench.order("read -r _ < gate");
    bench.fifo(join(first.workFolder, "gate"));
    const queued = bench.order("touch ran");
    await bench.killEngineOf([first, queued]);
    bench.compute.adopt(queued);
    expect(await bench.ended(queued.attemptId)).toMatchObject({ reason: "lost" });
    writeFileSync(join(first.workFolder, "gate"), "go\n");
    await bench.file(join(first.folder, "exit.json"));
    expect(existsSync(join(queued.workFolder, "ran"))).toBe(false);
  });

  test("calls an attempt lost whose supervisor was killed with its engine, and stops its processes", async (bench) => {
    const order = bench.order(`${SURVIVOR} sleep 60`);
    await bench.killEngineOf([order]);
    await bench.file(join(order.workFolder, "survivor"));
    const { supervisor } = JSON.parse(readFileSync(join(order.folder, "process.json"), "utf8"));
    process.kill(supervisor.pid, "SIGKILL");
    bench.compute.adopt(order);
    expect(await bench.ended(order.attemptId)).toMatchObject({ reason: "lost" });
    await bench.expectGone(order);
  });

  test("loses what a killed supervisor ran, and runs the next attempt with another one", async (bench) => {
    const order = bench.order(`${SURVIVOR} sleep 60`);
    const next = bench.order("echo fine");
    bench.compute.start(order);
    bench.compute.start(next);
    await bench.started(order.attemptId);
    await bench.file(join(order.workFolder, "survivor"));
    const { supervisor } = JSON.parse(readFileSync(join(order.folder, "process.json"), "utf8"));
    process.kill(supervisor.pid, "SIGKILL");
    expect(await bench.ended(order.attemptId)).toMatchObject({ reason: "lost" });
    await bench.expectGone(order);
    expect(await bench.ended(next.attemptId)).toMatchObject({ exitCode: 0 });
  });

  test("goes on after close: what runs ends by itself and leaves its exit file", async (bench) => {
    const order = bench.order("read -r _ < gate; exit 6");
    bench.fifo(join(order.workFolder, "gate"));
    bench.compute.start(order);
    await bench.started(order.attemptId);
    await bench.compute.close();
    writeFileSync(join(order.workFolder, "gate"), "go\n");
    await bench.file(join(order.folder, "exit.json"));
    expect(JSON.parse(readFileSync(join(order.folder, "exit.json"), "utf8"))).toMatchObject({
      exitCode: 6,
    });
    expect(bench.reports.some((report) => report.kind === "ended")).toBe(false);
  });
}

/** A compute in a folder of its own, its reports, and orders for it. */
class Bench {
  readonly subject: ComputeSubject;
  readonly folder = mkdtempSync(join(tmpdir(), "stepwell-compute-"));
  readonly reports: ComputeReport[] = [];
  compute: Compute;
  #orders = 0;
  #engines: ChildProcess[] = [];

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
    const engine = this.subject.spawnEngine(join(this.folder, "state"), orders);
    this.#engines.push(engine);
    let said = "";
    engine.stdout?.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    await until("the engine's first start", () => said.includes('"started"') || undefined);
    const isGone = new Promise((resolve) => engine.once("exit", resolve));
    engine.kill("SIGKILL");
    await isGone;
  }

  file(path: string): Promise<true> {
    return until(path, () => (existsSync(path) && statSync(path).size > 0) || undefined);
  }

  /** A pipe without a writer: a reader waits until something is written. */
  fifo(path: string): void {
    const { execFileSync } = process.getBuiltinModule("node:child_process");
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
    for (const engine of this.#engines) engine.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(5);
  }
}
