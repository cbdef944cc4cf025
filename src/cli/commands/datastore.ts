// `stepwell datastore create|list|show|check|delete`: named places for data.

import path from "node:path";
import type { Command } from "commander";
import { checkDatastore } from "../../operations/data/check-datastore.ts";
import {
  type Datastore,
  findDatastore,
  forgetDatastore,
  listDatastores,
  registerDatastore,
} from "../../operations/data/datastores.ts";
import { isRefusal, refuse } from "../../operations/refusal.ts";
import { textOrNull } from "../../ports/read-file.ts";
import type { Context } from "../context.ts";
import { table } from "../format.ts";
import { withWorkspace } from "../with-workspace.ts";

interface JsonFlag {
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .command("create")
    .description("register a datastore, or change the one of this name")
    .argument("[file]", "definition file")
    .option("-f, --file <file>", "the definition file, as az ml writes it")
    .option("--json", "print one JSON object")
    .action((file: string | undefined, flags: JsonFlag & { readonly file?: string }) =>
      create(context, file ?? flags.file, flags),
    );
  command
    .command("list")
    .description("list datastores")
    .option("--json", "print one JSON object")
    .action((flags: JsonFlag) => list(context, flags));
  command
    .command("show")
    .description("show a datastore; its secrets only by where they come from")
    .argument("<name>", "its name")
    .option("--json", "print one JSON object")
    .action((name: string, flags: JsonFlag) => show(context, name, flags));
  command
    .command("check")
    .description("reach a datastore with its credentials, and say what it can do")
    .argument("<name>", "its name")
    .option("--json", "print one JSON object")
    .action((name: string, flags: JsonFlag) => check(context, name, flags));
  command
    .command("delete")
    .description("forget a registered datastore and its secrets; what it holds stays")
    .argument("<name>", "its name")
    .option("--json", "print one JSON object")
    .action((name: string, flags: JsonFlag) => remove(context, name, flags));
  command.addHelpText(
    "after",
    "\nExamples:\n  stepwell datastore create lake.yml\n  stepwell datastore check lake",
  );
}

function create(context: Context, file: string | undefined, flags: JsonFlag): Promise<void> {
  return withWorkspace(context, "make", async (workspace) => {
    if (file === undefined) {
      const refusal = refuse(
        "wrong_usage",
        "say what to register",
        "stepwell datastore create FILE",
      );
      return context.refuse(refusal, flags.json);
    }
    const at = path.resolve(context.currentFolder, file);
    const text = textOrNull(at);
    if (text === null) {
      const hint = "give the path of a datastore's definition file";
      return context.refuse(refuse("unreadable_file", `${at} cannot be read`, hint), flags.json);
    }
    const place = { file: at, folder: path.dirname(at) };
    const registered = await registerDatastore(workspace, text, place);
    if (isRefusal(registered)) return context.refuse(registered, flags.json);
    const { datastore, keptSecrets } = registered;
    if (flags.json) return context.terminal.out(JSON.stringify({ schema: 1, ...datastore }));
    context.terminal.out(
      `registered datastore ${datastore.name}; use it as azureml://datastores/${datastore.name}/paths/PATH`,
    );
    if (keptSecrets > 0)
      context.terminal.note(
        `its ${keptSecrets === 1 ? "secret is" : `${keptSecrets} secrets are`} kept sealed in the workspace; take ${keptSecrets === 1 ? "it" : "them"} out of ${file} now`,
      );
    context.terminal.note(
      `see whether it can be reached: stepwell datastore check ${datastore.name}`,
    );
  });
}

function list(context: Context, flags: JsonFlag): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const datastores = await listDatastores(workspace);
    if (flags.json) return context.terminal.out(JSON.stringify({ schema: 1, datastores }));
    context.terminal.out(
      table([
        ["NAME", "TYPE", "WHERE", "FROM"],
        ...datastores.map((one) => [
          one.isDefault ? `${one.name} (default)` : one.name,
          one.definition.type,
          whereOf(one),
          one.from,
        ]),
      ]),
    );
  });
}

function whereOf({ definition }: Datastore): string {
  const below = (prefix: string): string => (prefix === "" ? "" : `/${prefix}`);
  switch (definition.type) {
    case "file":
      return definition.path;
    case "s3":
      return `s3://${definition.bucket}${below(definition.prefix)}`;
    case "azure_blob":
    case "azure_data_lake_gen2":
      return `${definition.account}/${definition.container}${below(definition.prefix)}`;
    case "gcs":
      return `gs://${definition.bucket}${below(definition.prefix)}`;
    case "sftp":
      return `${definition.user}@${definition.host}:${definition.path}`;
    case "http":
      return definition.url;
    case "postgres":
      return `${definition.user}@${definition.host}/${definition.database}`;
    default:
      return definition satisfies never;
  }
}

function show(context: Context, name: string, flags: JsonFlag): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const datastore = await findDatastore(workspace, name);
    if (isRefusal(datastore)) return context.refuse(datastore, flags.json);
    const { terminal } = context;
    if (flags.json) return terminal.out(JSON.stringify({ schema: 1, ...datastore }));
    terminal.out(
      `datastore ${name} (${datastore.from})${datastore.isDefault ? ", the default" : ""}`,
    );
    if (datastore.description !== null) terminal.out(datastore.description);
    for (const [tag, value] of Object.entries(datastore.tags)) terminal.out(`tag ${tag}=${value}`);
    terminal.out(JSON.stringify(datastore.definition, null, 2));
  });
}

function check(context: Context, name: string, flags: JsonFlag): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const checked = await checkDatastore(workspace, name);
    if (isRefusal(checked)) return context.refuse(checked, flags.json);
    const { terminal } = context;
    if (flags.json) return terminal.out(JSON.stringify({ schema: 1, name, ...checked }));
    terminal.out(`${name} answers: ${checked.address}`);
    for (const line of checked.can) terminal.out(`  ${line}`);
  });
}

function remove(context: Context, name: string, flags: JsonFlag): Promise<void> {
  return withWorkspace(context, "refuse", async (workspace) => {
    const refused = await forgetDatastore(workspace, name);
    if (refused !== null) return context.refuse(refused, flags.json);
    if (flags.json) context.terminal.out(JSON.stringify({ schema: 1, name }));
    else context.terminal.out(`forgot datastore ${name}; what it holds is untouched`);
  });
}
