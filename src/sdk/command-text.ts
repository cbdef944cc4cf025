// The command of a step as text with placeholders: `sh` puts inputs and outputs in, and quotes everything else.

import type { InputPorts, OutputPorts } from "./ports.ts";

/** Stands for an input or output in a command; the value reaches it as a variable, quoted by the place it stands in. */
export class Placeholder {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
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
 * A command from a template: inputs and outputs are values, anything else is quoted as one word (a list: as words).
 *
 * `$[[--alpha ${inputs.alpha}]]` is left out when the optional input is not set, as in Azure's YAML.
 *
 * @throws TypeError for `undefined`, an object or a promise in the template.
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
  const parts = texts.map((_, index) => {
    const text = texts[index];
    if (text === undefined) throw new TypeError("sh: a backslash of the template is no escape");
    if (index >= words.length) return text;
    const word = words[index] as Word | readonly Word[];
    return text + (Array.isArray(word) ? word.map(quoted).join(" ") : quoted(word as Word));
  });
  return new CommandText(parts.join("").trim());
}

function quoted(word: Word): string {
  if (word instanceof Placeholder || word instanceof CommandText) return word.text;
  if (typeof word === "number" || typeof word === "boolean") return String(word);
  if (typeof word === "string")
    return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  const what = word === null || word === undefined ? String(word) : typeof word;
  throw new TypeError(
    `sh: ${what} is no word of a command; use texts, numbers, inputs and outputs`,
  );
}

export function placeholders<I extends InputPorts, O extends OutputPorts>(
  inputs: I,
  outputs: O,
): CommandPorts<I, O> {
  const of = (kind: string, ports: object): Record<string, Placeholder> =>
    Object.fromEntries(
      Object.keys(ports).map((name) => [name, new Placeholder(`\${{${kind}.${name}}}`)]),
    );
  return {
    inputs: of("inputs", inputs) as CommandPorts<I, O>["inputs"],
    outputs: of("outputs", outputs) as CommandPorts<I, O>["outputs"],
  };
}
