// What a compute promises about one command: how it is started, what it sees, how it ends and is ended.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { AttemptOrder } from "../../ports/compute.ts";
import { type BenchTest, SURVIVOR } from "./compute-bench.ts";

export function commands(test: BenchTest): void {
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

  test("gives a program that needs no shell what bash gives it", async (bench) => {
    const asked = { variables: { PATH: "/usr/bin:/bin", SW_inputs_x: "a b" } };
    const { order, end } = await bench.run('env "${SW_inputs_x}=1" printenv', asked);
    expect(end).toMatchObject({ exitCode: 0, reason: "exited" });
    const lines = readFileSync(order.logPath, "utf8").trim().split("\n");
    expect(lines.filter((line) => !line.startsWith("SHLVL=")).sort()).toEqual([
      "PATH=/usr/bin:/bin",
      `PWD=${order.workFolder}`,
      `STEPWELL_ATTEMPT=${order.attemptId}`,
      "SW_inputs_x=a b",
      expect.stringMatching(/^_=.*\/env$/),
      "a b=1",
    ]);
  });

  test("leaves it to bash to say why a program cannot be started, and to run one without a first line", async (bench) => {
    const missing = await bench.run("no-such-program --x 1");
    expect(missing.end).toMatchObject({ exitCode: 127, reason: "exited" });
    expect(readFileSync(missing.order.logPath, "utf8")).toMatch(
      /bash: .*no-such-program: command not found/,
    );
    const order = bench.order("./plain a");
    writeFileSync(join(order.workFolder, "plain"), 'echo "plain $1"; exit 4', { mode: 0o755 });
    bench.compute.start(order);
    expect(await bench.ended(order.attemptId)).toMatchObject({ exitCode: 4 });
    expect(readFileSync(order.logPath, "utf8")).toBe("plain a\n");
  });

  test("reports a start with the identity of the living process, and writes it down", async (bench) => {
    const order = bench.order("read -r _ < gate");
    writeFileSync(join(order.workFolder, "make-gate"), "");
    bench.fifo(join(order.workFolder, "gate"));
    bench.compute.start(order);
    const started = await bench.started(order.attemptId);
    expect(bench.subject.host.isAlive(started.process)).toBe(true);
    expect(bench.processes(order).process).toEqual(started.process);
    writeFileSync(join(order.workFolder, "gate"), "go\n");
    expect(await bench.ended(order.attemptId)).toMatchObject({ exitCode: 0 });
    expect(bench.subject.host.isAlive(started.process)).toBe(false);
  });

  test("writes the end down as it is reported", async (bench) => {
    const { order, end } = await bench.run("exit 3");
    expect(end).toMatchObject({ exitCode: 3, signal: null, reason: "exited" });
    expect(await bench.exit(order)).toEqual(end);
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

  test("gives each attempt what it shares with others and what is its own", async (bench) => {
    const PATH = process.env.PATH ?? "/usr/bin:/bin";
    const shared = { PATH, A: "shared", B: "shared", toString: "shared" };
    const asked: Partial<AttemptOrder>[] = [
      { shared, variables: { A: "own", C: "own", constructor: "own" } },
      { shared, variables: { B: "own" } },
      { shared, variables: { A: "", toString: "own" } },
      { shared: { PATH, B: "other" }, variables: { A: "own" } },
      { shared, variables: {} },
    ];
    const script = 'env | grep -E "^(A|B|C|toString|constructor)=" | sort | tr "\\n" " "';
    // One supervisor gets them one after another, and is told only what is other than before.
    const said: string[] = [];
    for (const fields of asked) {
      const { order } = await bench.run(script, fields);
      said.push(readFileSync(order.logPath, "utf8"));
    }
    expect(said).toEqual([
      "A=own B=shared C=own constructor=own toString=shared ",
      "A=shared B=own toString=shared ",
      "A= B=shared toString=own ",
      "A=own B=other ",
      "A=shared B=shared toString=shared ",
    ]);
  });

  test("starts every process of a distributed step with its own variables", async (bench) => {
    const processes = [{ RANK: "0" }, { RANK: "1" }, { RANK: "2" }];
    const { order, end } = await bench.run("echo $RANK > out-$RANK", { processes });
    expect(end).toMatchObject({ exitCode: 0, reason: "exited" });
    for (const { RANK } of processes)
      expect(readFileSync(join(order.workFolder, `out-${RANK}`), "utf8")).toBe(`${RANK}\n`);
  });
}

export function endings(test: BenchTest): void {
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

  test("names at a timeout which of several processes were still running", async (bench) => {
    const timeoutMs = 1000;
    const processes = [{ NAP: "0" }, { NAP: "60" }, { NAP: "0" }, { NAP: "60" }];
    const runOf = (from: number, to: number) =>
      bench.run("sleep $NAP", { processes: processes.slice(from, to), timeoutMs, graceMs: 100 });
    const expected = { reason: "timeout", detail: "process 1 of 3 was still running" };
    expect((await runOf(0, 3)).end).toMatchObject(expected);
    const two = { reason: "timeout", detail: "processes 1, 3 of 4 were still running" };
    expect((await runOf(0, 4)).end).toMatchObject(two);
    expect((await runOf(1, 2)).end).toMatchObject({ reason: "timeout", detail: null });
  });

  test("takes time limits of months and of ages", async (bench) => {
    for (const timeoutMs of [40 * 86_400_000, 1e15, 1e24])
      expect((await bench.run("true", { timeoutMs })).end).toMatchObject({ exitCode: 0 });
  });

  test("lets a command that handles TERM finish within the grace", async (bench) => {
    const script =
      "trap 'sleep 0.2; echo cleaned > done; exit 9' TERM; echo ready > ready; sleep 60 & wait";
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

  test("stops a process whose first thread has ended", async (bench) => {
    const program = [
      "import ctypes, os, threading, time",
      "threading.Thread(target=time.sleep, args=(60,)).start()",
      'open("survivor", "w").write(str(os.getpid()))',
      "ctypes.CDLL(None).pthread_exit(None)",
    ].join("; ");
    const isHalf = `until ps -o stat= -p $! | grep -q Z; do sleep 0.01; done`;
    const { order, end } = await bench.run(`python3 -c '${program}' & ${isHalf}`, { graceMs: 100 });
    expect(end).toMatchObject({ exitCode: 0, reason: "exited" });
    expect(end.detail).toMatch(/1 process was still running and was stopped/);
    await bench.expectGone(order);
  });

  test("waits for what ends by itself shortly after the command", async (bench) => {
    // It goes on until its shell is gone, and a moment longer.
    const outlives = "while kill -0 $$; do sleep 0.01; done 2> /dev/null; sleep 0.05";
    const { order, end } = await bench.run(
      `exec > >(read -r text; ${outlives}; echo "$text" > copy); echo text`,
    );
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
