// Writes what was measured into docs/reuse-trial.md, between its marks. Rows are systems, columns are edits.

import fs from "node:fs";
import os from "node:os";
import { EDITS, tell } from "./trial.mjs";

/** The table, and below it which systems were left out and why. */
export function tableOf(outcomes) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const lines = [
    row(["system", ...EDITS.map((edit) => edit.title)]),
    `|${"---|".repeat(EDITS.length + 1)}`,
    row(["*what is needed*", ...EDITS.map((edit) => `*${edit.ideal}*`)]),
  ];
  for (const { system, version, variants } of outcomes.filter((each) => !each.skipped)) {
    for (const { variant, cells } of variants)
      lines.push(row([`**${system.name}** ${version}, ${variant.title}`, ...cells.map(tell)]));
  }
  const skipped = outcomes.filter((each) => each.skipped !== undefined);
  for (const { system, skipped: reason } of skipped)
    lines.push("", `${system.name} was skipped: ${reason}.`);
  return lines.join("\n");
}

export function writePage(file, outcomes) {
  const day = new Date().toISOString().slice(0, 10);
  const where = `${os.type()}, Node ${process.versions.node}`;
  const notes = outcomes.flatMap(({ system, skipped }) =>
    skipped === undefined ? [`- **${system.name}**: ${system.says}`] : [],
  );
  const made = `Measured on ${day} (${where}).\n\n${tableOf(outcomes)}\n\n${notes.join("\n")}`;
  const before = fs.readFileSync(file, "utf8");
  const after = before.replace(
    /(<!-- trial -->\n)[\s\S]*(<!-- \/trial -->)/,
    (_, open, close) => `${open}${made}\n${close}`,
  );
  fs.writeFileSync(file, after);
}
