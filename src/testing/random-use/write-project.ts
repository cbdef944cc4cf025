// Writes a random project down: code, data, components, a nested pipeline and the pipeline itself, as JSON, which is YAML. Only
// what differs is touched.

import fs from "node:fs";
import path from "node:path";
import { layOwn, placeOfCopy } from "./copies.ts";
import { DEFINITIONS, type OutputName, type Project, type Source, type Step } from "./project.ts";
import { nameOf, type Reference } from "./registry.ts";
import { PLACES, programName, programText } from "./step-programs.ts";
import { fileText } from "./truth.ts";
import { PYTHON, writePackage } from "./virtual-environment.ts";
import { type Mapping, moduleText } from "./write-module.ts";

const TIMEOUT_S = { stalls: 4, other: 120 };

/** `place`: where steps tell what they do, and where the shared cache is. */
export function writeProject(project: Project, folder: string, place = folder): void {
  const at = (name: string): string => path.join(folder, name);
  fs.mkdirSync(at(PLACES.locks), { recursive: true });
  project.codes.forEach((code, index) => {
    write(at(`code/${index}/${programName(code.language)}`), programText(code.language, code));
    write(at(`code/${index}/lib/helper`), `${code.helper}\n`);
  });
  project.files.forEach((number, index) => {
    write(at(`data/${index}.txt`), fileText(number));
  });
  project.folders.forEach((files, index) => {
    writeFolder(at(`folders/${index}`), files);
  });
  writePackage(at(PLACES.venv), project.packageVersion);
  write(at("unrelated.txt"), `${project.unrelated}\n`);
  layOwn(project, folder);
  write(at("stepwell.yml"), JSON.stringify(rulesOf(project, place)));
  writeDefinitions(project, folder, fs.realpathSync(place));
}

const DATASTORES = {
  project: { type: "file", path: "." },
  shelf: { type: "file", path: `./${PLACES.shelf}` },
};

function rulesOf({ slots, keepLast, isShared }: Project, place: string): Mapping {
  const cache = { url: path.join(place, PLACES.cache), mode: "read-write" };
  return {
    datastores: DATASTORES,
    ...(slots === null ? {} : { slots }),
    ...(keepLast === null ? {} : { retention: { outputs: { keep_last: keepLast } } }),
    ...(isShared ? { cache: [cache] } : {}),
  };
}

function writeFolder(folder: string, files: Readonly<Record<string, number>>): void {
  fs.mkdirSync(folder, { recursive: true });
  for (const name of fs.readdirSync(folder))
    if (!(name in files)) fs.rmSync(path.join(folder, name));
  for (const [name, number] of Object.entries(files))
    write(path.join(folder, name), fileText(number));
}

function write(file: string, text: string): void {
  if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

function writeDefinitions(project: Project, folder: string, place: string): void {
  const tell = (name: string, content: Mapping): void => {
    const ordered = project.isReversed ? reversed(content) : content;
    write(path.join(folder, name), `${JSON.stringify(ordered, null, 1)}\n`);
  };
  project.steps.forEach((step, at) => {
    if (step.form === "component") tell(`components/${at}.yml`, component(project, step, place));
  });
  const groups = [...new Set(project.steps.map(({ group }) => group))];
  for (const group of groups)
    if (group !== null) tell(`${group}.yml`, nested(project, group, place));
  const whole = pipeline(project, place);
  tell(DEFINITIONS.yaml, whole);
  write(path.join(folder, DEFINITIONS.module), moduleText(whole));
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, reversed(one)]);
  return Object.fromEntries(entries.reverse());
}

function pipeline(project: Project, place: string): Mapping {
  const jobs: Record<string, unknown> = {};
  project.steps.forEach((step, at) => {
    if (step.group === null) jobs[step.name] = node(project, at, place);
    else jobs[step.group] ??= groupNode(project, step.group);
  });
  return {
    type: "pipeline",
    display_name: "random",
    settings: {
      default_compute: "azureml:local",
      ...(project.goesOn ? { continue_on_step_failure: true } : {}),
      ...(project.isForced ? { force_rerun: true } : {}),
    },
    inputs: { level: project.level },
    jobs,
  };
}

/** A nested pipeline gets everything from outside as inputs of its own, and gives every output. */
function nested(project: Project, group: string, place: string): Mapping {
  const jobs: Record<string, unknown> = {};
  const inputs: Record<string, unknown> = { level: { type: "integer" } };
  const outputs: Record<string, unknown> = {};
  for (const { source, name } of crossing(project, group))
    inputs[name] = { type: typeOf(source.output) };
  project.steps.forEach((step, at) => {
    if (step.group !== group) return;
    jobs[step.name] = node(project, at, place);
    for (const output of outputsOf(step)) outputs[`s${at}_${output}`] = { type: typeOf(output) };
  });
  return { type: "pipeline", inputs, outputs, jobs };
}

function groupNode(project: Project, group: string): Mapping {
  const inputs: Record<string, unknown> = { level: "${{parent.inputs.level}}" };
  for (const { source, name } of crossing(project, group))
    inputs[name] = bindingOf(project, source, null);
  return { type: "pipeline", component: `./${group}.yml`, inputs };
}

type FromStep = Extract<Source, { readonly step: number }>;

/** What the steps of a nested pipeline read of steps outside, and the input that it comes by. */
function crossing(
  project: Project,
  group: string,
): readonly { readonly source: FromStep; readonly name: string }[] {
  return project.steps
    .filter((step) => step.group === group)
    .flatMap(({ sources }) => sources)
    .filter((source): source is FromStep => "step" in source)
    .filter(({ step }) => project.steps[step]?.group !== group)
    .map((source) => ({ source, name: `s${source.step}_${source.output}` }));
}

function bindingOf(project: Project, source: FromStep, group: string | null): string {
  const from = project.steps[source.step] as Step;
  if (from.group === group) return `\${{parent.jobs.${from.name}.outputs.${source.output}}}`;
  const name = `s${source.step}_${source.output}`;
  return from.group === null || group !== null
    ? group === null
      ? `\${{parent.jobs.${from.name}.outputs.${source.output}}}`
      : `\${{parent.inputs.${name}}}`
    : `\${{parent.jobs.${from.group}.outputs.${name}}}`;
}

function outputsOf(step: Step): readonly OutputName[] {
  return step.hasFolder ? ["o", "f"] : ["o"];
}

function typeOf(output: OutputName): string {
  return output === "o" ? "uri_file" : "uri_folder";
}

function command(project: Project, step: Step): string {
  const language = project.codes[step.code]?.language ?? "bash";
  const words = [language === "bash" ? "bash" : "python3", programName(language)];
  const given = ["o", ...(step.hasFolder ? ["f"] : [])].map(
    (name) => `--${name} \${{outputs.${name}}}`,
  );
  const read = step.sources.map((_, index) => `--x \${{inputs.x${index}}}`);
  const { ms, trouble, fails, isNarrow } = step;
  return [
    ...words,
    ...given,
    ...read,
    '--p "${{inputs.p}}"',
    ...(step.usesPackage ? ["--e yes"] : []),
    ...(step.readsLevel ? ["--l ${{inputs.l}}"] : []),
    ...(step.form === "component" ? ['$[[--q "${{inputs.q}}"]]'] : []),
    `--ms ${ms} --trouble ${trouble} --fails ${fails ? "yes" : "no"} --narrow ${isNarrow ? "yes" : "no"}`,
  ].join(" ");
}

/** What belongs to the work itself, in a component or beside the command. */
function work(project: Project, step: Step, place: string, code: string): Mapping {
  return {
    command: command(project, step),
    code: `${code}/${step.code}`,
    ...(step.usesPackage ? { environment: { python: `${path.dirname(code)}/${PYTHON}` } } : {}),
    environment_variables: { V: String(step.variable), TEST_PLACE: place },
    ...(step.isDeterministic ? {} : { is_deterministic: false }),
    ...(step.ranks === 1
      ? {}
      : { distribution: { type: "pytorch", process_count_per_instance: step.ranks } }),
  };
}

function component(project: Project, step: Step, place: string): Mapping {
  const literal = typeof step.parameter === "number" ? "integer" : "string";
  const inputs: Record<string, unknown> = {
    p: { type: literal },
    q: { type: "string", optional: true },
    ...(step.readsLevel ? { l: { type: "integer" } } : {}),
  };
  step.sources.forEach((source, index) => {
    inputs[`x${index}`] = { type: sourceType(source) };
  });
  const outputs = Object.fromEntries(outputsOf(step).map((name) => [name, { type: typeOf(name) }]));
  return { type: "command", inputs, outputs, ...work(project, step, place, "../code") };
}

function sourceType(source: Source): string {
  if ("step" in source) return typeOf(source.output);
  return "file" in source ? "uri_file" : "uri_folder";
}

function node(project: Project, at: number, place: string): Mapping {
  const step = project.steps[at] as Step;
  const inputs: Record<string, unknown> = { p: step.parameter };
  if (step.optional !== null) inputs.q = step.optional;
  if (step.readsLevel) inputs.l = "${{parent.inputs.level}}";
  step.sources.forEach((source, index) => {
    inputs[`x${index}`] = inputOf(project, source, step.group);
  });
  const settings = {
    ...(step.retries === 0 ? {} : { retry: { max_retries: step.retries } }),
    ...(step.reuse === "auto"
      ? {}
      : { reuse: step.reuse === "never" ? "never" : { max_age: step.reuse } }),
    ...(step.checkpoint === "none"
      ? {}
      : { checkpoint: step.checkpoint === "keep" ? { keep: true } : true }),
    ...(step.after === null ? {} : { depends_on: [project.steps[step.after]?.name] }),
    limits: { timeout: step.trouble === "stalls" ? TIMEOUT_S.stalls : TIMEOUT_S.other },
  };
  const outputs = Object.fromEntries(
    outputsOf(step).map((name) => [name, outputOf(step, at, name)] as const),
  );
  if (step.form === "component") {
    const isPlain = step.group === null && step.registers === null && step.publishes === null;
    const bound = isPlain ? {} : { outputs };
    const file = `./components/${at}.yml`;
    const component = step.way === null ? file : registered(nameOf("work", at), step.way);
    return { type: "command", component, inputs, ...bound, ...settings };
  }
  return { type: "command", inputs, outputs, ...settings, ...work(project, step, place, "./code") };
}

function outputOf(step: Step, at: number, name: OutputName): unknown {
  if (step.group !== null) return `\${{parent.outputs.s${at}_${name}}}`;
  const register = name === "o" && step.registers !== null ? { name: step.registers } : {};
  const place = placeOfCopy(step, name, "${{name}}");
  const path = place === null ? {} : { path: `azureml://datastores/shelf/paths/${place}` };
  return { type: typeOf(name), ...register, ...path };
}

function registered(name: string, way: Reference): string {
  return `azureml:${name}${typeof way === "number" ? ":" : "@"}${way}`;
}

function inputOf(project: Project, source: Source, group: string | null): unknown {
  if ("step" in source) return bindingOf(project, source, group);
  const type = sourceType(source);
  const [kind, at, file] =
    "file" in source
      ? (["file", source.file, `data/${source.file}.txt`] as const)
      : (["folder", source.folder, `folders/${source.folder}`] as const);
  const { way } = source;
  if (way === null) return { type, path: `./${file}` };
  if (way === "datastore") return { type, path: `azureml://datastores/project/paths/${file}` };
  return { type, path: registered(nameOf(kind, at), way) };
}
