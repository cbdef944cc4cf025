// Known causes of a failing command: what its last words look like, and what to do about it. One table; pure. What has to
// be looked up (which variables a shell had, which files were ignored) comes in as facts.

import type { EnvironmentReference } from "../spec/graph.ts";
import type { AttemptEnd } from "./attempt.ts";
import type { EnvironmentIdentity } from "./environment.ts";
import { moduleHint } from "./missing-module.ts";

/** Why a file of the code folder was not in the step's copy. */
export interface IgnoredFile {
  readonly path: string;
  readonly rule: string;
  /** Absolute path of the ignore file; null for what is never taken for code. */
  readonly file: string | null;
  readonly line: number | null;
}

export interface FailureFacts {
  /** The end of the log. */
  readonly lines: readonly string[];
  readonly end: AttemptEnd;
  /** As the step asked for it, and as it was made. */
  readonly asked: EnvironmentReference | null;
  readonly environment: EnvironmentIdentity | null;
  /** What the command calls the interpreter of the shell. */
  readonly interpreter: "python" | "python3";
  /** True for a variable that the submitter's shell had and the step had not. */
  readonly shellAlone: (name: string) => boolean;
  /** The first of these paths, as a program named them, that exists in the user's folder and was ignored. */
  readonly ignored: (paths: readonly string[]) => IgnoredFile | null;
  /** The first of these paths that exists beside the pipeline or beside the step's code, and that the step did not find. */
  readonly beside: (paths: readonly string[]) => BesideFile | null;
  /** What to write instead of a path that is not in the step's copy of its code; null where it lies elsewhere. */
  readonly notInCode: (path: string) => string | null;
}

/** A file of the project that a step's copy of its code does not have, at least not under the path that it asked for. */
export interface BesideFile {
  readonly path: string;
  /** Its path inside of the step's code, which is where the command starts; null: it is no part of it. */
  readonly inside: string | null;
  /** The step's code, as a line of the definition; null: it has none. */
  readonly code: string | null;
  /** How the definition names the file. */
  readonly written: string;
  /**
   * What the definition has to ship so that the step finds it under the name that it asked for: the file, or the folder
   * that the name begins with. Null where the name leads out of the code.
   */
  readonly shipped: string | null;
  /** The step is a function of a module: its code is made of what the function reaches, and has no folder. */
  readonly isFunction?: boolean;
}

export interface Cause {
  readonly name: string;
  readonly pattern: RegExp;
  /** Null: it only looks like it. */
  readonly hint: (match: RegExpMatchArray, facts: FailureFacts) => string | null;
}

/** In front of what a process of a group says. */
const RANK = String.raw`^(?:\[[^\]]*\]:? ?)?[\s|]*`;

const pattern = (text: string): RegExp => new RegExp(RANK + text);

/** The first row that fits the last line that any row fits. */
export const CAUSES: readonly Cause[] = [
  {
    name: "killed",
    pattern: /^(?:\(exit code 137\)|\(signal SIGKILL\)|.*line \d+: +\d+ Killed +.*)$/,
    hint: () => KILLED,
  },
  {
    name: "cuda_out_of_memory",
    pattern:
      /CUDA out of memory|CUDA error: out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|CUBLAS_STATUS_ALLOC_FAILED|RESOURCE_EXHAUSTED: (?:OOM|Out of memory)/,
    hint: () =>
      "the GPU's memory was full: a smaller batch, gradient accumulation or half precision; `nvidia-smi` shows who else uses it, and steps with resources: {gpus: 1} do not share one",
  },
  {
    name: "out_of_memory",
    pattern: pattern(
      String.raw`(?:MemoryError\b|numpy\S*MemoryError\b|FATAL ERROR: .*JavaScript heap out of memory|terminate called after throwing an instance of 'std::bad_alloc')`,
    ),
    hint: () =>
      "the program asked for more memory than there is: load less at a time, or run fewer steps at once (resources: {memory: …}, slots in stepwell.yml)",
  },
  {
    name: "mlflow_experiment",
    pattern: /active (?:run|experiment) ID does not match environment run ID/,
    hint: (_, { lines }) => {
      const names = lines.map((line) => /Experiment with name '([^']+)' does not/.exec(line)?.[1]);
      const name = names.find((one) => one !== undefined) ?? "NAME";
      return `mlflow.set_experiment names another experiment than the run's, which MLflow refuses: leave the call out where a step runs it, or run with --experiment ${name} (in the file: experiment_name)`;
    },
  },
  {
    name: "mlflow_store",
    pattern: /(?:Mlflow|Rest)Exception: .*Run (?:'|with id=)(\w+)'? not found/,
    // The step's own run, whose name is the name of its work folder; any other is the script's affair.
    hint: ([, id = ""], { lines }) =>
      lines.some((line) => line.includes(`/work/${id}/`))
        ? "mlflow.set_tracking_uri leads to a store that does not have the step's run: leave the call out where a step runs it, or give the address to the step, environment_variables: {MLFLOW_TRACKING_URI: …}"
        : null,
  },
  {
    name: "missing_module",
    pattern: pattern(
      // What `python -m NAME` says has no name of an error.
      String.raw`(?:ModuleNotFoundError|ImportError|[^\s:]*python[\d.]*): No module named '?([\w.]+)'?`,
    ),
    hint: ([, module = ""], facts) =>
      ignoredHint(facts, pythonFiles(module)) ??
      besideHint(facts, pythonFiles(module), "module") ??
      moduleHint(module, "python", facts),
  },
  {
    name: "missing_node_module",
    pattern: pattern(
      String.raw`Error(?: \[ERR_MODULE_NOT_FOUND\])?: Cannot find (?:module|package) '([^']+)'`,
    ),
    hint: ([, module = ""], facts) => {
      const files = ["", ".js", ".mjs", ".cjs", ".ts", ".json", "/index.js"];
      const paths = files.map((end) => module + end);
      const found = ignoredHint(facts, paths) ?? besideHint(facts, paths, "module");
      return found ?? (/^[./]/.test(module) ? null : moduleHint(module, "node", facts));
    },
  },
  {
    name: "missing_r_package",
    pattern: /there is no package called ['`\u2018]([\w.]+)['\u2019]/,
    hint: ([, name = ""]) =>
      `R steps run the Rscript that is on PATH, and it has no package ${name}: Rscript -e 'install.packages("${name}")' installs it there`,
  },
  {
    name: "missing_variable",
    pattern: pattern(
      String.raw`(?:KeyError: ['"](\w+)['"]|.*\b(\w+): (?:unbound variable|parameter null or not set))$`,
    ),
    hint: ([, key, bash], facts) => variableHint(facts, key ?? bash ?? ""),
  },
  {
    name: "variable_said_to_be_missing",
    pattern:
      /\b([A-Z][A-Z0-9_]{2,})\b.{0,60}\b(?:not (?:been |be )?(?:set|found|defined|provided)|unset|missing|required|undefined|must be set)\b/,
    hint: ([, name = ""], facts) => variableHint(facts, name),
  },
  {
    name: "variable_asked_for",
    pattern:
      /\b(?:[Ss]et|[Ee]nvironment variable|[Mm]issing|[Rr]equire[sd]?|[Dd]efine)\b.{0,40}?\b([A-Z][A-Z0-9_]{2,})\b/,
    hint: ([, name = ""], facts) => variableHint(facts, name),
  },
  {
    name: "windows_line_ends",
    pattern:
      /\$'[^']*\\r': (?:command not found|No such file or directory)|^[^:]*env: ['\u2018][^'\u2019]*\\r['\u2019]: No such file|\^M: bad interpreter|cannot execute: required file not found$/,
    hint: () =>
      "a script has Windows line ends, or its first line (#!) names a program that is not here: sed -i 's/\\r$//' FILE takes the line ends away",
  },
  {
    name: "no_keyboard",
    pattern: pattern("EOFError: EOF when reading a line"),
    hint: () =>
      "the program asks a question, and nobody can answer: a step's standard input is empty. Give the answer as an option of the program, or as an input",
  },
  {
    name: "script_as_program",
    pattern:
      /^[^:]+: (?:line )?\d+: (?:\.\/)?([^\s:]+(\.py|\.R|\.sh|\.js|\.jl)): (?:command not found|not found|[Pp]ermission denied)$/,
    hint: ([, file = "", ending = ""]) => {
      const program = { ".R": "Rscript", ".sh": "bash", ".js": "node", ".jl": "julia" }[ending];
      return `a script is started by its program: write ${program ?? "python3"} ${file}`;
    },
  },
  {
    name: "missing_file",
    pattern: /No such file or directory: (?:[A-Za-z]*Path\()?['"]([^'"]+)['"]/,
    hint: ([, path = ""], facts) => fileHint(facts, path),
  },
  {
    name: "missing_script",
    pattern: /can't open file '([^']+)': \[Errno 2\]/,
    hint: ([, path = ""], facts) =>
      ignoredHint(facts, [path]) ?? besideHint(facts, [path], "script") ?? facts.notInCode(path),
  },
  {
    name: "missing_file_in_node",
    pattern: /ENOENT: no such file or directory, \w+ '([^']+)'/,
    hint: ([, path = ""], facts) => fileHint(facts, path),
  },
  {
    name: "missing_file_in_r",
    pattern:
      /cannot open (?:compressed )?file '([^']+)'(?:: |, probable reason ')No such file or directory/,
    hint: ([, path = ""], facts) => fileHint(facts, path),
  },
  {
    name: "missing_file_in_shell",
    pattern:
      /^(?:[^:]+: )+(?:cannot (?:open|access|stat) )?'?([^:']+?)'?: No such file or directory$/,
    hint: ([, path = ""], facts) => fileHint(facts, path),
  },
];

const KILLED =
  "a process was killed from outside, nearly always by the kernel because memory ran out: let the step use less, run fewer steps at once (slots in stepwell.yml), or say what it needs (resources: {memory: …}); `dmesg` names the killer";

/** What to do about the known cause of a failure, or null. */
export function hintFor(facts: FailureFacts): string | null {
  if (facts.end.reason !== "exited") return null;
  const last = [...lastFailure(facts.lines), ...endLine(facts.end)];
  for (const line of last.reverse())
    for (const cause of CAUSES) {
      const match = line.match(cause.pattern);
      const hint = match === null ? null : cause.hint(match, facts);
      if (hint !== null) return hint;
    }
  return null;
}

function endLine(end: AttemptEnd): readonly string[] {
  if (end.signal === "SIGKILL" || end.signal === "KILL") return ["(signal SIGKILL)"];
  return end.exitCode === 137 ? ["(exit code 137)"] : [];
}

const TRACEBACK = /Traceback \(most recent call last\):$/;
const CHAIN = /(?:During handling of the above exception|The above exception was the direct cause)/;
/** Without a traceback, what stands further up was survived. */
const WORDS = 20;

/** What was said from the last traceback on, with those that led to it: earlier ones were survived. */
function lastFailure(lines: readonly string[]): readonly string[] {
  let from = lines.findLastIndex((line) => TRACEBACK.test(line));
  if (from < 0) return lines.slice(-WORDS);
  for (;;) {
    const before = lines.slice(0, from).findLastIndex((line) => line.trim() !== "");
    if (before < 0 || !CHAIN.test(lines[before] as string)) return lines.slice(from);
    from = lines.slice(0, before).findLastIndex((line) => TRACEBACK.test(line));
    if (from < 0) return lines;
  }
}

function variableHint(facts: FailureFacts, name: string): string | null {
  if (!facts.shellAlone(name)) return null;
  return `your shell has ${name}, and steps do not inherit it: run with --env ${name}, or put pass_env: [${name}] into stepwell.yml`;
}

function pythonFiles(module: string): readonly string[] {
  const parts = module.split(".");
  return parts.flatMap((_, index) => {
    const path = parts.slice(0, parts.length - index).join("/");
    return [`${path}.py`, `${path}/__init__.py`, path];
  });
}

function fileHint(facts: FailureFacts, path: string): string | null {
  return ignoredHint(facts, [path]) ?? besideHint(facts, [path], "data");
}

/** A module or script is shipped with the code; whatever else is read is better an input. */
function besideHint(
  facts: FailureFacts,
  paths: readonly string[],
  kind: "module" | "script" | "data",
): string | null {
  const found = facts.beside(paths);
  if (found === null) return null;
  const { path, code, written, inside, shipped } = found;
  if (found.isFunction === true)
    return `${path} is there, but no file beside the module reaches a function step: make it an input (input.file({ path: "${written}" }), a folder: input.folder), and read the path in inputs`;
  if (inside !== null && kind === "module") return null;
  if (inside !== null)
    return `the command starts inside the step's code (code: ${code}), where that file is ${inside}: write ${inside}`;
  const where =
    code === null
      ? "the step has no code of its own"
      : `it is not in the step's code (code: ${code})`;
  const isWhole = code === null && shipped === written;
  const ship =
    shipped === null
      ? "let code be a folder that both lie in, and start the command there"
      : `ship it with ${isWhole ? `code: ${written}` : `additional_includes: [${shipped}]`}`;
  const ways =
    kind !== "data"
      ? ship
      : `make it an input (path: ${written}, and \${{inputs.…}} in the command), or ${ship}`;
  return `${path} is there, but ${where}, and a step sees nothing else: ${ways}`;
}

function ignoredHint(facts: FailureFacts, paths: readonly string[]): string | null {
  const found = facts.ignored(paths);
  return found === null ? null : leftOutHint(found);
}

export function leftOutHint({ path, rule, file, line }: IgnoredFile): string {
  return file === null
    ? `${path} is there, but \`${rule}\` is never taken for code: make it an input, or take it back with \`!${rule}\` in .gitignore`
    : `${path} is there, but was left out of the step's copy by \`${rule}\` (${file}:${line}): change that line, or make it an input`;
}
