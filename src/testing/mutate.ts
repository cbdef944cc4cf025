// Alters a definition at random places: what stands there is replaced, removed, renamed, doubled or exchanged. The same seed
// gives the same definition.

import type { Chance } from "./simulation/chance.ts";

export type Plain = null | boolean | number | string | readonly Plain[] | { [key: string]: Plain };

const BINDINGS =
  "${{inputs.x}}|${{parent.inputs.x}}|${{parent.jobs.a.outputs.o}}|${{parent.jobs.b}}|${{parent.outputs.o}}|${{ inputs . x }}|${{|}}|${{}}|$[[x]]|${{name}}".split(
    "|",
  );
const TEXTS =
  "|.|..|/|~|a b|a.b|a\nb|\0|\u202e|日本|'|\"|$(id)|-x|null|1e3|017|2020-01-01|__proto__|azureml:|azureml:x:1|azureml:x@y|azureml://datastores/lake/paths/../x|https://|s3://|./c.yml".split(
    "|",
  );
const WORDS =
  "type jobs component command inputs outputs path mode name code environment compute source sink task x o uri_file uri_folder integer command pipeline parallel sweep data_transfer import_data".split(
    " ",
  );
const OTHERS: readonly Plain[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, [], {}, [null], { a: null }, [[1]]],
  { path: "./x", type: "uri_file" },
  "x".repeat(5_000),
];

function odd(chance: Chance): Plain {
  return chance.pick<Plain>([
    chance.pick(BINDINGS),
    chance.pick(TEXTS),
    chance.pick(WORDS),
    chance.pick(OTHERS),
  ]);
}

/** A place in the definition: what holds it, and under which key. */
interface Spot {
  readonly holder: Record<string, Plain>;
  readonly key: string;
}

function spots(of: Plain): readonly Spot[] {
  if (of === null || typeof of !== "object") return [];
  // A list is a mapping of its indices here.
  const holder = of as Record<string, Plain>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...spots(holder[key] as Plain)]);
}

/** Another definition; this one stays as it is. */
export function mutated(definition: Plain, chance: Chance): Plain {
  const copy = structuredClone(definition);
  for (let left = chance.whole(1, 3); left > 0; left -= 1) mutate(copy, chance);
  return copy;
}

function mutate(definition: Plain, chance: Chance): void {
  const all = spots(definition);
  if (all.length === 0) return;
  const { holder, key } = chance.pick(all);
  const value = holder[key] as Plain;
  const other = chance.pick(all);
  switch (chance.pick(["replace", "replace", "remove", "rename", "copy", "exchange"])) {
    case "replace":
      holder[key] = odd(chance);
      break;
    case "remove":
      delete holder[key];
      break;
    case "rename":
      delete holder[key];
      holder[chance.pick([...TEXTS, ...WORDS])] = value;
      break;
    case "copy":
      holder[chance.pick(WORDS)] = structuredClone(value);
      break;
    default:
      holder[key] = structuredClone(other.holder[other.key] as Plain);
  }
}

/** A text with letters lost, doubled or put in: most are no YAML any more. */
export function mutatedText(text: string, chance: Chance): string {
  const at = chance.whole(0, text.length);
  const rest = text.slice(at);
  const sign = chance.pick(["\t", "\r", "\0", "\ufeff", "\u2028", "&a ", "*a", "!!x ", "- ", "? "]);
  return (
    text.slice(0, at) +
    chance.pick([rest.slice(chance.whole(1, 9)), sign + rest, `{${rest}`, `\n---\n${text}`, ""])
  );
}
