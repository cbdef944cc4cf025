// `stepwell environment create|list|show|upgrade`: versioned, immutable environments of the workspace, and their locks.

import fs from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { shellWord } from "../../core/shell-word.ts";
import { loadDefinition } from "../../operations/definitions/load-definition.ts";
import { pipelineLocks } from "../../operations/plans/pipeline-locks.ts";
import {
  type UpgradeReport,
  upgradeEnvironments,
} from "../../operations/plans/upgrade-environments.ts";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import type { Workspace } from "../../operations/workspace.ts";
import type { Context } from "../context.ts";
import { defineAssetCommand, printLock } from "../define-asset-command.ts";
import { DEFAULT_FILES, definitionFile } from "../definition-file.ts";
import { table } from "../format.ts";
import { definitionOptions } from "../run-options.ts";

interface UpgradeFlags {
  readonly file?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  defineAssetCommand(command, context, "environment", (workspace, name, json) =>
    showOfPipeline(context, workspace, name, json),
  );
  command
    .command("upgrade")
    .description("resolve locks anew: the newest packages that the definitions allow")
    .argument("[name]", "an environment of the pipeline (default: all)")
    .argument("[package]", "change only this one: NAME or NAME==VERSION")
    .option(
      "-f, --file <file>",
      "pipeline or job file (default: pipeline.yml or pipeline.yaml here)",
    )
    .option("--dry-run", "only say what would change and which steps would run")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action((first: string | undefined, second: string | undefined, flags: UpgradeFlags) =>
      upgrade(context, [first, second], flags),
    );
}

/** An environment of the pipeline here that nobody registered, under the name by which `upgrade` knows it. */
async function showOfPipeline(
  context: Context,
  workspace: Workspace,
  name: string,
  json: boolean,
): Promise<boolean> {
  const file = DEFAULT_FILES.find((one) => isHere(context, one));
  if (file === undefined) return false;
  const { graph } = await loadDefinition(workspace, definitionOptions(context, file, {}));
  const locks = graph === null ? [] : await pipelineLocks(workspace, graph, name);
  if (isRefusal(locks) || locks.length === 0) return false;
  for (const lock of locks) {
    const { label, file: lockFile, text } = lock;
    if (json)
      context.terminal.out(JSON.stringify({ schema: 1, name: label, lock: lockFile, text }));
    else {
      context.terminal.out(`environment ${label} of ${file}, not registered`);
      printLock(context.terminal, lock);
    }
  }
  return true;
}

const EXAMPLES = `
Examples:
  stepwell environment upgrade --dry-run
  stepwell environment upgrade sklearn-1.5 numpy==2.1.3`;

async function upgrade(
  context: Context,
  [first, second]: readonly (string | undefined)[],
  flags: UpgradeFlags,
): Promise<void> {
  const fileHint = fileInsteadOfName(first, flags);
  if (fileHint !== null && DEFAULT_FILES.every((name) => !isHere(context, name))) {
    const message = `${first} is taken for the name of an environment, and no pipeline is here`;
    return context.refuse(refuse("wrong_usage", message, fileHint), flags.json);
  }
  const file = definitionFile(context, undefined, flags);
  // One word with a version can only be a package.
  const isPackage = second === undefined && /[<>=!~]/.test(first ?? "");
  const named = isPackage ? first : second;
  if (named !== undefined && !/^[A-Za-z0-9][\w.-]*(?:==[^\s<>=!~,]+)?$/.test(named.trim()))
    return context.refuse(
      refuse(
        "wrong_usage",
        `${JSON.stringify(named)} is no package: NAME, or NAME==VERSION`,
        "a range belongs into the environment's definition; then: stepwell environment upgrade",
      ),
      flags.json,
    );
  const [name = "", version = null] = named?.split("==") ?? [];
  const workspace = await context.open({ create: "refuse" });
  try {
    const report = await upgradeEnvironments(workspace, definitionOptions(context, file, {}), {
      name: isPackage ? null : (first ?? null),
      wanted: named === undefined ? null : { name: normalised(name), version },
      dryRun: flags.dryRun ?? false,
    });
    if (isRefusal(report)) {
      const isUnknown = report.code === "unknown_environment" && fileHint !== null;
      return context.refuse(isUnknown ? { ...report, hint: fileHint } : report, flags.json);
    }
    if (flags.json) context.terminal.out(JSON.stringify(report));
    else print(context, report);
  } finally {
    await workspace.close();
  }
}

/** What to type where the first word may be the pipeline's file; files that define environments are names as well. */
function fileInsteadOfName(word: string | undefined, { file }: UpgradeFlags): string | null {
  if (word === undefined || file !== undefined || !/\.(?:ya?ml|ts)$/.test(word)) return null;
  return `a pipeline's file is named by an option: stepwell environment upgrade --file ${shellWord(word)}`;
}

function isHere({ currentFolder }: Context, name: string): boolean {
  return fs.existsSync(path.join(currentFolder, name));
}

function normalised(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[-_.]+/g, "-");
}

function print({ terminal }: Context, { dryRun, environments, steps }: UpgradeReport): void {
  for (const { name, lock, packages } of environments) {
    const what = packages.length === 0 ? "nothing newer" : dryRun ? "would change" : "changed";
    terminal.out(`${name}: ${what} (${lock})`);
    if (packages.length === 0) continue;
    const rows = packages.map(({ name, before, after }) => [
      `  ${name}`,
      `${before ?? "(new)"} → ${after ?? "(gone)"}`,
    ]);
    terminal.out(table(rows));
  }
  if (steps.length === 0) terminal.out("no step would run");
  else terminal.out("steps that would run:");
  if (steps.length > 0)
    terminal.out(table(steps.map((step) => [`  ${step.name}`, step.decision, step.reason.detail])));
}
