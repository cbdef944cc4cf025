// What values may travel as environment variables, and which authored values mean something else than in Azure ML
// because the shell no longer reads them. Knows nothing of templates.

import type { Quoting } from "./shell-cursor.ts";

/** Linux takes 128 KiB for one variable, its name included; the rest is room for the name. */
export const MAX_VALUE_BYTES = 120_000;
/** Linux takes about 2 MB for all arguments and variables; half of it is left to the command. */
export const MAX_ALL_VALUES_BYTES = 1_000_000;

export interface ValueProblem {
  readonly code: "value_too_long" | "values_too_long" | "nul_in_value";
  readonly message: string;
  readonly hint: string;
  /** Name of the value, or null when it is about all of them. */
  readonly name: string | null;
}

/** Checks that values can be handed to a process at all. Names are as the user wrote them. */
export function checkValues(values: Readonly<Record<string, string>>): ValueProblem[] {
  const problems: ValueProblem[] = [];
  let total = 0;
  for (const [name, value] of Object.entries(values)) {
    const bytes = Buffer.byteLength(value);
    total += bytes;
    if (value.includes("\0"))
      problems.push({
        code: "nul_in_value",
        message: `The value of ${name} holds a NUL character, which no command line can carry.`,
        hint: PASS_AS_FILE,
        name,
      });
    if (bytes > MAX_VALUE_BYTES)
      problems.push({
        code: "value_too_long",
        message: `The value of ${name} has ${kilobytes(bytes)} kB; a command line carries at most ${kilobytes(MAX_VALUE_BYTES)} kB in one value.`,
        hint: PASS_AS_FILE,
        name,
      });
  }
  if (total > MAX_ALL_VALUES_BYTES)
    problems.push({
      code: "values_too_long",
      message: `The values of this step have ${kilobytes(total)} kB in all; a command line carries at most ${kilobytes(MAX_ALL_VALUES_BYTES)} kB.`,
      hint: PASS_AS_FILE,
      name: null,
    });
  return problems;
}

/**
 * Warnings about a value that an author wrote for Azure ML, where the shell would have read it as `quotings` let it: between
 * single quotes it reads nothing but another one.
 */
export function literalWarnings(
  value: string,
  quotings: readonly Quoting[],
): { readonly code: "shell_text_in_value"; readonly message: string; readonly hint: string }[] {
  const read = SHELL_TEXT.filter(
    ({ pattern, within }) => pattern.test(value) && quotings.some((one) => within.includes(one)),
  );
  if (read.length === 0) return [];
  const found = [...new Set(read.map(({ words }) => words))];
  return [
    {
      code: "shell_text_in_value",
      message: `The value holds ${found.join(" and ")}; the command gets it as it is, the shell does not expand it.`,
      hint: "Write the expanded value, or move the shell text into the command; `properties: {stepwell.inputs: text}` brings Azure ML's text substitution back.",
    },
  ];
}

const PASS_AS_FILE = "Pass it as a file: an input of type uri_file.";

/** What a shell reads, and between which quotes it does. */
const SHELL_TEXT: readonly {
  readonly pattern: RegExp;
  readonly words: string;
  readonly within: readonly Quoting[];
}[] = [
  { pattern: /\$/, words: "`$`", within: ["code", "double"] },
  { pattern: /(?:^|[\s:=])~/, words: "`~`", within: ["code"] },
  { pattern: /"/, words: "quotes", within: ["code", "double"] },
  { pattern: /'/, words: "quotes", within: ["code", "single", "ansi"] },
  { pattern: /`/, words: "a backtick", within: ["code", "double"] },
];

function kilobytes(bytes: number): number {
  return Math.ceil(bytes / 1000);
}
