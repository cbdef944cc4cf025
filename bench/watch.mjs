// Measures what it costs a Python step that it is watched, and what that makes of a step as people have them.
// `node bench/watch.mjs [PYTHON]`; docs/guides/trust.md has the figures.

import { execFileSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const hook = path.join(path.dirname(here), "python", "watch");
const python = process.argv[2] ?? "python3";
const words = [path.join(here, "watch.py"), hook];
const figures = JSON.parse(execFileSync(python, words, { encoding: "utf8" }));
const added = (name) => figures[name][1] - figures[name][0];

/** Counted in a step that reads a CSV with pandas and cross-validates a forest of scikit-learn's: 2.5 s of cpu. */
const TYPICAL = { events: 63_678, opens: 1_340, seconds: 2.5 };

const rows = [
  ["the start of a Python", "start", 1e6, "ms"],
  ["a file of its inputs or its environment opened", "input", 1e3, "µs"],
  ["another file opened, again and again", "other", 1e3, "µs"],
  ["any other audited event (`id()`, an import)", "event", 1e3, "µs"],
];
process.stdout.write("| watched | without | with | added |\n|---|---|---|---|\n");
for (const [what, name, unit, label] of rows) {
  const shown = (value) => `${(value / unit).toFixed(2)} ${label}`;
  const [without, with_] = figures[name];
  process.stdout.write(
    `| ${what} | ${shown(without)} | ${shown(with_)} | ${shown(added(name))} |\n`,
  );
}
const total = added("start") + TYPICAL.opens * added("input") + TYPICAL.events * added("event");
const share = (100 * total) / (TYPICAL.seconds * 1e9);
process.stdout.write(
  `\nA step that reads a table with pandas and fits a forest of scikit-learn's (${TYPICAL.seconds} s, ${TYPICAL.events} events, ${TYPICAL.opens} files opened): ${(total / 1e6).toFixed(0)} ms more, ${share.toFixed(2)} %.\n`,
);
