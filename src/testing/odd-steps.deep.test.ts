import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, exited, leftovers, makeRig, type Rig, type Watched } from "./rig.ts";

// What takes long or much: a log of 10 GB, an output of 100,000 files, an engine that is stopped (Ctrl-Z) longer than its
// lease. The engine goes on with everything else meanwhile.

let rig: Rig;
beforeEach(() => {
  rig = makeRig("odd");
});
afterEach(() => rig.remove());

const FILES = 100_000;

/** `big` ends; only then `quick` may, and it must not have to wait for what the engine does with what `big` left. */
function pipeline(big: string, outputs = ""): string {
  return `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  big:
    command: |
      ${big}
      touch ${rig.at("big-ended")}
    ${outputs}
  quick:
    command: until [ -e ${rig.at("big-ended")} ]; do sleep 0.02; done
`;
}

/** Waits for the end and says how much memory it took at most, in MiB. */
async function watchMemory({ child }: Watched): Promise<number> {
  let most = 0;
  const timer = setInterval(() => {
    try {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
      most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  }, 50);
  await exited(child);
  clearInterval(timer);
  expect(most, "memory was never looked at").toBeGreaterThan(0);
  return most;
}

function order(said: string): readonly string[] {
  return [...said.matchAll(/^(?:done|failed)\s+(big|quick)/gm)].map((match) => match[1] as string);
}

it("a log of 10 GB is searched for secrets while other steps go on", async () => {
  rig.write("p.yml", pipeline("echo begin; truncate -s 10G /proc/self/fd/1; echo end"));
  const begin = Date.now();
  const run = rig.watch({}, "run", "p.yml", "--name", "one", "--env", "TOKEN=hunter2-hunter2");
  const memory = await watchMemory(run);
  expect(rig.run("show", "one").status).toBe("Completed");
  expect(order(run.said())).toEqual(["quick", "big"]);
  const log = rig.at(".stepwell/logs/one/big.1.log");
  expect(fs.statSync(log).size).toBeGreaterThan(10 * 2 ** 30);
  expect(memory).toBeLessThan(300);
  console.log(
    `a log of 10 GB (sparse) with a secret to look for: ${Date.now() - begin} ms in all, at most ${Math.round(memory)} MiB`,
  );
}, 600_000);

it("a step that fails with a log of 10 GB shows its end", async () => {
  rig.write("p.yml", pipeline("truncate -s 10G /proc/self/fd/1; echo; echo the reason; exit 3"));
  fs.writeFileSync(rig.at("big-ended"), "");
  const run = rig.watch({}, "run", "p.yml", "--name", "one");
  const memory = await watchMemory(run);
  const [step] = rig.run("show", "one").steps;
  expect(step?.error).toMatchObject({ code: "exit_code" });
  expect(step?.error?.logTail?.at(-1)).toBe("the reason");
  expect(memory).toBeLessThan(300);
}, 600_000);

it("an output of 100,000 files is captured while other steps go on, and reused", async () => {
  const make = `cd \${{outputs.o}} && seq ${FILES} | split -l 1 -a 5 -`;
  rig.write("p.yml", pipeline(make, "outputs: {o: {type: uri_folder}}"));
  const begin = Date.now();
  const run = rig.watch({}, "run", "p.yml", "--name", "one");
  const memory = await watchMemory(run);
  const took = Date.now() - begin;
  const [step] = rig.run("show", "one").steps;
  expect(step?.status).toBe("Completed");
  expect(fs.readdirSync(step?.outputs.o?.path ?? "").length).toBe(FILES);
  expect(order(run.said())).toEqual(["quick", "big"]);
  expect(rig.run("run", "p.yml").steps[0]?.reuse.decision).toBe("reused");
  console.log(
    `an output of ${FILES} files: ${took} ms with the step itself, at most ${Math.round(memory)} MiB`,
  );
}, 600_000);

it("a run that is stopped with Ctrl-Z loses the engine to a second run, and follows it when it wakes", async () => {
  const gate = rig.at("go");
  const step = (name: string): string =>
    `echo ${name} >> ${rig.at("ledger")}; until [ -e ${gate} ]; do sleep 0.05; done`;
  rig.write(
    "p.yml",
    `type: pipeline\nsettings: {default_compute: azureml:local}\njobs:\n  a: {command: "${step("a")}"}\n`,
  );
  rig.write(
    "q.yml",
    `type: pipeline\nsettings: {default_compute: azureml:local}\njobs:\n  b: {command: "${step("b")}"}\n`,
  );
  const first = rig.start("run", "p.yml", "--name", "one");
  await eventually(() => rig.peek().includes("a"), "the first run has begun");
  first.kill("SIGSTOP");
  const second = rig.watch({}, "run", "q.yml", "--name", "two");
  await eventually(() => rig.peek().includes("b"), "the second run has become the engine");
  fs.writeFileSync(gate, "");
  expect(await exited(second.child)).toBe(0);
  expect(second.said()).toContain(`process ${first.pid}, which runs the steps of this workspace,`);
  first.kill("SIGCONT");
  expect(await exited(first)).toBe(0);
  expect(rig.ran()).toEqual(["a", "b"]);
  expect(rig.run("show", "one").status).toBe("Completed");
  expect(leftovers(rig.folder)).toEqual([]);
}, 120_000);
