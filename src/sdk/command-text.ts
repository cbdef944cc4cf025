// The command of a step as text with placeholders: `sh` puts inputs and outputs in, and quotes everything else.

import { DefinitionError } from "./definition-error.ts";
import { openAround } from "./open-quote.ts";
import { originOfCall } from "./place.ts";
import type { InputPorts, OutputPorts } from "./ports.ts";

/** Stands for an input or output in a command; the value reaches it as a variable, whole, whatever it holds. */
export class Placeholder {
  /** As YAML writes it. */
  readonly text: string;
  /** Numbers and truth need no quotes. */
  readonly isPlain: boolean;

  constructor(text: string, isPlain: boolean) {
    this.text = text;
    this.isPlain = isPlain;
  }

  /** As one word, where nothing around it is quoted. */
  get word(): string {
    return this.isPlain ? this.text : `"${this.text}"`;
  }

  toString(): string {
    return this.text;
  }
}

/** A finished command, made by {@link sh}. */
export class CommandText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The inputs and outputs of a step, as its command names them. */
export interface CommandPorts<I extends InputPorts, O extends OutputPorts> {
  readonly inputs: { readonly [K in keyof I]: Placeholder };
  readonly outputs: { readonly [K in keyof O]: Placeholder };
}

type Word = Placeholder | CommandText | string | number | boolean;

/**
 * A command from a template. Each value in it is one word, whatever it holds: inputs and outputs, texts, numbers; a list is
 * a word each. Inside of quotes of the command a value stands as it is.
 *
 * `$[[--alpha ${inputs.alpha}]]` is left out when the optional input is not set, as in Azure's YAML.
 *
 * @throws DefinitionError for `undefined`, an object or a promise in the template, and for a backslash that JavaScript drops:
 * `\d` is written `\\d`.
 * @example
 * ```ts
 * command({ name: "prep", inputs: { raw: input.folder() }, outputs: { clean: output.folder() },
 *   run: ({ inputs, outputs }) => sh`python prep.py --raw ${inputs.raw} --out ${outputs.clean} --title ${"it's"}` });
 * ```
 */
export function sh(
  texts: TemplateStringsArray,
  ...words: readonly (Word | readonly Word[])[]
): CommandText {
  if (!Array.isArray(texts?.raw))
    throw notWritten("it is called with parentheses", "write it before a template: sh`echo hello`");
  let before = "";
  const parts = texts.map((_, index) => {
    const text = cookedText(texts[index], texts.raw[index] as string);
    if (index >= words.length) return text;
    before += text;
    const quote = quoteBehind(before);
    const word = words[index] as Word | readonly Word[];
    return (
      text +
      [word]
        .flat()
        .map((one) => quoted(one as Word, quote))
        .join(" ")
    );
  });
  return new CommandText(parts.join("").trim());
}

/** What JavaScript knows after a backslash; before anything else it drops the backslash. */
const ESCAPES = "\\'\"`${0bfnrtvxu\n\r";

function cookedText(text: string | undefined, raw: string): string {
  for (const [pair, sign = ""] of raw.matchAll(/\\(.)/gs))
    if (!ESCAPES.includes(sign))
      throw notWritten(`the backslash of \`${pair}\` is lost in a template`, `write \`\\${pair}\``);
  if (text !== undefined) return text;
  throw notWritten("a backslash of the template is no escape", "write `\\\\`");
}

function notWritten(reason: string, hint: string): DefinitionError {
  return new DefinitionError(`sh: ${reason}`, hint, originOfCall());
}

type Quote = '"' | "'" | null;

/** The quotes that a value behind `before` stands inside of; where none can stand it is refused. */
function quoteBehind(before: string): Quote {
  const around = openAround(before);
  if (around === "comment")
    throw notWritten("a value stands in a comment", "take it out: its text could end the comment");
  if (around === "here-document")
    throw notWritten(
      "a value stands in a here-document",
      "pass it as an argument of the program, or write the document to a file of the code",
    );
  return around;
}

function quoted(word: Word, quote: Quote): string {
  if (word instanceof Placeholder) return quote === null ? word.word : word.text;
  if (word instanceof CommandText) return word.text;
  if (typeof word === "number" || typeof word === "boolean") return String(word);
  if (typeof word === "string") return quotedText(word, quote);
  const what = word === null || word === undefined ? String(word) : typeof word;
  throw notWritten(`${what} is no word of a command`, "use texts, numbers, inputs and outputs");
}

/** A text is never a placeholder, also where it looks like one: quotes stand between `$` and its brackets. */
function quotedText(text: string, quote: Quote): string {
  if (/^[\w./:=@%+,-]+$/.test(text)) return text;
  if (quote === '"')
    return text.replaceAll(/[\\"$`]/g, "\\$&").replaceAll(/\\\$(?=\{\{|\[\[)/g, '\\$""');
  const inside = text.replaceAll("'", "'\\''").replaceAll(/\$(?=\{\{|\[\[)/g, "$$''");
  return quote === "'" ? inside : `'${inside}'`;
}

export function placeholders<I extends InputPorts, O extends OutputPorts>(
  inputs: I,
  outputs: O,
): CommandPorts<I, O> {
  const of = (kind: string, ports: InputPorts | OutputPorts): Record<string, Placeholder> =>
    Object.fromEntries(
      Object.entries(ports).map(([name, { type }]) => [
        name,
        new Placeholder(`\${{${kind}.${name}}}`, PLAIN.has(type)),
      ]),
    );
  return {
    inputs: of("inputs", inputs) as CommandPorts<I, O>["inputs"],
    outputs: of("outputs", outputs) as CommandPorts<I, O>["outputs"],
  };
}

const PLAIN: ReadonlySet<string> = new Set(["number", "integer", "boolean"]);

/** A word of a command for each input and output; those of inputs that may stay unset can be left out. */
export function portWords(
  inputs: InputPorts,
  outputs: OutputPorts,
  write: (name: string, word: string, isPlain: boolean) => string,
): readonly string[] {
  const ports = placeholders(inputs, outputs);
  const given = Object.entries(inputs).map(([name, { presence }]) => {
    const { word, isPlain } = ports.inputs[name] as Placeholder;
    const text = write(name, word, isPlain);
    return presence === "unset" ? `$[[${text}]]` : text;
  });
  const made = Object.entries(ports.outputs).map(([name, { word, isPlain }]) =>
    write(name, word, isPlain),
  );
  return [...given, ...made];
}
