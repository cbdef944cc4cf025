// Makes the page of the reference that lists every command, argument and option, from the definitions that the command
// line itself uses. Does not know what the commands do.

import { Command, type Option } from "commander";
import { COMMANDS, HIDDEN } from "../cli/commands.ts";
import { createContext } from "../cli/create-context.ts";
import { createTerminal } from "../cli/terminal.ts";

const INTRODUCTION = `# Commands

Made from the command table by \`npm run transcript\`; a test fails when it is not what the program says.
\`stepwell COMMAND --help\` prints the same. What RUN, STEP and FILE may be: [names and keys](../guides/names.md). What \`--json\` prints: [json.md](json.md).

Before and after every command: \`--workspace <folder>\` (the folder that holds \`.stepwell/\`; also \`STEPWELL_WORKSPACE\`), \`-o, --output json|yaml|tsv|table\` where a command has \`--json\`.
`;

/** The whole page. Commands that the program starts by itself are left out. */
export async function commandReference(): Promise<string> {
  const context = createContext(createTerminal({ NO_COLOR: "1" }), null, []);
  const sections: string[] = [];
  for (const [name, entry] of Object.entries(COMMANDS)) {
    if (HIDDEN.has(name)) continue;
    const command = new Command(`stepwell ${name}`).description(entry.summary);
    (await entry.load()).define(command, context);
    sections.push(section(command, "##"));
    for (const verb of command.commands)
      sections.push(section(verb.name(`stepwell ${name} ${verb.name()}`), "###"));
  }
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

function section(command: Command, heading: string): string {
  const words = command.registeredArguments.map((argument) => ({
    name: bracketed(argument.name(), argument.required, argument.variadic),
    says: withDefault(argument.description, argument.defaultValue),
  }));
  const options = command.options.filter((option) => !option.hidden);
  const title = [command.name(), ...words.map((word) => word.name)].join(" ");
  const rows = [
    ...words.map((word) => row(word.name, word.says)),
    ...options.map((option) => row(option.flags, saysOf(option))),
  ];
  const table = rows.length === 0 ? [] : ["", "| | |", "|---|---|", ...rows];
  const summary = command.description();
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return [`${heading} \`${title}\``, "", sentence, ...table, ""].join("\n");
}

function bracketed(name: string, required: boolean, variadic: boolean): string {
  const word = variadic ? `${name}...` : name;
  return required ? `<${word}>` : `[${word}]`;
}

function saysOf(option: Option): string {
  const choices = option.argChoices ? `: ${option.argChoices.join(", ")}` : "";
  const says = `${option.description}${choices}`;
  return option.negate ? says : withDefault(says, option.defaultValue);
}

function withDefault(text: string, value: unknown): string {
  const plain = typeof value === "string" || typeof value === "number";
  return plain ? `${text} (default: \`${value}\`)` : text;
}

function row(flags: string, text: string): string {
  const escaped = (words: string): string => words.replaceAll("|", "\\|");
  return `| \`${escaped(flags)}\` | ${escaped(text)} |`;
}
