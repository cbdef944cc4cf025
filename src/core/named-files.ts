// The files outside of a step that its own definition names: absolute paths in its command and among its values. Whether
// they are there, and whose they are, is for others to find out. Pure.

import type { StepNode } from "../spec/graph.ts";
import { scanShell } from "./shell-scanner.ts";
import { simpleCommands } from "./simple-commands.ts";

/** Absolute paths, each once, in the order of the command. `home`: what `~` stands for. */
export function namedFiles(
  {
    command,
    inputs,
    environmentVariables,
  }: Pick<StepNode, "command" | "inputs" | "environmentVariables">,
  home: string,
): readonly string[] {
  const literals = Object.values(inputs).flatMap(({ source }) =>
    source.kind === "literal" ? [source.literal.text] : [],
  );
  const values = [...literals, ...Object.values(environmentVariables)];
  const words = command !== null && NAMES_A_PATH.test(command) ? wordsOf(command, home) : [];
  return [...new Set([...words, ...values])].filter((word) => PATH.test(word));
}

/** Most commands name none: they are not parsed. */
const NAMES_A_PATH = /(?:^|[\s"'=<(;&|:])(?:\/|~\/|\$\{?HOME\b)/;
/** A file, as it is: no folder, no pattern, nothing that is only known when it runs, no program of an installation. */
const PATH = /^\/(?!.*\/s?bin\/[^/]+$)[^\0$`*?[\]{}]*[^\0$`*?[\]{}/]$/s;
/** Commands that name files and do not read them. */
const TALK = /^(?:echo|printf|which|type|test|\[|command|rm|mkdir|rmdir|touch|basename|dirname)$/;

function wordsOf(command: string, home: string): readonly string[] {
  const script = command
    .replaceAll("\0", "")
    .replaceAll(/\$\{\{.*?\}\}|\$\[\[|\]\]/gs, "$x")
    .replaceAll(/\$(?:HOME\b|\{HOME\})/g, () => home)
    .replaceAll(/\$\{\w[^}]*\}/g, "$x");
  const read = simpleCommands(script).flatMap((words) => {
    const head = words.find((word) => !ASSIGNMENT.test(word)) ?? "";
    return TALK.test(head) ? [] : words;
  });
  const redirected = scanShell(script, []).commands.flatMap(({ words }) =>
    words.filter((word) => word.redirect).map((word) => word.text),
  );
  return [...read, ...redirected].map((word) => {
    const value = word.replace(ASSIGNMENT, "").replace(/^-[^=/]*=/, "");
    return value.startsWith("~/") ? home + value.slice(1) : value;
  });
}

const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;
