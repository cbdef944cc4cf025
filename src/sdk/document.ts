// A pipeline as the YAML of a job: one file for people, or a file a component for the reader, with the place in the user's
// source that each line of it came from.

import path from "node:path";
import { dump } from "js-yaml";
import { withAbsoluteData } from "./command.ts";
import type { Definition, Writer } from "./component.ts";
import type { Content } from "./pipeline-content.ts";
import type { Origin } from "./place.ts";
import type { Remark } from "./scope.ts";
import type { OutputCall } from "./settings.ts";
import { writeCalls } from "./write-calls.ts";
import { compact, writeInputs, writeOutputs } from "./write-ports.ts";

/** Folders of the programs that functions were made into. */
export type FunctionFolders = ReadonlyMap<Definition, string>;

/** The job as one mapping. */
function jobOf(content: Content, writer: Writer): Record<string, unknown> {
  const { settings, definition } = content;
  const { name, description, tags, experiment_name } = settings;
  const kept: Record<string, OutputCall> = {};
  const jobs = writeCalls(content, writer, kept);
  const outputs = writeOutputs(definition.outputs) as Record<string, object>;
  for (const [output, own] of Object.entries(kept))
    outputs[output] = { ...outputs[output], ...own };
  return compact({
    type: "pipeline",
    display_name: name,
    description,
    tags,
    experiment_name,
    settings: compact({
      default_compute: settings.default_compute ?? "azureml:local",
      continue_on_step_failure: settings.continue_on_step_failure,
      force_rerun: settings.force_rerun,
    }),
    inputs: jobInputs(definition),
    outputs,
    jobs,
  });
}

/** A job gives what a component declares: data by `path`. */
function jobInputs({ inputs, origin }: Definition): Record<string, unknown> {
  const written = writeInputs(withAbsoluteData(inputs, origin)) as Record<string, object>;
  return Object.fromEntries(
    Object.entries(written).map(([name, field]) => {
      const isValue = ["string", "number", "integer", "boolean"].includes(inputs[name]?.type ?? "");
      if (isValue || !("default" in field)) return [name, field];
      const { default: place, ...rest } = field;
      return [name, { ...rest, path: place }];
    }),
  );
}

/** One YAML file; paths start from `folder`, its place. */
export function yamlOf(content: Content, functions: FunctionFolders, folder: string): string {
  const writer: Writer = {
    component: (definition) => definition.write(writer),
    functionFolder: (definition) => functions.get(definition) as string,
  };
  const job = relativeTo(jobOf(content, writer), folder);
  return dump(job, { lineWidth: 110, noRefs: true });
}

/** A component as one YAML file, to be registered; null where a file or a name stands for it. */
export function componentYaml(
  definition: Definition,
  functions: FunctionFolders,
  { folder, ...as }: { readonly folder: string; readonly name?: string; readonly version?: string },
): string | null {
  const writer: Writer = {
    component: (inner) => inner.write(writer),
    functionFolder: (inner) => functions.get(inner) as string,
  };
  const written = definition.write(writer);
  if (typeof written === "string") return null;
  return dump(relativeTo({ ...written, ...as }, folder), { lineWidth: 110, noRefs: true });
}

/** Keys whose text is a path where it is absolute. */
const PATH_KEYS = new Set(
  "path code component requirements project conda_file environment default".split(" "),
);

function relativeTo(value: unknown, folder: string, key = ""): unknown {
  if (typeof value === "string")
    return PATH_KEYS.has(key) && path.isAbsolute(value) ? relativePath(folder, value) : value;
  if (Array.isArray(value))
    return value.map((item) =>
      relativeTo(item, folder, key === "additional_includes" ? "path" : ""),
    );
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, relativeTo(inner, folder, name)]),
  );
}

function relativePath(folder: string, file: string): string {
  const relative = path.relative(folder, file);
  if (relative === "") return ".";
  return relative.startsWith("..") ? relative : `./${relative}`;
}

/** A job for the reader: JSON, one step a line, each component in a file of its own that lies nowhere. */
export interface WrittenJob {
  readonly text: string;
  /** Where in the source each line of `text` comes from, from line 1. */
  readonly lines: readonly (Origin | null)[];
  /** Text and place by path. */
  readonly components: ReadonlyMap<string, { readonly text: string; readonly origin: Origin }>;
  readonly remarks: readonly Remark[];
}

/** `file`: the module that defines it; components are named below it. */
export function writeJob(content: Content, functions: FunctionFolders, file: string): WrittenJob {
  const components = new Map<string, { text: string; origin: Origin }>();
  const names = new Map<Definition, string>();
  const remarks: Remark[] = [...content.scope.remarks];
  const writer: Writer = {
    functionFolder: (definition) => functions.get(definition) as string,
    component(definition) {
      const known = names.get(definition);
      if (known !== undefined) return known;
      const name = path.join(file, `${names.size}-${definition.name}.json`);
      names.set(definition, name);
      const written = definition.write(writer);
      if (typeof written === "string") {
        names.set(definition, written);
        return written;
      }
      components.set(name, { text: jsonText(written), origin: definition.origin });
      return name;
    },
  };
  const { jobs, ...head } = jobOf(content, writer);
  const { origin } = content.definition;
  const text: string[] = [`{${jsonText(head).slice(1, -1)},"jobs":{`];
  const lines: (Origin | null)[] = [origin];
  for (const [name, call] of Object.entries(jobs as Record<string, unknown>)) {
    if (lines.length > 1) text.push(",");
    text.push(`\n${JSON.stringify(name)}:${jsonText(call)}`);
    lines.push(content.scope.calls.get(name)?.origin ?? origin);
  }
  text.push("\n}}\n");
  lines.push(origin);
  return { text: text.join(""), lines, components, remarks };
}

const NUMBER = "\u0000number ";

/** YAML takes `1e-7` for a text: numbers of that form get a point. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "number" && /^-?\d+e/.test(String(inner))
      ? NUMBER + String(inner).replace("e", ".0e")
      : inner,
  );
  return text.replaceAll(/"\\u0000number ([^"]*)"/g, "$1");
}
