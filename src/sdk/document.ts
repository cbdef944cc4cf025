// A pipeline as the YAML of a job: one file for people, or a file a component for the reader, with the place in the user's
// source that each line of it came from.

import { randomUUID } from "node:crypto";
import path from "node:path";
import { dump } from "js-yaml";
import { withJobPaths } from "./command.ts";
import type { Definition, Writer } from "./component.ts";
import { definitionsOf } from "./definitions-of.ts";
import type { Content } from "./pipeline-content.ts";
import type { Origin } from "./place.ts";
import { plainValue } from "./plain-value.ts";
import type { Remark } from "./scope.ts";
import { JobPath } from "./source-path.ts";
import { writeCalls } from "./write-calls.ts";
import { compact, writeInputs, writeOutputs } from "./write-ports.ts";

/** Folders of the programs that functions were made into. */
export type FunctionFolders = ReadonlyMap<Definition, string>;

interface Job extends Record<string, unknown> {
  readonly jobs: Readonly<Record<string, unknown>>;
}

/** The job as one mapping. */
function jobOf(content: Content, writer: Writer): Job {
  const { settings, definition } = content;
  const { name, description, tags, experiment_name } = settings;
  const kept: Record<string, object> = {};
  const jobs = writeCalls(content, writer, kept);
  const outputs = writeOutputs(definition.outputs) as Record<string, object>;
  for (const [output, own] of Object.entries(kept))
    outputs[output] = { ...outputs[output], ...own };
  const head = compact({
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
  });
  return { ...head, jobs };
}

/** A job gives what a component declares: data by `path`. */
function jobInputs({ inputs, origin }: Definition): Record<string, unknown> {
  const written = writeInputs(withJobPaths(inputs, origin)) as Record<string, object>;
  return Object.fromEntries(
    Object.entries(written).map(([name, field]) => {
      const isValue = ["string", "number", "integer", "boolean"].includes(inputs[name]?.type ?? "");
      if (isValue || !("default" in field)) return [name, field];
      const { default: place, ...rest } = field;
      return [name, { ...rest, path: place }];
    }),
  );
}

function folderOf(definition: Definition, functions: FunctionFolders): JobPath {
  return new JobPath(functions.get(definition) as string, ".");
}

/** One YAML file; paths start from `folder`, its place. */
export function yamlOf(content: Content, functions: FunctionFolders, folder: string): string {
  const writer: Writer = {
    component: (definition) => definition.write(writer),
    functionFolder: (definition) => folderOf(definition, functions),
  };
  const { jobs, ...head } = jobOf(content, writer);
  const { origin } = content.definition;
  const steps = Object.entries(jobs).map(([name, call]) => [
    name,
    withVariables(
      plainValue(call, { folder, origin: content.scope.calls.get(name)?.origin ?? origin }),
    ),
  ]);
  const job = {
    ...(plainValue(head, { folder, origin }) as object),
    jobs: Object.fromEntries(steps),
  };
  return dump(job, { lineWidth: 110, noRefs: true });
}

/** Variables of a component stand on its node, where Azure ML's client reads them too. */
function withVariables(call: unknown): unknown {
  const node = call as { readonly component?: unknown; readonly environment_variables?: object };
  if (typeof node.component !== "object" || node.component === null) return call;
  const { environment_variables, ...component } = node.component as {
    readonly environment_variables?: object;
    readonly jobs?: Readonly<Record<string, unknown>>;
  };
  const jobs = Object.entries(component.jobs ?? {}).map(([name, one]) => [
    name,
    withVariables(one),
  ]);
  const variables = { ...environment_variables, ...node.environment_variables };
  return {
    ...node,
    component:
      component.jobs === undefined ? component : { ...component, jobs: Object.fromEntries(jobs) },
    ...(environment_variables === undefined ? {} : { environment_variables: variables }),
  };
}

/** A component as one YAML file, to be registered; null where a file or a name stands for it. */
export function componentYaml(
  definition: Definition,
  functions: FunctionFolders,
  { folder, ...as }: { readonly folder: string; readonly name?: string; readonly version?: string },
): string | null {
  const writer: Writer = {
    component: (inner) => inner.write(writer),
    functionFolder: (inner) => folderOf(inner, functions),
  };
  const written = definition.write(writer);
  if (typeof written === "string" || written instanceof JobPath) return null;
  const { origin } = definition;
  const plain = plainValue({ ...written, ...as }, { folder, origin });
  return dump(plain, { lineWidth: 110, noRefs: true });
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
  const names = new Map<Definition, JobPath | string>();
  const remarks = definitionsOf(content.definition).flatMap((one) => one.remarks?.() ?? []);
  const writer: Writer = {
    functionFolder: (definition) => folderOf(definition, functions),
    component(definition) {
      const known = names.get(definition);
      if (known !== undefined) return known;
      const name = path.join(file, `${names.size}-${definition.name}.json`);
      names.set(definition, name);
      const written = definition.write(writer);
      if (typeof written === "string" || written instanceof JobPath) {
        names.set(definition, written);
        return written;
      }
      components.set(name, {
        text: jsonText(written, definition.origin),
        origin: definition.origin,
      });
      return name;
    },
  };
  const { jobs, ...head } = jobOf(content, writer);
  const { origin } = content.definition;
  const text: string[] = [`{${jsonText(head, origin).slice(1, -1)},"jobs":{`];
  const lines: (Origin | null)[] = [origin];
  for (const [name, call] of Object.entries(jobs)) {
    if (lines.length > 1) text.push(",");
    const place = content.scope.calls.get(name)?.origin ?? origin;
    text.push(`\n${JSON.stringify(name)}:${jsonText(call, place)}`);
    lines.push(place);
  }
  text.push("\n}}\n");
  lines.push(origin);
  return { text: text.join(""), lines, components, remarks };
}

/** No text of a user's begins so. */
const NUMBER = `${randomUUID()} `;
const MARKED = new RegExp(`"${NUMBER}([^"]+)"`, "g");

/** YAML takes `1e-7` for a text: numbers of that form get a point. */
function jsonText(value: unknown, origin: Origin): string {
  const plain = plainValue(value, { folder: null, origin });
  const short = JSON.stringify(plain);
  if (!/\de[-+]\d/.test(short)) return short;
  const text = JSON.stringify(plain, (_, inner: unknown) =>
    typeof inner === "number" && /^-?\d+e/.test(String(inner))
      ? NUMBER + String(inner).replace("e", ".0e")
      : inner,
  );
  return text.replaceAll(MARKED, "$1");
}
