// `stepwell shell RUN STEP [-- CMD…]`: a shell, or one command, exactly where a step ran. Nothing of it is recorded.

import { spawn } from "node:child_process";
import path from "node:path";
import type { Command } from "commander";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import { type StagedShell, stageShell } from "../../operations/runs/stage-shell.ts";
import type { Context } from "../context.ts";
import { RUN_HELP, stepOf } from "../targets.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("[run]", RUN_HELP)
    .argument("[step]", "path of a step")
    .argument("[command...]", "command to run there instead of a shell (behind --)")
    .addHelpText(
      "after",
      "\nExamples:\n  stepwell shell train\n  stepwell shell taxi-17 train\n  stepwell shell taxi-17 train -- ./step.sh",
    )
    .action(async () => {
      const { target, words } = splitWords(context, command.args);
      const workspace = await context.open({ create: "refuse" });
      try {
        const { run, step } = await stepOf(context, workspace, target);
        const staged = await stageShell(workspace, run, step);
        if (isRefusal(staged)) return context.refuse(staged);
        announce(context, staged);
        const code = await runThere(context, staged, words);
        context.terminal.note(
          `left as it is: ${staged.workFolder} (stepwell gc removes it${staged.attempt === null ? "" : " after 7 days"})`,
        );
        context.exit(code);
      } finally {
        await workspace.close();
      }
    });
}

/** What stands behind `--` is the command; a run and a step before it may be left out. */
function splitWords(
  context: Context,
  all: readonly string[],
): { readonly target: readonly string[]; readonly words: readonly string[] } {
  const dashes = context.words.indexOf("--");
  const behind = dashes < 0 ? 0 : context.words.length - dashes - 1;
  const target = all.slice(0, all.length - behind);
  if (target.length > 2)
    context.refuse(
      refuse("wrong_usage", `what is ${target.slice(2).join(" ")}?`, "a command goes behind --"),
    );
  return { target, words: all.slice(all.length - behind) };
}

function announce(context: Context, staged: StagedShell): void {
  const { terminal } = context;
  for (const warning of staged.warnings) terminal.note(`warning: ${warning}`);
  terminal.note(
    staged.attempt === null
      ? `a writable copy of the step is in ${staged.workFolder}`
      : `the files of attempt ${staged.attempt}, as it left them, are in ${staged.workFolder}`,
  );
  terminal.note(`its exact command: ./${path.basename(staged.script)}; nothing is recorded`);
  for (const [name, at] of Object.entries(staged.outputs)) terminal.note(`output ${name}  ${at}`);
}

/** Exit code of the shell or the command. */
async function runThere(
  context: Context,
  staged: StagedShell,
  words: readonly string[],
): Promise<number> {
  const [file = "bash", ...rest] = words.length > 0 ? words : interactive(context.shell.SHELL);
  // The terminal sends Ctrl-C to both of us: it is meant for what runs there.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  try {
    return await new Promise<number>((resolve, reject) => {
      const child = spawn(file, rest, {
        cwd: staged.workFolder,
        env: { ...terminalVariables(context.shell), ...staged.variables, PWD: staged.workFolder },
        stdio: "inherit",
      });
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
    });
  } catch (error) {
    const hint = /\s/.test(file)
      ? "for a line of shell text: stepwell shell RUN STEP -- bash -c 'TEXT'"
      : "it is looked for in the step's own PATH; without a command you get a shell there";
    return context.refuse(
      refuse("program_missing", `${file} cannot be started: ${(error as Error).message}`, hint, 1),
    );
  } finally {
    process.off("SIGINT", ignore);
  }
}

/** Start-up files would put other folders in front of the step's PATH. */
function interactive(shell: string | undefined): readonly string[] {
  const file = shell === undefined || shell === "" ? "bash" : shell;
  const name = path.basename(file);
  if (name === "bash") return [file, "--norc", "--noprofile"];
  if (name === "zsh") return [file, "-f"];
  return name === "fish" ? [file, "--no-config"] : [file];
}

/** What a person at a terminal needs and a step does not have. */
function terminalVariables(shell: Context["shell"]): Record<string, string> {
  const names = ["TERM", "COLORTERM", "SHELL"];
  return Object.fromEntries(
    names.flatMap((name) => (shell[name] === undefined ? [] : [[name, shell[name] as string]])),
  );
}
