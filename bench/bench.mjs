// Measures Stepwell against ninja and doit in the same run, and prints the table of docs/benchmarks.md.
// `npm run bench` takes minutes; `-- --quick` a part of it; `-- --write` also writes the page. Ratios count: machines are noisy.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "./find-program.mjs";
import { measureFromCode } from "./from-code.mjs";
import { measureGraphs } from "./graphs.mjs";
import { freshFolder, measure, removeFolders, runStepwell } from "./measure.mjs";
import {
  measureFirstStep,
  measureInput,
  measurePythonSteps,
  measureSharedCode,
  writeBigFile,
  writeFolder,
} from "./single.mjs";
import { shape, writeSources, writeStepwell } from "./workloads.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const quick = process.argv.includes("--quick");
const reps = quick ? 1 : 3;
const lines = [];
const say = (line) => {
  lines.push(line);
  process.stdout.write(`${line}\n`);
};
const load = os.loadavg()[0].toFixed(1);
const of = (figures) => `${figures.cpu.toFixed(2)} / ${figures.wall.toFixed(2)}`;
const times = (a, b) => `${(a / b).toFixed(2)} ×`;

const { program: doit = null, skipped } = await findProgram(
  "doit",
  path.join(root, "node_modules", ".cache", "bench-doit"),
);
if (skipped !== undefined) process.stdout.write(`skipped: ${skipped}\n`);
say(
  "| workload | system | cold, cpu / wall s | unchanged | one source changed | largest process MB |",
);
say("|---|---|---|---|---|---|");
const stepwell = new Map();
for (const [kind, n, repetitions] of [
  ["wide", 1000, reps],
  ["chain", 1000, reps],
  ["layered", 1000, reps],
  ...(quick ? [] : [["wide", 10_000, 1]]),
]) {
  const rows = measureGraphs({ kind, n, reps: repetitions, doit });
  for (const row of rows) {
    const { cold, warm, touched } = row;
    const mb = Math.max(cold.rssMb, warm.rssMb).toFixed(0);
    say(`| ${row.workload} | ${row.system} | ${of(cold)} | ${of(warm)} | ${of(touched)} | ${mb} |`);
  }
  const find = (system) => rows.find((row) => row.system === system);
  stepwell.set(`${kind} ${n}`, find("Stepwell"));
  const [dash, bash, ours] = ["ninja, dash step", "ninja, bash step", "Stepwell"].map(find);
  say(
    `| ${kind} ${n} | **Stepwell : ninja with bash (dash), cpu** | ${times(ours.cold.cpu, bash.cold.cpu)} (${times(ours.cold.cpu, dash.cold.cpu)}) | | | |`,
  );
}

say("\n| what | figure | goal | must |\n|---|---|---|---|");
const first = measureFirstStep(reps * 2);
say(
  `| command → its step's process starts (first run of a workspace) | ${first.later.toFixed(2)} s (${first.first.toFixed(2)} s) | 0.11 s | 0.3 s |`,
);
const none = measureInput({ type: "uri_file", write: writeBigFile(10), reps });
const folder = measureInput({ type: "uri_folder", write: writeFolder(10_000, 4096), reps });
say(
  `| input folder of 10,000 × 4 KiB, cpu: first / unchanged | ${(folder.cold.cpu - none.cold.cpu).toFixed(2)} / ${(folder.warm.cpu - none.warm.cpu).toFixed(2)} s | 0.35 / 0.15 s | 2 × |`,
);
const bytes = quick ? 2 ** 28 : 2 ** 31;
const file = measureInput({ type: "uri_file", write: writeBigFile(bytes), reps: 1 });
say(
  `| file of ${bytes / 2 ** 20} MiB: first / unchanged, cpu | ${(bytes / 1e9 / (file.cold.cpu - none.cold.cpu)).toFixed(2)} GB/s / ${((file.warm.cpu - none.warm.cpu) * 1000).toFixed(0)} ms | 1.2 GB/s / 5 ms | 2 × |`,
);
const python = measurePythonSteps(200, reps);
const added = (python.steps.cpu - python.empty.cpu) / python.bare.cpu - 1;
say(
  `| Python steps (plain words, started without bash): cpu over the bare interpreter | ${(added * 100).toFixed(1)} % | 5 % | 10 % |`,
);
const code = measureSharedCode(quick ? 100 : 1000, 1000);
say(
  `| ${quick ? 100 : 1000} steps sharing 1,000 files of code: cpu, longest pause of the engine (planning, the first 1.5 s, left out), most work folders | ${code.cpu.toFixed(1)} s, ${code.pauseMs.toFixed(0)} ms, ${code.workFolders} | –, 50 ms, bounded | |`,
);
const [few, many] = [1000, 10_000].map((n) => measureFromCode(n, reps));
say(
  `| a pipeline in TypeScript of 1,000 / 10,000 steps: cpu of building it and writing its job | ${few.toFixed(2)} / ${many.toFixed(2)} s | –, 1 s | –, 1 s |`,
);
if (!quick) {
  const [small, large] = [stepwell.get("wide 1000"), stepwell.get("wide 10000")];
  say(
    `| growth of cpu, 1,000 → 10,000 steps | ${times(large.cold.cpu, small.cold.cpu)} | 10.5 × | 12 × |`,
  );
  const at = large.cold.rssMb.toFixed(0);
  say(
    `| memory at 10,000 steps: cold / unchanged | ${at} / ${large.warm.rssMb.toFixed(0)} MB | 110 MB | 150 MB |`,
  );
}
if (process.argv.includes("--huge")) {
  const n = 100_000;
  const place = freshFolder();
  const work = shape("wide", n);
  writeSources(place, work);
  writeStepwell(place, work);
  const cold = runStepwell(place);
  const warm = runStepwell(place);
  say(`| 100,000 steps: cold / unchanged, cpu / wall s | ${of(cold)} / ${of(warm)} | | |`);
  say(
    `| memory at 100,000 steps: cold / unchanged | ${cold.rssMb.toFixed(0)} / ${warm.rssMb.toFixed(0)} MB | 300 MB | 600 MB |`,
  );
}
const bare = measure(freshFolder(), [process.execPath, "-e", "0"]);
removeFolders();
if (process.argv.includes("--write")) write();

function version(program, ...words) {
  return execFileSync(program, words, { encoding: "utf8" }).trim().split("\n")[0];
}

function write() {
  const cpu = `${os.cpus().length} cores, ${os.cpus()[0]?.model ?? "?"}`;
  const tools = `Node ${process.version}, ninja ${version("ninja", "--version")}${doit === null ? "" : `, doit ${version(doit, "--version").split(" ")[0]}`}`;
  const page = `# Benchmarks

Made by \`npm run bench -- ${process.argv.slice(2).join(" ")}\` on ${new Date().toISOString().slice(0, 10)}: ${cpu}, load ${load} at the start; ${tools}; an empty Node process
costs ${bare.cpu.toFixed(3)} s cpu in this run. One step is one shell process with a declared input and output; for Stepwell it is \`bash -c\` with
everything on: work folder, log, content hashing, durable records. Each figure is the best of its repetitions, each in a fresh folder. Compare
ratios, not seconds. ninja keeps no outputs, logs or lineage; its bash step is the same process as ours.

${lines.join("\n")}
`;
  const place = path.join(root, "docs", "benchmarks.md");
  // What stands under headings is made by other programs of ours.
  const [others = ""] = /\n## [\s\S]*$/.exec(fs.readFileSync(place, "utf8")) ?? [];
  fs.writeFileSync(place, page + others);
}
