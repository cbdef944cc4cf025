// How the commands of every day fare in a workspace of a million runs. `node bench/million.mjs [--runs N] [--write]`: two runs
// by the command line, the second one copied a million times in the database (about 3 GB in a temporary folder, minutes).

import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { freshFolder, measure, removeFolders, STEPWELL } from "./measure.mjs";

const at = process.argv.indexOf("--runs");
const RUNS = at === -1 ? 1_000_000 : Number(process.argv[at + 1]);
const HEADING = "## A workspace of a million runs";

const PIPELINE = `type: pipeline
jobs:
  prepare: {command: 'echo 1 > \${{outputs.rows}}', outputs: {rows: {type: uri_file}}}
  train:
    command: cat \${{inputs.rows}}
    inputs: {rows: '\${{parent.jobs.prepare.outputs.rows}}'}
    reuse: never
`;

/** Half a minute apart, all before the runs of today: a million take a year. */
const MOMENT = (column) => `${column} - ${(RUNS + 10) * 30_000} + n * 30000`;

const COPIES = {
  run: `select workspace, 'p-' || n, created_by, ${MOMENT("created_at")}, pipeline, experiment, display_name, description, tags,
    status, ${MOMENT("started_at")}, ${MOMENT("ended_at")}, priority, detached, owner, null, plan_id, counts, origin, last_seq,
    lasting_seq, 0 from run, copies where name = 'p-2'`,
  event: "select workspace, 'p-' || n, seq, format, body from copies, event where run = 'p-2'",
  result: `select workspace, 'p-' || n, seq, created_by, ${MOMENT("created_at")}, fingerprint, static_id, path, duration_ms, 0,
    null, 0 from copies, result where run = 'p-2'`,
  attempt: `select workspace, 'p-' || n, path, number, created_by, ${MOMENT("created_at")}, epoch, attempt_id, fingerprint,
    ${MOMENT("ended_at")}, seq, ended_seq from copies, attempt where run = 'p-2'`,
  reuse: "select workspace, made_by, 'p-' || n from copies, reuse where run = 'p-2'",
  input: `select workspace, content_id, ${MOMENT("created_at")}, 'p-' || n, seq, name, from_run, from_seq
    from copies, input where run = 'p-2'`,
};

function fill(file) {
  const Libsql = createRequire(import.meta.url)("libsql");
  const database = new Libsql(file);
  database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN");
  database.exec(`create temp table copies as with recursive counted(n) as (select 3 union all
    select n + 1 from counted where n < ${RUNS}) select n from counted`);
  for (const [table, rows] of Object.entries(COPIES)) database.exec(`insert into ${table} ${rows}`);
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

function write(lines) {
  const page = new URL("../docs/benchmarks.md", import.meta.url);
  const own = new RegExp(`\\n${HEADING}[\\s\\S]*?(?=\\n## |$)`);
  const text = fs.readFileSync(page, "utf8").replace(own, "");
  const section = `\n${HEADING}\n\n${lines.join("\n")}\n`;
  fs.writeFileSync(
    page,
    text.replace(/(?=\n## Transfers)|$/, () => section),
  );
}

const folder = freshFolder();
fs.mkdirSync(path.join(folder, ".git"));
fs.writeFileSync(path.join(folder, "p.yml"), PIPELINE);
const cli = (...words) => measure(folder, [...STEPWELL, ...words]);
try {
  cli("run", "p.yml");
  cli("run", "p.yml");
  const file = path.join(folder, ".stepwell", "stepwell.db");
  fill(file);
  const middle = `p-${Math.floor(RUNS / 2)}`;
  const size = (fs.statSync(file).size / 1e9).toFixed(1);
  const lines = [
    `Made by \`node bench/million.mjs --write\` on ${new Date().toISOString().slice(0, 10)}: ${RUNS.toLocaleString("en-US")} runs of one`,
    `pipeline of two steps in a year, one of which ran in each; ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}. The database holds ${size} GB.`,
    "",
    "| command | cpu / wall s | largest process MB |",
    "|---|---|---|",
  ];
  for (const words of [
    ["runs"],
    ["show", middle],
    ["plan", "p.yml"],
    ["run", "p.yml"],
    ["why", middle, "train"],
    ["diff", middle, "last"],
    ["runs", "--tag", "team=nobody"],
    ["gc", "--dry-run"],
    ["du"],
  ]) {
    const { cpu, wall, rssMb } = cli(...words);
    lines.push(
      `| \`${words.join(" ")}\` | ${cpu.toFixed(2)} / ${wall.toFixed(2)} | ${rssMb.toFixed(0)} |`,
    );
  }
  process.stdout.write(`${lines.join("\n")}\n`);
  if (process.argv.includes("--write")) write(lines);
} finally {
  removeFolders();
}
