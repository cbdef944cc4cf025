// The words for what can be wrong with a reference in a command: code, sentence, way out. `{ref}` stands for the
// reference as it was written. Knows nothing of how problems are found.

import type { Place } from "./shell-cursor.ts";
import type { ShellDanger } from "./shell-dangers.ts";

export interface ProblemText {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Why a reference cannot stand in such a place. */
export function placeText(place: Place | "unbalanced"): ProblemText {
  return PLACES[place];
}

/** Why a command that gets the value is dangerous. */
export function dangerText(danger: ShellDanger): ProblemText {
  const { command } = danger;
  switch (danger.kind) {
    case "eval":
      return {
        code: "reference_in_eval",
        message: `{ref} stands in what \`${command}\` runs as shell code, so its value would be run too.`,
        hint: `Run the command without \`${command}\`, or give the value to a script as an argument: \`bash step.sh "{ref}"\`.`,
      };
    case "arithmetic":
      return {
        code: "reference_in_arithmetic",
        message: `{ref} stands where bash evaluates arithmetic (${command}), which can run code from a value.`,
        hint: 'Compare with `[ "{ref}" -eq 1 ]` (single brackets), or compute in the program.',
      };
    case "name":
      return {
        code: "reference_as_name",
        message: `{ref} stands where \`${command}\` expects the name of a variable, which can run code from a value.`,
        hint: 'Use a fixed name and assign the value: `name="{ref}"`.',
      };
    case "braces":
      return {
        code: "reference_in_braces",
        message: "{ref} stands in a {1..n} sequence; bash expands those before it knows any value.",
        hint: "Use `$(seq 1 {ref})` instead.",
      };
    case "program_text":
      return {
        code: "reference_in_program_text",
        message: `{ref} stands in program text for \`${command}\`: a value with quotes or code changes the program.`,
        hint: 'Pass it as an argument (`python -c "import sys; print(sys.argv[1])" "{ref}"`, `bash -c \'echo "$1"\' - "{ref}"`).',
      };
    case "program":
      return {
        code: "reference_as_program",
        message:
          "{ref} decides which program runs: its value is split into words but not read as shell code.",
        hint: "Name the program in the command and pass the value as an argument.",
      };
    default:
      return danger.kind satisfies never;
  }
}

const PLACES: Readonly<Record<Place | "unbalanced", ProblemText>> = {
  heredoc: {
    code: "reference_in_heredoc",
    message: "{ref} stands in a here-document, where its quoting is not certain.",
    hint: 'Write the text with `echo "… {ref}"`, or let the program read the value from its arguments.',
  },
  arithmetic: {
    code: "reference_in_arithmetic",
    message: "{ref} stands in arithmetic, where bash can run code from a value.",
    hint: "Compute in the program, or with `expr {ref} + 1`.",
  },
  nested_backticks: {
    code: "reference_in_backticks",
    message:
      "{ref} stands in backticks with backslashes in them, where its quoting is not certain.",
    hint: "Write `$( … )` instead of backticks.",
  },
  escaped: {
    code: "reference_after_backslash",
    message: "A backslash stands right before {ref}.",
    hint: "Remove the backslash: values are never read as shell text.",
  },
  after_dollar: {
    code: "reference_after_dollar",
    message: "A `$` stands right before {ref}, which would make the value the name of a variable.",
    hint: "Write `\\$` for a dollar sign, or pass the variable's value as an input.",
  },
  expansion: {
    code: "reference_in_expansion",
    message:
      "{ref} stands in the name or the offset of a `${…}` expansion, where bash can run code from a value.",
    hint: 'Assign it first: `value="{ref}"`, then use `${value}`.',
  },
  unbalanced: {
    code: "unbalanced_command",
    message:
      "The command leaves a quote, a bracket or a here-document open, so the place of {ref} is not certain.",
    hint: "Close what is open; `bash -n` on the command shows where.",
  },
};
