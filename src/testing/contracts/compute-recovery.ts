// What a compute promises when its engine or its supervisor dies: adoption, loss, and that nothing starts twice.

import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { type BenchTest, SURVIVOR } from "./compute-bench.ts";

export function recovery(test: BenchTest): void {
  test("finds the end of an attempt whose engine was killed", async (bench) => {
    const order = bench.order("read -r _ < gate; echo late; exit 4");
    bench.fifo(join(order.workFolder, "gate"));
    await bench.killEngineOf([order]);
    writeFileSync(join(order.workFolder, "gate"), "go\n");
    await bench.exit(order);
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
    await bench.exit(first);
    expect(existsSync(join(queued.workFolder, "ran"))).toBe(false);
  });

  test("begins nothing that was adopted from an engine that only stood still", async (bench) => {
    const first = bench.order("read -r _ < gate");
    bench.fifo(join(first.workFolder, "gate"));
    const queued = bench.order("touch ran");
    const engine = await bench.stallEngineOf([first, queued]);
    bench.compute.adopt(queued);
    expect(await bench.ended(queued.attemptId)).toMatchObject({ reason: "lost" });
    engine.kill("SIGCONT");
    writeFileSync(join(first.workFolder, "gate"), "go\n");
    await bench.said(engine, `"ended","attemptId":"${queued.attemptId}"`);
    expect(existsSync(join(queued.workFolder, "ran"))).toBe(false);
  });

  test("calls an attempt lost whose supervisor was killed with its engine, and stops its processes", async (bench) => {
    const order = bench.order(`${SURVIVOR} sleep 60`);
    await bench.killEngineOf([order]);
    await bench.file(join(order.workFolder, "survivor"));
    const { supervisor } = bench.processes(order);
    process.kill(supervisor.pid, "SIGKILL");
    bench.compute.adopt(order);
    expect(await bench.ended(order.attemptId)).toMatchObject({ reason: "lost" });
    await bench.expectGone(order);
  });

  test("counts an adopted attempt as begun whose supervisor is killed under the new engine", async (bench) => {
    const order = bench.order(`${SURVIVOR} sleep 60`);
    await bench.killEngineOf([order]);
    await bench.file(join(order.workFolder, "survivor"));
    bench.compute.adopt(order);
    await delay(150);
    process.kill(bench.processes(order).supervisor.pid, "SIGKILL");
    const end = await bench.ended(order.attemptId);
    expect(end).toMatchObject({ reason: "lost", startedAt: expect.any(Number) });
    await bench.expectGone(order);
  });

  test("loses what a killed supervisor ran, and runs the next attempt with another one", async (bench) => {
    const order = bench.order(`${SURVIVOR} sleep 60`);
    const next = bench.order("echo fine");
    bench.compute.start(order);
    bench.compute.start(next);
    await bench.started(order.attemptId);
    await bench.file(join(order.workFolder, "survivor"));
    const { supervisor } = bench.processes(order);
    process.kill(supervisor.pid, "SIGKILL");
    const end = await bench.ended(order.attemptId);
    expect(end).toMatchObject({ reason: "lost", startedAt: expect.any(Number) });
    await bench.expectGone(order);
    expect(await bench.ended(next.attemptId)).toMatchObject({ exitCode: 0 });
  });

  test("starts nothing whose log is a pipe or leads away, waits for none, and goes on with the next", async (bench) => {
    const piped = bench.order("touch ran");
    bench.fifo(piped.logPath);
    const linked = bench.order("touch ran");
    const mine = join(linked.folder, "mine");
    writeFileSync(mine, "mine\n");
    symlinkSync(mine, linked.logPath);
    const dangling = bench.order("touch ran");
    symlinkSync(join(dangling.folder, "made"), dangling.logPath);
    const known = bench.order("echo more");
    writeFileSync(known.logPath, "before\n");
    for (const order of [piped, linked, dangling, known]) bench.compute.start(order);
    const detail = expect.stringMatching(/log: .* in its place: remove it$/);
    for (const { attemptId, workFolder } of [piped, linked, dangling]) {
      expect(await bench.ended(attemptId)).toMatchObject({ reason: "not_started", detail });
      expect(existsSync(join(workFolder, "ran"))).toBe(false);
    }
    expect(await bench.ended(known.attemptId)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(known.logPath, "utf8")).toBe("before\nmore\n");
    expect(readFileSync(mine, "utf8")).toBe("mine\n");
    expect(existsSync(join(dangling.folder, "made"))).toBe(false);
  });

  test("ends what was cancelled before its turn although a pipe is in the place of its file", async (bench) => {
    const first = bench.order("read -r _ < gate");
    bench.fifo(join(first.workFolder, "gate"));
    const queued = bench.order("touch ran");
    bench.fifo(join(queued.folder, "attempt.jsonl"));
    bench.compute.start(first);
    bench.compute.start(queued);
    await bench.started(first.attemptId);
    bench.compute.cancel(queued.attemptId);
    expect(await bench.ended(queued.attemptId)).toMatchObject({ reason: "cancelled" });
    writeFileSync(join(first.workFolder, "gate"), "go\n");
    expect(await bench.ended(first.attemptId)).toMatchObject({ exitCode: 0 });
  });

  test("goes on after close: what runs ends by itself and leaves word of it", async (bench) => {
    const order = bench.order("read -r _ < gate; exit 6");
    bench.fifo(join(order.workFolder, "gate"));
    bench.compute.start(order);
    await bench.started(order.attemptId);
    await bench.compute.close();
    writeFileSync(join(order.workFolder, "gate"), "go\n");
    expect(await bench.exit(order)).toMatchObject({ exitCode: 6 });
    expect(bench.reports.some((report) => report.kind === "ended")).toBe(false);
  });
}
