// A value that holds inputs of the pipeline among other words: `${{parent.inputs.a}},${{parent.inputs.b}}`. Fills them
// in. Knows nothing of what takes the text.

import type { Place } from "../problem-at.ts";
import { type ReferencePart, templateReferences } from "../template.ts";
import type { LoadContext } from "./load-context.ts";
import { parentInput, type Scope } from "./scope.ts";

/** Whether a text holds bindings to the pipeline around it; as the whole value they are no matter of this file. */
export function holdsParentBinding(text: string): boolean {
  return templateReferences(text).some((one) => one.target.scope.startsWith("parent_"));
}

/** The text with every input of the pipeline as its command would read it; null after reporting what cannot be. */
export function joinedText(
  text: string,
  scope: Scope,
  place: Place,
  context: LoadContext,
): string | null {
  let joined: string | null = "";
  let from = 0;
  for (const part of templateReferences(text)) {
    if (!part.target.scope.startsWith("parent_")) continue;
    const word = inputText(part, scope, place, context);
    const before = text.slice(from, part.offset);
    joined = joined === null || word === null ? null : joined + before + word;
    from = part.offset + part.raw.length;
  }
  return joined === null ? null : joined + text.slice(from);
}

function inputText(
  part: ReferencePart,
  scope: Scope,
  place: Place,
  context: LoadContext,
): string | null {
  if (part.target.scope !== "parent_inputs") {
    const message = `\`${part.raw}\` cannot stand inside a text`;
    const hint =
      "Write it as the whole value of an input of its own, and put the text together in the command.";
    context.error(place, "bad_binding", message, hint);
    return null;
  }
  const { name } = part.target;
  const input = parentInput(name, scope, place, context);
  if (input === null) return null;
  const { source } = input;
  if (source.kind === "literal") return source.literal.text;
  if (source.kind === "unset") {
    if (input.optional) return "";
    const message = `\`${part.raw}\` inside the text has no value`;
    const hint = `Set the pipeline's input, run with \`--input ${name}=…\`, or declare it \`optional: true\`.`;
    context.error(place, "missing_input", message, hint);
    return null;
  }
  const message = `\`${part.raw}\` is data and cannot stand inside a text`;
  const hint =
    "Write it as the whole value of an input of its own, and name what is inside it in the command.";
  context.error(place, "wrong_type", message, hint);
  return null;
}
