// Steps that run a file: a script of whatever language, by its ending, and notebooks.

import fs from "node:fs";
import path from "node:path";
import { checkMapping, inWords } from "./check-definition.ts";
import { commandOf } from "./command.ts";
import {
  type CommandPorts,
  type CommandText,
  placeholders,
  portWords,
  sh,
} from "./command-text.ts";
import { type Component, callable } from "./component.ts";
import { DefinitionError } from "./definition-error.ts";
import { type Environment, withPackages } from "./environment.ts";
import { type Origin, originOfCall } from "./place.ts";
import { type InputPorts, type OutputPort, type OutputPorts, output } from "./ports.ts";
import type { CommandSettings } from "./settings.ts";
import { absolutePath } from "./source-path.ts";

export interface ScriptDefinition<I extends InputPorts, O extends OutputPorts>
  extends CommandSettings {
  /** The script; from the folder of the file that says so. Its own folder is the step's code unless `code` is given. */
  readonly file: string;
  readonly inputs?: I;
  readonly outputs?: O;
  /** Its arguments; unless given `--NAME VALUE` for each input and output. */
  readonly args?: (ports: CommandPorts<I, O>) => CommandText;
}

/** Program by ending of the script. */
const INTERPRETERS: Readonly<Record<string, string>> = {
  ".py": "python",
  ".r": "Rscript",
  ".sh": "bash",
  ".js": "node",
  ".mjs": "node",
  ".cjs": "node",
  ".jl": "julia",
  ".pl": "perl",
  ".rb": "ruby",
};

/**
 * A step that runs a script; the interpreter is told by its ending (`.py`, `.R`, `.sh`, `.js`, `.jl`, `.pl`, `.rb`).
 *
 * @throws DefinitionError for an ending that is not known.
 * @example
 * ```ts
 * const train = script({ name: "train", file: "./src/train.py",
 *   inputs: { data: input.folder(), alpha: input.number({ default: 0.1 }) }, outputs: { model: output.folder() } });
 * // python train.py --data … --alpha 0.1 --model …
 * ```
 */
export function script<
  const I extends InputPorts = Record<never, never>,
  const O extends OutputPorts = Record<never, never>,
>(definition: ScriptDefinition<I, O>): Component<I, O> {
  const origin = originOfCall();
  checkFile(definition, "script", origin);
  const ending = path.extname(definition.file).toLowerCase();
  const program = INTERPRETERS[ending];
  if (program === undefined)
    throw new DefinitionError(
      `nothing is known to run a file that ends in \`${ending}\``,
      `known endings: ${Object.keys(INTERPRETERS).join(" ")}; or write command({ run: … })`,
      origin,
    );
  return runFile(program, definition, origin);
}

/**
 * A step that runs an R script with `Rscript`.
 *
 * @example
 * ```ts
 * const fit = rscript({ name: "fit", file: "./r/fit.R", inputs: { data: input.file() }, outputs: { model: output.file() } });
 * ```
 */
export function rscript<
  const I extends InputPorts = Record<never, never>,
  const O extends OutputPorts = Record<never, never>,
>(definition: ScriptDefinition<I, O>): Component<I, O> {
  const origin = originOfCall();
  checkFile(definition, "rscript", origin);
  return runFile("Rscript", definition, origin);
}

function runFile<I extends InputPorts, O extends OutputPorts>(
  program: string,
  { file, args, inputs, outputs, ...settings }: ScriptDefinition<I, O>,
  origin: Origin,
): Component<I, O> {
  const { code, name } = placed(file, settings.code, origin);
  const ports = placeholders(inputs ?? ({} as I), outputs ?? ({} as O));
  const words = args === undefined ? namedArguments(inputs ?? {}, outputs ?? {}) : args(ports).text;
  const text = [program, sh`${name}`.text, words].filter((part) => part !== "").join(" ");
  return callable(commandOf({ ...settings, code }, { inputs, outputs, text, origin }));
}

function checkFile(definition: { readonly file: unknown }, kind: string, origin: Origin): void {
  const form = `${kind}({ name: …, file: … })`;
  checkMapping(definition, { what: "the definition", form, origin });
  if (typeof definition.file === "string") return;
  throw new DefinitionError(`\`file\` is ${inWords(definition.file)}`, `write ${form}`, origin);
}

/** The folder that is the code, and the script's path in it. */
function placed(
  file: string,
  code: string | undefined,
  origin: Origin,
): { readonly code: string; readonly name: string } {
  const own = code ?? path.dirname(file);
  const name = path.relative(absolutePath(own, origin), absolutePath(file, origin));
  if (name.startsWith(".."))
    throw new DefinitionError(
      `${file} is not in the code folder ${code}`,
      "name one that is",
      origin,
    );
  const place = absolutePath(file, origin);
  if (!fs.existsSync(place))
    throw new DefinitionError(
      `there is no file ${file}`,
      `it is looked for at ${place}: paths start at the folder of the file that calls this`,
      origin,
    );
  return { code: own, name };
}

function namedArguments(inputs: InputPorts, outputs: OutputPorts): string {
  return portWords(inputs, outputs, (name, word) => `--${name} ${word}`).join(" ");
}

export interface NotebookDefinition<I extends InputPorts, O extends OutputPorts>
  extends CommandSettings {
  /** The notebook; its folder is the step's code unless `code` is given. */
  readonly file: string;
  /** Its parameters, by the names that the cell tagged `parameters` gives them; of data: the path. */
  readonly inputs?: I;
  /** Paths that it writes to, as parameters too. */
  readonly outputs?: O;
  /** Jupyter kernel; `python3` unless given. */
  readonly kernel?: string;
}

/** What a notebook step makes besides its own outputs: the executed notebook, and the same as a page. */
interface Executed {
  readonly notebook: OutputPort<"uri_folder">;
}

const NOTEBOOK_PACKAGES = ["papermill", "ipykernel", "nbconvert"] as const;

/**
 * A step that runs a notebook with papermill. Output `notebook` holds the executed notebook and its page (`.html`).
 *
 * papermill, ipykernel and nbconvert are added to an environment made by {@link python}; any other must have them.
 *
 * @example
 * ```ts
 * const explore = notebook({ name: "explore", file: "./explore.ipynb", environment: python("3.11", ["pandas"]),
 *   inputs: { data: input.file(), bins: input.integer({ default: 20 }) } });
 * // explore({ data }).outputs.notebook: explore.ipynb and explore.html
 * ```
 */
export function notebook<
  const I extends InputPorts = Record<never, never>,
  const O extends OutputPorts = Record<never, never>,
>(definition: NotebookDefinition<I, O>): Component<I, O & Executed> {
  const origin = originOfCall();
  checkFile(definition, "notebook", origin);
  const { file, kernel = "python3", inputs, outputs, environment, ...settings } = definition;
  const { code, name } = placed(file, settings.code, origin);
  const all: OutputPorts = { ...outputs, notebook: output.folder() };
  const executed = `\${{outputs.notebook}}/${sh`${path.basename(name)}`.text}`;
  const words = notebookArguments(inputs ?? {}, outputs ?? {}).join(" ");
  const text = [
    `papermill --no-progress-bar -k ${sh`${kernel}`.text} ${sh`${name}`.text} ${executed} ${words}`.trim(),
    `jupyter nbconvert --log-level WARN --to html ${executed}`,
  ].join(" && ");
  const made = { ...settings, code, environment: notebookEnvironment(environment) };
  return callable(commandOf(made, { inputs, outputs: all, text, origin }));
}

function notebookEnvironment(environment: Environment | undefined): Environment {
  return withPackages(environment ?? { packages: [] }, NOTEBOOK_PACKAGES);
}

/** `-p` reads numbers and truth, `-r` leaves a text as it is. */
function notebookArguments(inputs: InputPorts, outputs: OutputPorts): readonly string[] {
  return portWords(
    inputs,
    outputs,
    (name, word, isPlain) => `${isPlain ? "-p" : "-r"} ${name} ${word}`,
  );
}
