// What every compute promises, as tests. A compute is made by the caller; the suite knows only the port and the files by
// which attempts are found again.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BenchTest, ComputeBench, type ComputeSubject } from "./compute-bench.ts";

import { commands, endings } from "./compute-commands.ts";
import { recovery } from "./compute-recovery.ts";

export function computeContract(name: string, subject: ComputeSubject): void {
  describe.concurrent(`compute contract: ${name}`, () => {
    const test: BenchTest = (sentence, body) =>
      it(sentence, async (context) => {
        const bench = new ComputeBench(subject);
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
    recovery(test);
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
    await bench.run("true");
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
    expect(await bench.exit(order)).toEqual(end);
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
