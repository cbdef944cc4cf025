// Writes the page that people read: the scores, and the columns that vary most.
import fs from "node:fs";

const [summaryFile, scoresFile, page] = process.argv.slice(2);
const summary = Object.entries(JSON.parse(fs.readFileSync(summaryFile, "utf8")));
const scores = JSON.parse(fs.readFileSync(scoresFile, "utf8"));
const widest = summary.sort(([, a], [, b]) => b.std - a.std).slice(0, 5);
fs.writeFileSync(
  page,
  [
    "# Tumours",
    "",
    ...Object.entries(scores).map(([name, value]) => `- ${name}: ${value.toFixed(4)}`),
    "",
    "| column | mean | spread |",
    "|---|---|---|",
    ...widest.map(([name, row]) => `| ${name} | ${row.mean} | ${row.std} |`),
    "",
  ].join("\n"),
);
