// Measures transfers against rclone on the same servers and the same files, and prints the table of docs/benchmarks.md.
// `npm run bench:transfer`; `-- --quick` with a tenth of the bytes; `-- --write` also writes the page. Ratios count.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freshFolder, measure, removeFolders, STEPWELL } from "../measure.mjs";
import { localFolder, onPath, startS3, startSftp, stopServers } from "./servers.mjs";

const quick = process.argv.includes("--quick");
/** Ours and theirs in turns; the median of each counts. */
const REPETITIONS = 3;
const LARGE_BYTES = (quick ? 2 ** 28 : 2 ** 30) + 12345;
const SMALL_FILES = quick ? 1000 : 10_000;
const rclone = onPath("rclone");
const load = os.loadavg()[0].toFixed(1);
const lines = [];
const say = (line) => {
  lines.push(line);
  process.stdout.write(`${line}\n`);
};

// rclone 1.60 cannot be handed certificates this way, and no server here needs any.
delete process.env.AWS_CA_BUNDLE;
if (rclone === null) {
  process.stdout.write("skipped: rclone is not on PATH (apt-get install rclone)\n");
  process.exit(0);
}
const base = freshFolder();
writeSources();
say(
  "| what | where | Stepwell, s (largest process MB) | rclone, s | Stepwell : rclone, throughput |",
);
say("|---|---|---|---|---|");
try {
  for (const [name, place] of [
    ["folder", localFolder(base)],
    ["S3 (versitygw)", await startS3(base)],
    ["SFTP (sshd)", await startSftp(base)],
  ]) {
    if (place.skipped !== undefined) process.stdout.write(`skipped: ${name}: ${place.skipped}\n`);
    else measurePlace(name, place);
  }
} finally {
  stopServers();
}
if (process.argv.includes("--write")) write();
removeFolders();

function writeSources() {
  fs.mkdirSync(path.join(base, "large"));
  fs.mkdirSync(path.join(base, "small"));
  execFileSync("sh", [
    "-c",
    `head -c ${LARGE_BYTES} /dev/urandom > ${path.join(base, "large", "file.bin")}`,
  ]);
  for (let index = 0; index < SMALL_FILES; index += 1) {
    const folder = path.join(base, "small", `d${index % 100}`);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, `${index}.bin`), Buffer.alloc(4096, index));
  }
}

function measurePlace(name, place) {
  const workspace = freshFolder();
  fs.mkdirSync(path.join(workspace, ".git"));
  fs.writeFileSync(path.join(workspace, "place.yml"), `name: place\n${place.datastore}`);
  const words = ["--workspace", workspace];
  measure(workspace, [...STEPWELL, ...words, "datastore", "create", "place.yml"]);
  for (const [what, source] of [
    [`one file of ${Math.round(LARGE_BYTES / 2 ** 20)} MiB`, "large"],
    [`${SMALL_FILES.toLocaleString("en-US")} files of 4 KiB`, "small"],
  ]) {
    const up = pair(
      place,
      (to) => ({
        ours: orderUp(path.join(base, source), `ours-${to}`),
        theirs: ["copy", path.join(base, source), `${place.remote}/theirs-${to}`],
      }),
      workspace,
    );
    row(`${what}, there`, name, up);
    const down = pair(
      place,
      (to) => ({
        ours: orderDown(workspace, `ours-${source}-0`, path.join(base, `down-${to}`)),
        theirs: ["copy", `${place.remote}/ours-${source}-0`, path.join(base, `their-down-${to}`)],
      }),
      workspace,
    );
    row(`${what}, back`, name, down);

    function pair(at, make, folder) {
      const ours = [];
      const theirs = [];
      for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
        const { ours: order, theirs: copy } = make(`${source}-${repetition}`);
        const command = [...STEPWELL, ...words, "transfer-step", order];
        ours.push(measure(folder, command, at.environment));
        // Versitygw answers no Expect header; waiting a second for it each time would be no comparison.
        const patience = ["--expect-continue-timeout", "0"];
        const options = ["--config", "/dev/null", "--s3-no-check-bucket", "-q", ...patience];
        theirs.push(measure(folder, [rclone, ...copy, ...options], at.environment));
      }
      return { ours: middle(ours), theirs: middle(theirs) };
    }
  }
}

function middle(all) {
  return all.toSorted((one, other) => one.wall - other.wall)[all.length >> 1];
}

function row(what, where, { ours, theirs }) {
  const ratio = (theirs.wall / ours.wall).toFixed(2);
  say(
    `| ${what} | ${where} | ${ours.wall.toFixed(2)} (${ours.rssMb.toFixed(0)}) | ${theirs.wall.toFixed(2)} | ${ratio} × |`,
  );
}

/** The order of an attempt that exports a folder; the program is the one that steps run. */
function orderUp(folder, to) {
  return writeOrder({
    settings: {
      task: "export_data",
      sink: { type: "file_system", connection: "place", path: to, mode: "merge_with_overwrite" },
    },
    inputs: [{ name: "source", kind: "folder", path: folder, remote: null }],
    output: null,
  });
}

function orderDown(workspace, from, folder) {
  const target = fs.mkdtempSync(folder);
  const reference = { kind: "datastore", datastore: "place", path: from };
  const root = path.join(base, "local", from);
  const isLocal = fs.readFileSync(path.join(workspace, "place.yml"), "utf8").includes("type: file");
  return writeOrder({
    settings: { task: "import_data", source: { type: "file_system" } },
    inputs: [
      {
        name: "source",
        kind: "folder",
        path: root,
        remote: isLocal ? null : { reference, version: "", direct: true },
      },
    ],
    output: { path: target, kind: "folder", isTable: false },
  });
}

function writeOrder(order) {
  const place = freshFolder();
  const file = path.join(place, "order.json");
  fs.writeFileSync(file, JSON.stringify({ ...order, journalFolder: path.join(place, "journal") }));
  return file;
}

function write() {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
  const page = path.join(root, "docs", "benchmarks.md");
  const version = execFileSync(rclone, ["version"], { encoding: "utf8" }).split("\n")[0];
  const text = fs.readFileSync(page, "utf8").replace(/\n## Transfers[\s\S]*$/, "");
  fs.writeFileSync(
    page,
    `${text}
## Transfers

Made by \`npm run bench:transfer -- --write\` on ${new Date().toISOString().slice(0, 10)} against ${version} with its own settings, on
${os.cpus().length} cores with load ${load} at the start and ${os.loadavg()[1].toFixed(1)} at the end, this program included: with more load than cores even ratios
are rough. Both are one process on the same files and the same server of this machine, in turns, the median of ${REPETITIONS} each;
Stepwell opens its workspace, hashes every byte, keeps a journal and makes what it writes to datastores durable, which rclone
does not. What comes back is the output of a step: the engine syncs that once after the step has ended, outside of these figures.
A ratio above 1 means that Stepwell was faster.

${lines.join("\n")}
`,
  );
}
