// `stepwell secret set|list|delete`: the workspace's sealed secrets. A value is never an argument, which others on the
// machine could see, and is never printed.

import fs from "node:fs";
import { Writable } from "node:stream";
import type { Command } from "commander";
import { isRefusal, type Refusal, refuse } from "../../operations/refusal.ts";
import { putSecret } from "../../operations/secrets.ts";
import { nodeModule } from "../../ports/node-module.ts";
import { canAsk } from "../ask.ts";
import type { Context } from "../context.ts";
import { table } from "../format.ts";
import { withWorkspace } from "../with-workspace.ts";

interface JsonFlag {
  readonly json?: boolean;
}

interface SetFlags extends JsonFlag {
  readonly fromFile?: string;
  readonly fromEnv?: string;
}

export function define(command: Command, context: Context): void {
  command
    .command("set")
    .description("keep a secret, over one of this name; asks for it, or reads standard input")
    .argument("<name>", "its name, for {secret: NAME}")
    .option("--from-file <file>", "the text of this file")
    .option("--from-env <variable>", "the value of this variable")
    .option("--json", "print one JSON object")
    .action((name: string, flags: SetFlags) => set(context, name, flags));
  command
    .command("list")
    .description("list secrets by name")
    .option("--json", "print one JSON object")
    .action((flags: JsonFlag) => list(context, flags));
  command
    .command("delete")
    .description("forget a secret")
    .argument("<name>", "its name")
    .option("--json", "print one JSON object")
    .action((name: string, flags: JsonFlag) => remove(context, name, flags));
  command.addHelpText(
    "after",
    "\nExamples:\n  stepwell secret set lake-key\n  pass show lake | stepwell secret set lake-key",
  );
}

function set(context: Context, name: string, flags: SetFlags): Promise<void> {
  return withWorkspace(context, "make", async (workspace) => {
    const value = await readValue(context, name, flags);
    if (isRefusal(value)) return context.refuse(value, flags.json);
    const refused = await putSecret(workspace, name, value);
    if (refused !== null) return context.refuse(refused, flags.json);
    if (flags.json) context.terminal.out(JSON.stringify({ schema: 1, name }));
    else context.terminal.out(`kept secret ${name}; use it as {secret: ${name}}`);
  });
}

async function readValue(
  context: Context,
  name: string,
  { fromFile, fromEnv }: SetFlags,
): Promise<string | Refusal> {
  if (fromFile !== undefined && fromEnv !== undefined)
    return refuse("wrong_usage", "give --from-file or --from-env, not both");
  if (fromEnv !== undefined)
    return context.shell[fromEnv] ?? refuse("missing_secret", `the variable ${fromEnv} is not set`);
  try {
    if (fromFile !== undefined) return withoutNewline(fs.readFileSync(fromFile, "utf8"));
    if (canAsk()) return await ask(`value of ${name}: `);
    return withoutNewline(fs.readFileSync(0, "utf8"));
  } catch (error) {
    return refuse("missing_secret", `the secret cannot be read: ${(error as Error).message}`);
  }
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** What is typed is not shown. */
async function ask(question: string): Promise<string> {
  let isAsked = false;
  const output = new Writable({
    write(chunk, _, done) {
      if (!isAsked) process.stderr.write(chunk);
      done();
    },
  });
  const { createInterface } = nodeModule("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  const answer = lines.question(question);
  isAsked = true;
  const value = await Promise.race([answer, ended]);
  lines.close();
  process.stderr.write("\n");
  return value;
}

function list(context: Context, flags: JsonFlag): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const secrets = await workspace.records.secrets();
    const shown = secrets.map((one) => ({
      ...one,
      createdAt: new Date(one.createdAt).toISOString(),
    }));
    if (flags.json) return context.terminal.out(JSON.stringify({ schema: 1, secrets: shown }));
    if (shown.length === 0) return context.terminal.note("no secrets yet");
    const rows = shown.map((one) => [
      one.name,
      one.createdAt.slice(0, 16).replace("T", " "),
      one.createdBy,
    ]);
    context.terminal.out(table([["NAME", "SET (UTC)", "BY"], ...rows]));
  });
}

function remove(context: Context, name: string, flags: JsonFlag): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const isGone = await workspace.records.deleteSecret(name);
    if (!isGone) {
      const hint = "see what is there: stepwell secret list";
      return context.refuse(
        refuse("unknown_secret", `there is no secret ${name}`, hint),
        flags.json,
      );
    }
    if (flags.json) context.terminal.out(JSON.stringify({ schema: 1, name }));
    else context.terminal.out(`forgot secret ${name}`);
  });
}
