// Tells an address or a command something from within a run. The address comes from a variable and is never shown.

import fs from "node:fs";
import path from "node:path";
import { sendNotification } from "../../src/operations/runs/send-notification.ts";
import type { NotifyRule } from "../../src/spec/notify-rules.ts";
import { type Program, runProgram, StepFailure } from "../runtime/program.ts";

/** Of a file that is told with the message. */
const MOST_DETAILS_BYTES = 64 << 10;

runProgram(async (program) => {
  const target = targetOf(program);
  const { STEPWELL_RUN: run = "", STEPWELL_STEP: step = "" } = process.env;
  const text = program.needed("message");
  const body = JSON.stringify({ text, run, step, details: detailsOf(program.input("details")) });
  const variables = { ...process.env, STEPWELL_MESSAGE: text };
  const problem = await sendNotification(
    { on: [], target },
    { body, variables, folder: process.cwd() },
  );
  const what =
    target.kind === "command" ? "the command" : `the webhook at ${new URL(target.url).host}`;
  if (problem === null) return program.say(`told ${what}`);
  const message = `${what} could not be told: ${problem}`;
  if (program.needed("on_failure") === "warn") return program.warn(message);
  throw new StepFailure(message, "with on_failure: warn the run goes on without it");
});

function targetOf(program: Program): NotifyRule["target"] {
  const command = program.input("command");
  if (command !== null) return { kind: "command", command };
  const name = program.needed("webhook_variable");
  const url = process.env[name];
  if (url === undefined || url === "")
    throw new StepFailure(
      `the variable ${name}, which is to hold the address, is not set`,
      `keep the address as a secret (stepwell secret set hook) and hand it over in stepwell.yml: pass_env: [{name: ${name}, secret: hook}]`,
    );
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return { kind: "webhook", url };
  throw new StepFailure(
    `the variable ${name} holds no http or https address`,
    "set it to https://…",
  );
}

/** A small text or JSON file, or `report.json`, `profile.json` or the one file of a folder. */
function detailsOf(at: string | null): unknown {
  if (at === null) return null;
  const file = fs.statSync(at).isDirectory() ? fileIn(at) : at;
  if (file === null || fs.statSync(file).size > MOST_DETAILS_BYTES)
    throw new StepFailure(
      "details is no file of at most 64 KiB",
      "give a small text or JSON file, such as the report of validate",
    );
  const text = fs.readFileSync(file, "utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function fileIn(folder: string): string | null {
  const names = fs.readdirSync(folder);
  const name = names.length === 1 ? names[0] : names.find((one) => one.endsWith(".json"));
  return name === undefined ? null : path.join(folder, name);
}
