// Checks what a command template refers to against the inputs and outputs that exist. Knows nothing of shells.

import { namesInWords, suggestion } from "../did-you-mean.ts";
import { parseTemplate, type ReferencePart } from "../template.ts";
import { getSet, type TreeMapping, type TreeScalar } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";

/** Names that exist, with whether an input may be unset. */
export type KnownInputs = ReadonlyMap<string, { readonly optional: boolean }>;

/** Reports references to what is not declared. `artifacts` is every command's own output. */
export function checkCommand(
  tree: TreeMapping,
  inputs: KnownInputs,
  outputs: ReadonlyMap<string, unknown>,
  context: LoadContext,
): void {
  const command = getSet(tree, "command");
  if (command?.kind !== "scalar" || command.type !== "string") return;
  if (command.text.trim() === "") {
    const hint = 'Write what is to be run; `command: "true"` does nothing on purpose.';
    context.error(command, "missing_field", "the command is empty", hint);
    return;
  }
  warnNearReferences(command, { inputs, outputs }, context);
  if (!command.text.includes("${{") && !command.text.includes("$[[")) return;
  const placeOf = placesInOrder(command);
  for (const part of parseTemplate(command.text)) {
    if (part.kind === "text") {
      if (part.text.includes("${{")) malformed(command, context);
      continue;
    }
    const place = placeOf(part.kind === "reference" ? part.raw : "$[[");
    const references = part.kind === "reference" ? [part] : part.parts;
    for (const one of references) {
      if (one.kind !== "reference") continue;
      const own = one === part ? place : placeOf(one.raw);
      checkReference(one, own, { inputs, outputs }, context);
    }
    if (part.kind === "reference") warnOptional(part, place, inputs, context);
    else if (!part.parts.some((one) => one.kind === "reference")) {
      const message = `\`${shorten(part.raw)}\` holds no reference and stays as it is`;
      const hint = "Write `${{inputs.name}}` inside the brackets.";
      context.warn(place, "group_without_reference", message, hint);
    }
  }
}

const NAME = String.raw`\s*(?:inputs|outputs)\.[\w-]+\s*`;
/**
 * `${inputs.x}`, `$(inputs.x)`, `$inputs.x`, `{{inputs.x}}` and `{inputs.x}`, of which the first is an error of bash, the third
 * is empty, and the last is how the first previews wrote them.
 */
const NEAR = new RegExp(
  String.raw`\$\{${NAME}\}|\$\(${NAME}\)|\$(?:inputs|outputs)\.[\w-]+|(?<![\${])(?:\{\{${NAME}\}\}|\{${NAME}\})`,
  "g",
);

/** What was meant as a reference and is none reaches bash as it stands. Only names that exist: it may be another language's. */
function warnNearReferences(command: TreeScalar, known: Known, context: LoadContext): void {
  const placeOf = placesInOrder(command);
  for (const [raw] of command.text.matchAll(NEAR)) {
    const [scope = "", name = ""] = raw.replaceAll(/[${}()\s]/g, "").split(".");
    if (!(scope === "inputs" ? known.inputs : known.outputs).has(name)) continue;
    const message = `\`${raw}\` is no reference and reaches the command as it stands`;
    context.warn(placeOf(raw), "near_reference", message, `Write \`\${{${scope}.${name}}}\`.`);
  }
}

interface Place {
  readonly source: TreeScalar["source"];
  readonly offset: number;
}

interface Known {
  readonly inputs: KnownInputs;
  readonly outputs: ReadonlyMap<string, unknown>;
}

function checkReference(
  part: ReferencePart,
  place: Place,
  known: Known,
  context: LoadContext,
): void {
  const target = part.target;
  switch (target.scope) {
    case "inputs":
      if (known.inputs.has(target.name)) return;
      context.error(
        place,
        "undeclared_input",
        `the command uses the input \`${target.name}\`, which is not declared`,
        () =>
          suggestion(
            target.name,
            known.inputs.keys(),
            `Add it under \`inputs\`. Declared: ${namesInWords(known.inputs.keys())}.`,
          ),
      );
      return;
    case "outputs":
      if (known.outputs.has(target.name)) return;
      context.error(
        place,
        "undeclared_output",
        `the command uses the output \`${target.name}\`, which is not declared`,
        () =>
          suggestion(
            target.name,
            known.outputs.keys(),
            `Add it under \`outputs\`. Declared: ${namesInWords(known.outputs.keys())}.`,
          ),
      );
      return;
    case "name":
    case "default_datastore":
      return;
    case "search_space":
    case "parent_inputs":
    case "parent_outputs":
    case "parent_jobs":
    case "other":
      context.error(
        place,
        "bad_binding",
        `\`${part.raw}\` means nothing in a command`,
        "A command may use `${{inputs.x}}`, `${{outputs.x}}` and `${{name}}`: bind the value to an input first.",
      );
      return;
    default:
      target satisfies never;
  }
}

function warnOptional(
  part: ReferencePart,
  place: Place,
  inputs: KnownInputs,
  context: LoadContext,
): void {
  const { target } = part;
  if (target.scope !== "inputs" || inputs.get(target.name)?.optional !== true) return;
  const message = `the input \`${target.name}\` is optional, but stands outside \`$[[ … ]]\``;
  const hint = `Write \`$[[--${target.name} ${part.raw}]]\`, so that it drops out when nobody sets it.`;
  context.warn(place, "optional_outside_group", message, hint);
}

function malformed(command: TreeScalar, context: LoadContext): void {
  const message = "the command holds `${{` without a matching `}}`";
  context.error(
    { ...command, offset: findIn(command, "${{", command.offset) ?? command.offset },
    "bad_binding",
    message,
    "Close it with `}}`.",
  );
}

/** The place of each next part of the command; of one that is not found that of the part before. */
function placesInOrder(command: TreeScalar): (raw: string) => TreeScalar {
  let { offset } = command;
  // Once one was not found no further one is searched: a hostile text would cost quadratic time.
  let from: number | null = offset;
  return (raw) => {
    const found: number | null = from === null ? null : findIn(command, raw, from);
    from = found === null ? null : found + 1;
    offset = found ?? offset;
    return { ...command, offset };
  };
}

// Block texts and folded lines are re-wrapped when parsed, so the place is searched in the source, but not beyond where
// the command can reach.
function findIn(command: TreeScalar, raw: string, from: number): number | null {
  if (command.source === null) return null;
  const end = command.offset + command.text.length * 2 + 1_000;
  const text = command.source.text.slice(from, end);
  const isShort = raw.length <= LONGEST_PATTERN;
  const found = isShort && /\s/.test(raw) ? text.search(wrapped(raw)) : text.indexOf(raw);
  return found < 0 ? null : from + found;
}

const LONGEST_PATTERN = 1_000;

/** A blank of it may be the end of a line and what the next one is indented by. */
function wrapped(raw: string): RegExp {
  const words = raw.split(/\s+/).map((word) => word.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&"));
  return new RegExp(words.join("\\s+"));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
