// `npm run reuse-trial [-- PEER …]`: the same two steps and the same seven edits under Stepwell and six peers, each as it
// ships and with the cure that its documents give. Says which steps really ran and whether the answer is right.
// `--write` puts the table into docs/reuse-trial.md; `--at FOLDER` keeps the peers' environments there.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeEnvironment } from "./environments.mjs";
import { tableOf, writePage } from "./page.mjs";
import dvc from "./peers/dvc.mjs";
import flyte from "./peers/flyte.mjs";
import prefect from "./peers/prefect.mjs";
import redun from "./peers/redun.mjs";
import snakemake from "./peers/snakemake.mjs";
import stepwell from "./peers/stepwell.mjs";
import zenml from "./peers/zenml.mjs";
import { tryVariant } from "./trial.mjs";

const SYSTEMS = [stepwell, prefect, flyte, zenml, redun, dvc, snakemake];
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const say = (line) => process.stdout.write(`${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false }, at: { type: "string" } },
});
const names = SYSTEMS.map((system) => system.name.toLowerCase());
const unknown = positionals.filter((word) => !names.includes(word.toLowerCase()));
if (unknown.length > 0) fail(`no system ${unknown.join(", ")}; there are ${names.join(", ")}`);
if (values.write && positionals.length > 0) fail("--write goes with all systems: name none");
const wanted = positionals.length === 0 ? names : positionals.map((word) => word.toLowerCase());
const at = path.resolve(values.at ?? path.join(root, "node_modules", ".cache", "reuse-trial"));
fs.mkdirSync(at, { recursive: true });

const outcomes = [];
for (const system of SYSTEMS.filter((each) => wanted.includes(each.name.toLowerCase()))) {
  const environment = await makeEnvironment(system, { at, root });
  if (environment.skipped !== undefined) {
    say(`${system.name} skipped: ${environment.skipped}`);
    outcomes.push({ system, skipped: environment.skipped });
    continue;
  }
  const variants = [];
  for (const variant of system.variants) {
    say(`${system.name} ${environment.version}, ${variant.title}`);
    const cells = await tryVariant({ system, variant, environment, say });
    variants.push({ variant, cells });
  }
  outcomes.push({ system, version: environment.version, variants });
}
say(`\n${tableOf(outcomes)}`);
if (values.write) writePage(path.join(root, "docs", "reuse-trial.md"), outcomes);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
