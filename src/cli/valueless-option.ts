// Finds an option without a value: another option stands behind it, where its value should (`--resume --json`; a parser
// would take the second one for the value), or its value is empty (`--idempotency-key "$KEY"` where KEY is unset).

import type { Command, Option } from "commander";

/** The option as it is written in the help; null where each has what it needs. Nothing behind `--` is looked at. */
export function valuelessOption(command: Command, words: readonly string[]): string | null {
  const options = optionsOf(command);
  const known = new Set(options.flatMap(({ long }) => long ?? []));
  const own = ownWords(words);
  const found = options.find(
    ({ required, long, short }) =>
      required &&
      own.some((word, at) => (word === long || word === short) && known.has(own[at + 1] ?? "")),
  );
  return found?.flags ?? null;
}

/** Texts that may be taken back by an empty one. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(["--description", "--reason"]);

/** The option as it was typed whose value is empty, or nothing but commas; null where there is none. */
export function emptyOption(command: Command, words: readonly string[]): string | null {
  const own = ownWords(words);
  for (const { required, optional, long, short } of optionsOf(command)) {
    if (!(required || optional) || MAY_BE_EMPTY.has(long ?? "")) continue;
    for (const [at, word] of own.entries()) {
      const next = own[at + 1];
      const apart = (word === long || word === short) && next !== undefined && isEmpty(next);
      if (apart || (word.startsWith(`${long}=`) && isEmpty(word.slice(`${long}=`.length))))
        return word.replace(/=.*/s, "");
    }
  }
  return null;
}

function optionsOf(command: Command): readonly Option[] {
  return [command, ...command.commands].flatMap((one) => one.options);
}

function ownWords(words: readonly string[]): readonly string[] {
  const dashes = words.indexOf("--");
  return dashes < 0 ? words : words.slice(0, dashes);
}

function isEmpty(value: string): boolean {
  return /^[\s,]*$/.test(value);
}
