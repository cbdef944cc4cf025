// Finds the script that a command line names and that is not there: a typing mistake that would only show when the step
// runs. Looks at the disk; changes nothing.

import fs from "node:fs";
import path from "node:path";
import { didYouMean } from "../../spec/did-you-mean.ts";
import { namesIn } from "../names-in.ts";
import { type Refusal, refuse } from "../refusal.ts";

/** Programs that run a script. */
export const INTERPRETER =
  /^(?:python[\d.]*|pypy[\d.]*|Rscript|node|bash|sh|julia|ruby|perl|torchrun)$/;
/** What follows it is no script. */
const OTHER_PROGRAM = /^-(?:[A-Za-z]*[cm]|e|-eval|p)$/;
/** Options of Python's with a value of their own. */
const WITH_VALUE = new Set(["-W", "-X"]);

/** Null where the script is there, or none is named. */
export function missingScript(words: readonly string[], currentFolder: string): Refusal | null {
  const script = scriptOf(words);
  if (script === null) return null;
  const at = path.resolve(currentFolder, script);
  if (fs.existsSync(at)) return null;
  const ending = path.extname(at);
  const near = didYouMean(
    path.basename(at),
    namesIn(path.dirname(at)).filter((name) => path.extname(name) === ending),
  );
  const hint =
    near === null
      ? `name it as it is seen from ${currentFolder}`
      : `did you mean ${path.join(path.dirname(script), near)}?`;
  return refuse("missing_path", `there is no script ${script}`, hint);
}

function scriptOf([program = "", ...rest]: readonly string[]): string | null {
  if (/^\.{1,2}\//.test(program) && !/\s/.test(program)) return program;
  if (!INTERPRETER.test(path.basename(program))) return null;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] as string;
    if (OTHER_PROGRAM.test(word)) return null;
    if (WITH_VALUE.has(word)) at += 1;
    else if (!word.startsWith("-")) return /\.\w+$/.test(word) ? word : null;
  }
  return null;
}
