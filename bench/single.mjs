// One step, and what surrounds it: how soon it starts, what reading its inputs and copying its code costs, and what is
// added to steps that are Python programs.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { best, freshFolder, measure, runStepwell, STEPWELL, settle } from "./measure.mjs";

const head =
  "type: pipeline\ndisplay_name: bench\nsettings: {default_compute: azureml:local}\njobs:\n";
const repeat = (reps, work) => Array.from({ length: reps }, (_, rep) => work(rep));

/** Seconds from the command to the start of its step's process: the first time in a new workspace, and later. */
export function measureFirstStep(reps) {
  const firsts = [];
  const laters = [];
  for (let rep = 0; rep < reps; rep += 1) {
    const folder = freshFolder();
    const text = (n) =>
      `${head}  s:\n    command: "date +%s%N >\${{outputs.o}}; : ${n}"\n    outputs: {o: {type: uri_file}}\n`;
    for (const [list, n] of [
      [firsts, 0],
      [laters, 1],
    ]) {
      fs.writeFileSync(path.join(folder, "pipeline.yml"), text(n));
      const asked = Date.now();
      execFileSync(STEPWELL[0], [...STEPWELL.slice(1), "run", "pipeline.yml"], {
        cwd: folder,
        stdio: "ignore",
      });
      const store = path.join(folder, ".stepwell/store/azureml", `bench-${n + 1}`, "s/o/o");
      list.push((Number(fs.readFileSync(store, "utf8")) / 1e6 - asked) / 1000);
    }
  }
  return { first: Math.min(...firsts), later: Math.min(...laters) };
}

/** Cpu seconds that an input costs beyond a step without it, first and unchanged. `write` makes it at `./data`. */
export function measureInput({ type, write, reps }) {
  const runs = repeat(reps, () => {
    const folder = freshFolder();
    write(path.join(folder, "data"));
    // What is measured is recognising the bytes; keeping a copy of them is another thing.
    fs.writeFileSync(path.join(folder, "stepwell.yml"), "keep: reference\n");
    const input = `inputs: {d: {type: ${type}, path: ./data}}`;
    const file = (k) =>
      `${head}  s:\n    command: "test -e \${{inputs.d}}; : ${k}"\n    ${input}\n`;
    fs.writeFileSync(path.join(folder, "pipeline.yml"), file(0));
    const cold = runStepwell(folder);
    fs.writeFileSync(path.join(folder, "pipeline.yml"), file(1));
    // The other command makes the step run; what is unchanged is measured from here on.
    runStepwell(folder);
    const warm = runStepwell(folder);
    return { cold, warm };
  });
  return { cold: best(runs.map((r) => r.cold)), warm: best(runs.map((r) => r.warm)) };
}

export function writeFolder(count, bytes) {
  return (at) => {
    fs.mkdirSync(at);
    const content = Buffer.alloc(bytes);
    for (let k = 0; k < count; k += 1) {
      content.writeUInt32LE(k);
      fs.writeFileSync(path.join(at, `f${k}`), content);
    }
    settle();
  };
}

export function writeBigFile(bytes) {
  return (at) => {
    execFileSync("sh", ["-c", `head -c ${bytes} /dev/zero >"$0"`, at]);
    settle();
  };
}

/** Cpu of `count` Python steps against as many bare interpreters started by a shell. */
export function measurePythonSteps(count, reps) {
  const words = [
    "bash",
    "-c",
    `for i in $(seq ${count}); do python3 -c "print($i)" >/dev/null; done`,
  ];
  const bare = best(repeat(reps, () => measure(freshFolder(), words)));
  const steps = best(
    repeat(reps, () => {
      const folder = freshFolder();
      const lines = Array.from(
        { length: count },
        (_, k) => `  s${k}:\n    command: python3 -c "print(${k})"\n`,
      );
      fs.writeFileSync(path.join(folder, "pipeline.yml"), head + lines.join(""));
      return runStepwell(folder);
    }),
  );
  const empty = best(
    repeat(reps, () => {
      const folder = freshFolder();
      fs.writeFileSync(
        path.join(folder, "pipeline.yml"),
        `${head}  s:\n    command: python3 -c "print(0)"\n`,
      );
      return runStepwell(folder);
    }),
  );
  return { bare, steps, empty };
}

/** `steps` steps that share a code folder of `files` files: cpu, the longest pause of the engine's thread, the most work folders at once. */
export function measureSharedCode(steps, files) {
  const folder = freshFolder();
  const code = path.join(folder, "src");
  fs.mkdirSync(code);
  for (let k = 0; k < files; k += 1) fs.writeFileSync(path.join(code, `m${k}.py`), `x = ${k}\n`);
  const lines = Array.from(
    { length: steps },
    (_, k) => `  s${k}:\n    code: ./src\n    command: "test -f m1.py; : ${k}"\n`,
  );
  fs.writeFileSync(path.join(folder, "pipeline.yml"), head + lines.join(""));
  fs.writeFileSync(path.join(folder, "watch.cjs"), WATCH);
  const figures = measure(folder, [...STEPWELL, "run", "pipeline.yml"], {
    NODE_OPTIONS: `--require ${path.join(folder, "watch.cjs")}`,
    STEPWELL_WATCH: folder,
  });
  const watched = JSON.parse(fs.readFileSync(path.join(folder, "watched.json"), "utf8"));
  return { ...figures, ...watched };
}

const WATCH = `
const { monitorEventLoopDelay } = require("node:perf_hooks");
const { isMainThread } = require("node:worker_threads");
const fs = require("node:fs");
if (isMainThread && process.argv[1]?.endsWith("stepwell.js")) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let most = 0;
  const folder = process.env.STEPWELL_WATCH;
  setTimeout(() => delay.enable(), 1500).unref();
  setInterval(() => {
    try { most = Math.max(most, fs.readdirSync(folder + "/.stepwell/work").length); } catch {}
  }, 200).unref();
  process.on("exit", () => fs.writeFileSync(folder + "/watched.json",
    JSON.stringify({ pauseMs: delay.max / 1e6, workFolders: most })));
}
`;
