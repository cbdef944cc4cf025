// `stepwell component create|list|show`: versioned, immutable components of the workspace, and those of registries: the one
// that ships, and folders of the user's own.

import type { Command } from "commander";
import {
  type ComponentPort,
  type DescribedComponent,
  describeComponent,
} from "../../operations/definitions/describe-component.ts";
import {
  BUILTIN,
  findInRegistry,
  listRegistry,
  missingFolder,
  registryFolder,
  registryNames,
} from "../../operations/definitions/registries.ts";
import { type Refusal, refuse } from "../../operations/refusal.ts";
import type { Workspace } from "../../operations/workspace.ts";
import { parseAssetName, parseShortName } from "../../spec/asset-name.ts";
import { namesInWords, suggestion } from "../../spec/did-you-mean.ts";
import type { Context } from "../context.ts";
import { defineAssetCommand } from "../define-asset-command.ts";
import { table } from "../format.ts";
import { withWorkspace } from "../with-workspace.ts";

interface RegistryFlags {
  readonly builtin?: boolean;
  readonly registry?: string;
  readonly search?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: Context): void {
  defineAssetCommand(command, context, "component", async () => false, {
    registryOf: (name, { builtin, registry }) =>
      builtin ? BUILTIN : (registry ?? parseAssetName(name ?? "")?.registry ?? null),
    list: (registry, name, flags) => list(context, registry, name, flags),
    show: (registry, name, flags) => show(context, registry, name, flags),
  });
}

/** Nothing of a workspace is needed to see what ships. */
function withFolder(
  context: Context,
  registry: string,
  { json }: RegistryFlags,
  work: (folder: string) => void,
): Promise<void> {
  return withWorkspace(context, "pretend", async ({ config }) => {
    const folder = registryFolder(config.registries, registry);
    if (folder === null) return context.refuse(unknownRegistry(config, registry), json);
    const gone = missingFolder(folder, registry);
    if (gone !== null) return context.refuse(refuse("missing_path", gone.missing, gone.hint), json);
    work(folder);
  });
}

function unknownRegistry({ registries }: Workspace["config"], registry: string): Refusal {
  const names = registryNames(registries);
  const hint = `there is ${namesInWords(names)}; stepwell.yml names yours: registries: {${registry}: ./folder}`;
  return refuse(
    "unknown_registry",
    `there is no registry ${registry}`,
    suggestion(registry, names, hint),
  );
}

function list(
  context: Context,
  registry: string,
  wanted: string | null,
  flags: RegistryFlags,
): Promise<void> {
  return withFolder(context, registry, flags, (folder) => {
    const { terminal } = context;
    const text = flags.search?.toLowerCase() ?? "";
    const found = listRegistry(folder)
      .filter(({ name }) => wanted === null || name === wanted)
      .map((one) => describeComponent(registry, one))
      .filter(({ name, title, description }) =>
        `${name} ${title} ${description ?? ""}`.toLowerCase().includes(text),
      );
    if (flags.json) {
      const components = found.map(({ example: _, ...rest }) => rest);
      return terminal.out(JSON.stringify({ schema: 1, registry, components }));
    }
    if (found.length === 0) return terminal.note(`no such components in the registry ${registry}`);
    const rows = found.map(({ name, version, title }) => [name, version, title]);
    terminal.out(table([["NAME", "VERSION", "WHAT IT DOES"], ...rows]));
    const flag = registry === BUILTIN ? "--builtin" : `--registry ${registry}`;
    terminal.note(
      `use one as component: azureml://registries/${registry}/components/NAME; its ports and an example: stepwell component show NAME ${flag}`,
    );
  });
}

function show(
  context: Context,
  registry: string,
  word: string,
  flags: RegistryFlags,
): Promise<void> {
  return withFolder(context, registry, flags, (folder) => {
    const { terminal } = context;
    const wanted = parseShortName(word) ?? parseAssetName(word);
    if (wanted === null)
      return context.refuse(
        refuse("wrong_usage", `${word} is not a name`, "write NAME or NAME:VERSION"),
        flags.json,
      );
    const found = findInRegistry(folder, { ...wanted, registry });
    if ("missing" in found)
      return context.refuse(refuse("unknown_asset", found.missing, found.hint), flags.json);
    const described = describeComponent(registry, found);
    if (flags.json) return terminal.out(JSON.stringify({ schema: 1, registry, ...described }));
    for (const line of linesOf(described)) terminal.out(line);
  });
}

function linesOf(described: DescribedComponent): readonly string[] {
  const { name, version, title, description, inputs, outputs, example } = described;
  return [
    `component ${name}:${version}: ${title}`,
    ...(description === null ? [] : ["", description]),
    ...(inputs.length === 0
      ? []
      : ["", table([["INPUT", "TYPE", "", ""], ...inputs.map(inputRow)])]),
    ...(outputs.length === 0
      ? []
      : ["", table([["OUTPUT", "TYPE", ""], ...outputs.map(outputRow)])]),
    "",
    "For example:",
    "",
    example.trimEnd(),
  ];
}

function inputRow(port: ComponentPort): string[] {
  const { name, values, needed, description } = port;
  const presence = needed ? "needed" : port.default === null ? "" : `= ${port.default}`;
  const type = values.length === 0 ? port.type : values.join("|");
  return [name, type, presence, oneLine(description)];
}

function outputRow({ name, type, description }: ComponentPort): string[] {
  return [name, type, oneLine(description)];
}

function oneLine(text: string | null): string {
  return (text ?? "").replaceAll(/\s+/g, " ");
}
