// How long `lineage` takes in a workspace of a million edges: a chain of 10,000 steps, a data asset with 100,000 readers, and
// many small runs. `node bench/lineage.mjs [--edges N]` makes the database (about 2 GB) in a temporary folder.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../dist/stepwell.js", import.meta.url));
const EDGES = process.argv[2] === "--edges" ? Number(process.argv[3]) : 1_000_000;
const CHAIN = 10_000;
const FAN = 100_000;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-lineage-"));

const id = (text) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const cli = (...words) =>
  execFileSync(process.execPath, [CLI, "--workspace", folder, ...words], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });

const COUNTS = JSON.stringify({ total: 1, ran: 1, reused: 0, failed: 0 });
const ORIGIN = JSON.stringify({
  user: "ann",
  host: "here",
  commandLine: [],
  workingFolder: "/",
  file: null,
  git: [],
});

const INSERTS = {
  run: `insert into run(workspace, name, created_by, created_at, pipeline, experiment, tags, status,
    started_at, ended_at, priority, detached, plan_id, counts, origin)
    values('local', ?, 'ann', ?, 'bench', 'bench', '{}', 'Completed', 1, 2, 0, 0, 'plan', ?, ?)`,
  event: "insert into event(workspace, run, seq, format, body) values('local', ?, ?, 1, ?)",
  result: `insert into result(workspace, run, seq, created_by, created_at, fingerprint, static_id,
    path, duration_ms) values('local', ?, ?, 'engine', ?, ?, 'static', ?, 1000)`,
  image: "insert into pre_image(workspace, fingerprint, body) values('local', ?, ?)",
  output: `insert into output(workspace, content_id, created_at, run, seq, name)
    values('local', ?, ?, ?, ?, 'out')`,
  input: `insert into input(workspace, content_id, created_at, run, seq, name, from_run, from_seq)
    values('local', ?, ?, ?, ?, ?, ?, ?)`,
};

/** What a run records of a step that read `inputs` and made one output. */
function recorded({ name, step, at, inputs }) {
  const made = id(`${name} ${step}`);
  const fingerprint = id(`fingerprint ${name} ${step}`);
  const record = { kind: "file", id: made, sizeBytes: 1, files: 1, seal: "", type: "uri_file" };
  const outputs = { out: { ...record, path: `/store/${name}/${step}` } };
  const logged = { metrics: {}, loggedParameters: {}, artifacts: null, warnings: [] };
  const head = { kind: "step_completed", at, step: 0, path: step, fingerprint };
  const event = {
    ...head,
    staticId: "static",
    durationMs: 1000,
    result: { outputs, ...logged },
    inputs,
  };
  const contents = Object.entries(inputs).map(([port, read]) => [port, [read.id, null]]);
  const image = {
    node: { parameters: { alpha: ["number", "0.1"] }, command: "python train.py" },
    moment: {
      code: id("code"),
      environment: id("env"),
      passEnv: [],
      contents: Object.fromEntries(contents),
    },
  };
  return { made, fingerprint, event: JSON.stringify(event), image: JSON.stringify(image) };
}

function createWriter(database) {
  const entries = Object.entries(INSERTS).map(([name, sql]) => [name, database.prepare(sql)]);
  const insert = Object.fromEntries(entries);
  let edges = 0;
  return {
    edges: () => edges,
    run: (name, at) => insert.run.run(name, at, COUNTS, ORIGIN),
    step(name, seq, step, at, inputs) {
      const { made, fingerprint, event, image } = recorded({ name, step, at, inputs });
      insert.event.run(name, seq, event);
      insert.result.run(name, seq, at, fingerprint, step);
      insert.image.run(fingerprint, image);
      insert.output.run(made, at, name, seq);
      for (const [port, read] of Object.entries(inputs))
        insert.input.run(
          read.id,
          at,
          name,
          seq,
          port,
          read.from?.run ?? null,
          read.from?.seq ?? null,
        );
      edges += 1 + Object.keys(inputs).length;
      return { id: made, from: { run: name, seq, output: "out" } };
    },
  };
}

function fill(database) {
  const writer = createWriter(database);
  const data = { id: id("data"), written: "azureml:big:1", asset: "big:1" };
  writer.run("chain", 1);
  let last = data;
  for (let at = 1; at <= CHAIN; at += 1)
    last = writer.step("chain", at, `s${at}`, at, { in: last });
  for (let at = 0; at < FAN; at += 1) {
    writer.run(`fan-${at}`, 20_000 + at);
    writer.step(`fan-${at}`, 1, "read", 20_000 + at, { in: data });
  }
  for (let at = 0; writer.edges() < EDGES; at += 1) {
    const name = `small-${at}`;
    writer.run(name, 200_000 + at);
    const outside = {
      id: id(`data ${at % 500}`),
      written: "azureml:some:1",
      asset: `some:${at % 500}`,
    };
    let made = writer.step(name, 1, "prepare", 200_000 + at, { data: outside });
    for (let step = 2; step <= 5; step += 1)
      made = writer.step(name, step, `s${step}`, 200_000 + at, { rows: made, data: outside });
  }
  const asset =
    database.prepare(`insert into asset(workspace, kind, name, version, created_by, created_at, content_id, definition,
    tags, sequence) values('local', 'data', ?, ?, 'ann', 0, ?, ?, '{}', ?)`);
  const definition = JSON.stringify({
    type: "uri_file",
    reference: { kind: "local", path: "/data" },
    contentId: null,
  });
  asset.run("big", "1", id("data"), definition, 1);
  for (let at = 0; at < 500; at += 1)
    asset.run("some", String(at), id(`data ${at}`), definition, at + 1);
  return writer.edges();
}

function measure(title, words) {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const text = cli(...words);
    return { ms: performance.now() - start, text };
  });
  const best = Math.min(...times.map(({ ms }) => ms));
  return { title, best, text: times[0].text };
}

try {
  fs.mkdirSync(path.join(folder, ".git"));
  execFileSync(
    process.execPath,
    [CLI, "--workspace", folder, "data", "create", "--name", "x", "--path", CLI],
    { stdio: "ignore" },
  );
  const Libsql = createRequire(import.meta.url)("libsql");
  const file = path.join(folder, ".stepwell/stepwell.db");
  const database = new Libsql(file);
  database.exec("PRAGMA synchronous=OFF; BEGIN");
  const edges = fill(database);
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  console.log(
    `${edges.toLocaleString("en-US")} edges, ${Math.round(fs.statSync(file).size / 1e6)} MB`,
  );
  const base = measure("nothing: stepwell runs --limit 1", ["runs", "--limit", "1"]);
  const small = JSON.parse(cli("lineage", "data:some:7", "--json"));
  const rows = [
    base,
    measure("an asset in 200 runs of 5 steps (data:some:7)", ["lineage", "data:some:7", "--json"]),
    measure("an output of such a run", ["lineage", id("small-7 s5"), "--json"]),
    measure("100,000 readers (data:big:1 --down)", ["lineage", "data:big:1", "--down"]),
    measure("the end of a chain of 10,000 steps", ["lineage", id("chain s10000"), "--up"]),
    measure("the same, all of it", ["lineage", id("chain s10000"), "--up", "--limit", "50000"]),
    measure("a content id that begins so", ["lineage", id("small-9 s3").slice(0, 20), "--json"]),
  ];
  for (const { title, best } of rows)
    console.log(
      `${String(Math.round(best)).padStart(6)} ms  ${String(Math.round(best - base.best)).padStart(6)} ms beyond nothing  ${title}`,
    );
  console.log(`nodes shown of data:some:7: ${small.nodes.length}`);
  console.log(
    rows[3].text
      .split("\n")
      .filter((line) => /and [\d,]+ more/.test(line))
      .join("\n"),
  );
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
