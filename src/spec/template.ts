// Splits a text with `${{…}}` references and `$[[…]]` optional groups into parts with offsets. Knows nothing of
// shells, of quoting, or of which inputs exist.

/** What a reference points at; `other` is anything the language does not have. */
export type ReferenceTarget =
  | { readonly scope: "inputs"; readonly name: string }
  | { readonly scope: "outputs"; readonly name: string }
  | { readonly scope: "parent_inputs"; readonly name: string }
  | { readonly scope: "parent_outputs"; readonly name: string }
  | { readonly scope: "parent_jobs"; readonly job: string; readonly output: string }
  | { readonly scope: "search_space"; readonly name: string }
  | { readonly scope: "name" }
  | { readonly scope: "default_datastore" }
  | { readonly scope: "other" };

/** `offset` counts UTF-16 units from the start of the whole text, also inside an optional group. */
export interface TextPart {
  readonly kind: "text";
  readonly text: string;
  readonly offset: number;
}

export interface ReferencePart {
  readonly kind: "reference";
  /** The inside without surrounding blanks: `inputs.x`. */
  readonly text: string;
  readonly target: ReferenceTarget;
  /** As written: `${{ inputs.x }}`. */
  readonly raw: string;
  readonly offset: number;
}

export interface OptionalPart {
  readonly kind: "optional";
  /** Text and references only: groups do not nest. */
  readonly parts: readonly (TextPart | ReferencePart)[];
  /** As written, with its brackets. */
  readonly raw: string;
  readonly offset: number;
}

export type TemplatePart = TextPart | ReferencePart | OptionalPart;

/** The parts of a text in order; their raw texts, joined, are the text again. Unclosed marks are text. */
export function parseTemplate(text: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf("$[[", from);
    const end = start < 0 ? -1 : text.indexOf("]]", start + 3);
    if (end < 0) break;
    pushReferences(parts, text.slice(from, start), from);
    const inside: (TextPart | ReferencePart)[] = [];
    pushReferences(inside, text.slice(start + 3, end), start + 3);
    parts.push({
      kind: "optional",
      parts: inside,
      raw: text.slice(start, end + 2),
      offset: start,
    });
    from = end + 2;
  }
  pushReferences(parts, text.slice(from), from);
  return parts;
}

/** Every reference of a text, also those inside optional groups. */
export function templateReferences(text: string): ReferencePart[] {
  if (!text.includes("${{")) return [];
  return parseTemplate(text).flatMap((part) =>
    part.kind === "text" ? [] : part.kind === "reference" ? [part] : part.parts.filter(isReference),
  );
}

/** The one reference that a text wholly consists of, or null. Blanks around it are allowed. */
export function soleReference(text: string): ReferencePart | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith("${{")) return null;
  const parts = parseTemplate(trimmed);
  const first = parts[0];
  return parts.length === 1 && first?.kind === "reference" ? first : null;
}

/** What the inside of `${{…}}` points at. */
export function parseReference(inside: string): ReferenceTarget {
  const text = inside.trim();
  if (text === "name") return { scope: "name" };
  if (text === "default_datastore") return { scope: "default_datastore" };
  const job = /^parent\.jobs\.([^.\s]+)\.outputs\.([^.\s]+)$/.exec(text);
  if (job) return { scope: "parent_jobs", job: job[1] ?? "", output: job[2] ?? "" };
  const named = /^(parent\.inputs|parent\.outputs|inputs|outputs|search_space)\.(\S+)$/.exec(text);
  const scope = SCOPES.get(named?.[1] ?? "");
  if (named && scope) return { scope, name: named[2] ?? "" };
  return { scope: "other" };
}

const SCOPES = new Map([
  ["inputs", "inputs"],
  ["outputs", "outputs"],
  ["parent.inputs", "parent_inputs"],
  ["parent.outputs", "parent_outputs"],
  ["search_space", "search_space"],
] as const satisfies [string, string][]) as ReadonlyMap<
  string,
  "inputs" | "outputs" | "parent_inputs" | "parent_outputs" | "search_space"
>;

// Searched by index and not by one expression: those go quadratic over many unclosed marks.
function pushReferences(parts: TemplatePart[], text: string, base: number): void {
  let from = 0;
  let search = 0;
  for (;;) {
    const start = text.indexOf("${{", search);
    if (start < 0) break;
    const brace = nextBrace(text, start + 3);
    search = start + 3;
    if (!text.startsWith("}}", brace)) continue;
    pushText(parts, text.slice(from, start), base + from);
    const inside = text.slice(start + 3, brace).trim();
    from = brace + 2;
    search = from;
    parts.push({
      kind: "reference",
      text: inside,
      target: parseReference(inside),
      raw: text.slice(start, from),
      offset: base + start,
    });
  }
  pushText(parts, text.slice(from), base + from);
}

function nextBrace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== "{" && text[at] !== "}") at += 1;
  return at;
}

function pushText(parts: TemplatePart[], text: string, offset: number): void {
  if (text !== "") parts.push({ kind: "text", text, offset });
}

function isReference(part: TextPart | ReferencePart): part is ReferencePart {
  return part.kind === "reference";
}
