// What README shows of `stepwell demo`: the part of its output that a reader needs, and the shape of it, which is the
// same on every machine. Does not know how the demo is run.

import fs from "node:fs";
import path from "node:path";
import { ROOT } from "./repository.ts";

/** From the second run on, without metrics, ids and notices: what was decided, and why. */
export function transcriptOf(output: string): string {
  const from = output.indexOf("\nRun it again");
  const to = output.indexOf("\nDone.");
  if (from < 0 || to < from) throw new Error(`this is not the demo's output:\n${output}`);
  return output
    .slice(from, to)
    .split("\n")
    .filter((line) => !/^(metrics| {2}evaluate\.|run tumours|\w+ sha256:)/.test(line))
    .join("\n")
    .trim();
}

/** The transcript without what differs from run to run: times, the two numbers that the demo takes from the clock, columns. */
export function shapeOf(transcript: string): readonly string[] {
  return transcript
    .replace(/~?\b\d+(?:\.\d+)? (?:ms|s|min|h)\b/g, "TIME")
    .replace(/(# note )\d+/g, "$1NUMBER")
    .replace(/(trees=|trees 300 → )\d+/g, "$1NUMBER")
    .split("\n")
    .map((line) => line.replace(/ +/g, " ").trim());
}

const README = path.join(ROOT, "README.md");
const MARKED = /(<!-- transcript -->\n```\n)([\s\S]*?)(\n```\n<!-- \/transcript -->)/;

export function readTranscript(): string {
  const found = MARKED.exec(fs.readFileSync(README, "utf8"));
  if (found === null) throw new Error("README.md has no marks of a transcript");
  return found[2] ?? "";
}

export function writeTranscript(text: string): void {
  const before = fs.readFileSync(README, "utf8");
  const after = before.replace(MARKED, (_, open, __, close) => `${open}${text}${close}`);
  fs.writeFileSync(README, after);
}

/** The YAML file that README calls whole: two of the demo's steps. */
export function readmePipeline(): string {
  const found = /## A whole file\b.*\n[\s\S]*?```yaml\n([\s\S]*?)```/.exec(
    fs.readFileSync(README, "utf8"),
  );
  if (found === null) throw new Error("README.md shows no whole file");
  return found[1] ?? "";
}
