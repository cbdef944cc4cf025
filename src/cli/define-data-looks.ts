// `stepwell data preview|profile|diff`: looking at data wherever it lies. Bringing it nowhere.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { type Report, reportHtml } from "../display/report.ts";
import { diffData } from "../operations/data/diff-data.ts";
import { previewData } from "../operations/data/preview-data.ts";
import { profileData } from "../operations/data/profile-data.ts";
import { isRefusal, type Refusal, refuse } from "../operations/refusal.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { Context } from "./context.ts";
import { previewLines } from "./data-lines.ts";
import { previewReport } from "./data-report.ts";
import { differenceLines, differenceReport } from "./difference-lines.ts";
import { profileLines, profileReport } from "./profile-lines.ts";
import { withWorkspace } from "./with-workspace.ts";

interface LookFlags {
  readonly json?: boolean;
  readonly html?: string;
}

const WHAT =
  "NAME, NAME:VERSION or NAME@LABEL of a data asset, RUN.STEP.OUTPUT, a path, or an address (azureml://, s3://, https://, …)";

export function defineDataLooks(command: Command, context: Context): void {
  definePreview(command, context);
  defineProfile(command, context);
  defineDiff(command, context);
}

function definePreview(command: Command, context: Context): void {
  command
    .command("preview")
    .description("show the first rows and the types of a table, or what else it is")
    .argument("<data>", WHAT)
    .option("--rows <n>", "so many rows (or lines of a text)", "10")
    .option("--json", "print one JSON object")
    .option("--html <file>", "write a page for a person without Stepwell")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell data preview iris\n  stepwell data preview s3://lake/trips.parquet --rows 5",
    )
    .action((word: string, flags: LookFlags & { readonly rows: string }) => {
      const rows = wholeNumber(context, "--rows", flags.rows, MOST_ROWS, flags.json);
      return looking(context, flags, {
        look: (workspace) => previewData(workspace, word, { folder: context.currentFolder, rows }),
        lines: (found) => previewLines(found, context.terminal.columns),
        page: previewReport,
      });
    });
}

function defineProfile(command: Command, context: Context): void {
  command
    .command("profile")
    .description(
      "say what the columns of a table hold: missing, different, usual and frequent values",
    )
    .argument("<data>", WHAT)
    .option("--json", "print one JSON object")
    .option("--html <file>", "write a page with histograms for a person without Stepwell")
    .addHelpText("after", "\nExample:\n  stepwell data profile last.prepare.rows --html rows.html")
    .action((word: string, flags: LookFlags) =>
      looking(context, flags, {
        look: (workspace) => profileData(workspace, word, { folder: context.currentFolder }),
        lines: (found) => profileLines(found, context.terminal.columns),
        page: profileReport,
      }),
    );
}

function defineDiff(command: Command, context: Context): void {
  command
    .command("diff")
    .description("say what is different: columns, rows by a key, distributions; files of folders")
    .argument("<before>", WHAT)
    .argument("<after>", "the same")
    .option(
      "--key <columns>",
      "what a row is known by: COLUMN, or COLUMN,COLUMN (default: one that is unique in both)",
    )
    .option("--json", "print one JSON object")
    .option("--html <file>", "write a page for a person without Stepwell")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell data diff trips:1 trips:2 --key id\n  stepwell data diff last~1.prepare.rows last.prepare.rows",
    )
    .action((before: string, after: string, flags: LookFlags & { readonly key?: string }) => {
      const key = flags.key?.split(",").map((name) => name.trim()) ?? null;
      const options = { key, mostBytes: null, folder: context.currentFolder };
      return looking(context, flags, {
        look: (workspace) => diffData(workspace, [before, after], options),
        lines: differenceLines,
        page: differenceReport,
      });
    });
}

/** More is no preview. */
const MOST_ROWS = 10_000;

interface Look<T> {
  readonly look: (workspace: Workspace) => Promise<T | Refusal>;
  readonly lines: (found: T) => readonly string[];
  readonly page: (found: T, now: number) => Report;
}

/** Without a workspace there are still paths and addresses. */
function looking<T>(context: Context, flags: LookFlags, how: Look<T>): Promise<void> {
  return withWorkspace(context, "pretend", async (workspace) => {
    const found = await how.look(workspace);
    if (isRefusal(found)) return context.refuse(found, flags.json);
    if (flags.html !== undefined) {
      const page = reportHtml(how.page(found, workspace.clock.now()));
      writePage(context, flags.html, page, flags.json);
    }
    if (flags.json) return context.terminal.out(JSON.stringify(found));
    if (flags.html === undefined) context.terminal.out(how.lines(found).join("\n"));
  });
}

function writePage(context: Context, name: string, text: string, json = false): void {
  const file = path.resolve(context.currentFolder, name);
  try {
    fs.writeFileSync(file, text);
  } catch (error) {
    const message = `${file} cannot be written: ${(error as Error).message}`;
    context.refuse(refuse("unwritable", message, "name a file in a folder that there is"), json);
  }
  context.terminal.note(`written: ${path.relative(context.currentFolder, file) || file}`);
}

function wholeNumber(
  context: Context,
  option: string,
  word: string,
  most: number,
  json = false,
): number {
  if (/^[1-9]\d{0,8}$/.test(word) && Number(word) <= most) return Number(word);
  const message = `${option} ${word}: expected a whole number from 1 to ${most}`;
  return context.refuse(refuse("wrong_usage", message), json);
}
