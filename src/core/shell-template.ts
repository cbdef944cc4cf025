// Turns a command template into a bash script that holds no values: each reference becomes an environment variable in
// the form that its quoting context asks for, so that a value is data and never shell. Does not know the values.

import {
  type OptionalPart,
  parseTemplate,
  type ReferencePart,
  type TemplatePart,
  type TextPart,
} from "../spec/template.ts";
import type { Marker, Quoting } from "./shell-cursor.ts";
import { findDangers } from "./shell-dangers.ts";
import { isTooDeep, scanShell } from "./shell-scanner.ts";
import { dangerText, type ProblemText, placeText } from "./template-messages.ts";

export { checkValues, literalWarnings } from "./input-values.ts";

/** Something about a template that the author should know. `offset` counts into the template. */
export interface TemplateWarning {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
}

export interface TemplateReference {
  /** The inside of `${{…}}`: `inputs.x`, `outputs.o`, `name`. */
  readonly ref: string;
  /** The environment variable that must hold its value (empty when it is unset). */
  readonly variable: string;
  /** What quotes it at the places where it stands; each once. */
  readonly quotings: readonly Quoting[];
}

interface KnownReferences {
  isSet(ref: string): boolean;
  isPath?(ref: string): boolean;
}

export type CompiledCommand =
  | {
      readonly ok: true;
      readonly script: string;
      /** Each once, in order of appearance. */
      readonly references: readonly TemplateReference[];
      readonly warnings: readonly TemplateWarning[];
      /** `${{name}}` stands in it: the step can never be reused. */
      readonly usesRunName: boolean;
    }
  | { readonly ok: false; readonly problems: readonly TemplateWarning[] };

/**
 * Compiles a template. `isSet` decides the optional groups: dropped when an input in it is unset. `isPath` says which
 * references are paths: bare, they are one argument, because a folder's name may hold blanks.
 */
export function compileCommand(template: string, known: KnownReferences): CompiledCommand {
  const nul = template.indexOf("\0");
  if (nul >= 0) return { ok: false, problems: [{ ...NUL_PROBLEM, offset: nul }] };
  if (isTooDeep(template)) return { ok: false, problems: [{ ...DEPTH_PROBLEM, offset: 0 }] };
  const flat = flatten(parseTemplate(template), known);
  const scan = scanShell(flat.text, flat.markers);
  const problems: TemplateWarning[] = scan.misplaced.map(({ marker, place }) =>
    finding(flat.markers[marker], placeText(place)),
  );
  const warnings: TemplateWarning[] = [];
  for (const danger of scan.commands.flatMap(findDangers)) {
    const found = finding(flat.markers[danger.marker], dangerText(danger));
    (danger.severity === "error" ? problems : warnings).push(found);
  }
  const first = scan.used.map(({ marker }) => flat.markers[marker])[0];
  if (!scan.complete && first !== undefined && problems.length === 0)
    problems.push(finding(first, placeText("unbalanced")));
  if (problems.length > 0) return { ok: false, problems: inOrder(problems) };
  const references = new Map<string, TemplateReference>();
  for (const { marker, quoting } of scan.used) {
    const { ref, variable } = flat.markers[marker] as FlatMarker;
    const before = references.get(ref)?.quotings ?? [];
    const quotings = before.includes(quoting) ? before : [...before, quoting];
    references.set(ref, { ref, variable, quotings });
  }
  return {
    ok: true,
    script: scan.script,
    references: [...references.values()],
    warnings: inOrder(warnings),
    usesRunName: references.has("name"),
  };
}

/**
 * The environment variable of a reference: injective, so `a-b`, `a_b` and `A_b` never meet.
 *
 * @example variableName("inputs", "learning_rate") // "SW_inputs_learning__rate"
 */
export function variableName(scope: string, name: string): string {
  return `SW_${scope}_${encode(name)}`;
}

/** Azure's own substitution: values become text of the script. A reference without a value becomes empty. */
export function substituteText(
  template: string,
  values: Readonly<Record<string, string | undefined>>,
): string {
  const value = (ref: string) => (Object.hasOwn(values, ref) ? values[ref] : undefined);
  const text = (part: TextPart | ReferencePart) =>
    part.kind === "text" ? part.text : (value(part.text) ?? "");
  return parseTemplate(template)
    .map((part) => {
      if (part.kind !== "optional") return text(part);
      if (!part.parts.some((inner) => inner.kind === "reference")) return part.raw;
      return isDropped(part, (ref) => value(ref) !== undefined)
        ? ""
        : part.parts.map(text).join("");
    })
    .join("");
}

const NUL_PROBLEM = {
  code: "nul_in_command",
  message: "The command holds a NUL character, which no shell can read.",
  hint: "Remove the character.",
};

const DEPTH_PROBLEM = {
  code: "command_too_deep",
  message: "The command has more than 1000 brackets in each other.",
  hint: "Put it into a script in the step's code, and call that.",
};

type FlatMarker = Marker & {
  readonly ref: string;
  readonly variable: string;
  readonly offset: number;
};

/** One text for the scanner: groups decided, each reference a NUL. */
function flatten(
  parts: readonly TemplatePart[],
  known: KnownReferences,
): { text: string; markers: FlatMarker[] } {
  const markers: FlatMarker[] = [];
  let text = "";
  const add = (part: TemplatePart): void => {
    if (part.kind === "text") text += part.text;
    else if (part.kind === "reference") {
      text += "\0";
      markers.push(referenceMarker(part, known.isPath?.(part.text) ?? false));
    } else if (!part.parts.some((inner) => inner.kind === "reference")) {
      text += "\0";
      const { raw: source, offset } = part;
      markers.push({ kind: "literal", source, offset, ref: "", variable: "" });
    } else if (!isDropped(part, known.isSet)) part.parts.forEach(add);
  };
  parts.forEach(add);
  return { text, markers };
}

function isDropped(group: OptionalPart, isSet: (ref: string) => boolean): boolean {
  return group.parts.some((part) => part.kind === "reference" && !isSet(part.text));
}

function referenceMarker(part: ReferencePart, oneWord: boolean): FlatMarker {
  const ref = part.text;
  const dot = ref.indexOf(".");
  const scope = /^(?:inputs|outputs)$/.exec(ref.slice(0, Math.max(dot, 0)))?.[0];
  const variable = scope ? variableName(scope, ref.slice(dot + 1)) : variableName("job", ref);
  return { kind: "reference", variable, source: part.raw, oneWord, ref, offset: part.offset };
}

function encode(name: string): string {
  return name.replace(/[^A-Za-z0-9]/gu, (c) =>
    c === "_" ? "__" : `_${(c.codePointAt(0) ?? 0).toString(16)}_`,
  );
}

function finding(marker: FlatMarker | undefined, text: ProblemText): TemplateWarning {
  const source = marker?.source ?? "";
  const fill = (words: string) => words.replaceAll("{ref}", () => source);
  return {
    code: text.code,
    message: fill(text.message),
    hint: fill(text.hint),
    offset: marker?.offset ?? 0,
  };
}

function inOrder(found: TemplateWarning[]): TemplateWarning[] {
  return found.sort((a, b) => a.offset - b.offset);
}
