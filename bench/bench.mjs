// Measures Stepwell against ninja in the same run: cpu of all processes and wall time, the best of a few fresh folders.
// `npm run bench -- --n 1000 --reps 3 --write` also writes docs/benchmarks.md. Ratios count: machines are noisy.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { shape, writeNinja, writeSources, writeStepwell } from "./workloads.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const cli = path.join(path.dirname(here), "dist", "stepwell.js");
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const n = Number(option("n", "1000"));
const reps = Number(option("reps", "3"));
const base = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-bench-"));

const SYSTEMS = {
  "ninja (dash step)": {
    write: (f, s) => writeNinja(f, s, false),
    command: ["ninja", "--quiet", "-j2"],
  },
  "ninja (bash step)": {
    write: (f, s) => writeNinja(f, s, true),
    command: ["ninja", "--quiet", "-j2"],
  },
  stepwell: { write: writeStepwell, command: [process.execPath, cli, "run", "pipeline.yml"] },
};

const rows = [];
for (const kind of ["wide", "chain", "layered"]) {
  const work = shape(kind, n);
  for (const [name, system] of Object.entries(SYSTEMS)) {
    const cold = [];
    const warm = [];
    const touched = [];
    for (let rep = 0; rep < reps; rep += 1) {
      const folder = path.join(base, `${kind}-${name}-${rep}`.replaceAll(/[^a-z0-9-]/g, "_"));
      writeSources(folder, work);
      system.write(folder, work);
      cold.push(measure(folder, system.command));
      warm.push(measure(folder, system.command));
      fs.writeFileSync(path.join(folder, "in", "0"), `b${rep}\n`);
      touched.push(measure(folder, system.command));
      fs.rmSync(folder, { recursive: true, force: true });
    }
    rows.push([`${kind} ${n}`, name, best(cold), best(warm), best(touched)]);
    process.stdout.write(`${rows.at(-1).join(" | ")}\n`);
  }
}
fs.rmSync(base, { recursive: true, force: true });
const table = [
  "| workload | system | cold cpu / wall s | unchanged cpu / wall s | one source changed cpu / wall s |",
  "|---|---|---|---|---|",
  ...rows.map((row) => `| ${row.join(" | ")} |`),
].join("\n");
if (process.argv.includes("--write")) write(table);

function measure(folder, command) {
  const words = [path.join(here, "measure.py"), ...command];
  const figures = JSON.parse(execFileSync("python3", words, { cwd: folder, encoding: "utf8" }));
  if (figures.code !== 0)
    throw new Error(`${command.join(" ")} ended with ${figures.code} in ${folder}`);
  return figures;
}

/** The run with the least cpu: noise only adds. */
function best(all) {
  const [least] = all.toSorted((a, b) => a.cpu - b.cpu);
  return `${least.cpu.toFixed(2)} / ${least.wall.toFixed(2)}`;
}

function write(text) {
  const machine = `${os.cpus().length} cores, ${os.cpus()[0]?.model ?? "?"}, Node ${process.version}, load ${os.loadavg()[0].toFixed(1)}`;
  const page = `# Benchmarks

Made by \`npm run bench -- --n ${n} --reps ${reps} --write\`. ${machine}. One step is one shell process with a declared input and output;
for Stepwell with everything on: work folder, log, content hashing, durable records. Compare ratios, not seconds.

${text}
`;
  fs.writeFileSync(path.join(path.dirname(here), "docs", "benchmarks.md"), page);
}
