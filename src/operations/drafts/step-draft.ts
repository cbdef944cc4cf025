// A step that is about to be written into a pipeline file, and its YAML text. Knows nothing of where its parts come from.

export interface StepDraft {
  readonly name: string;
  /** With `${{…}}` for what is handed to it. */
  readonly command: string;
  /** Folder or file as it will stand there, or null for none. */
  readonly code: string | null;
  readonly includes: readonly string[];
  /** As {@link environmentFor} gives it, or null: the Python of the machine. */
  readonly environment: string | null;
  readonly inputs: Readonly<Record<string, DraftInput>>;
  readonly outputs: Readonly<Record<string, "uri_file" | "uri_folder">>;
  /** Comment lines above the command. */
  readonly remarks: readonly string[];
}

export type DraftInput =
  | { readonly kind: "path"; readonly type: "uri_file" | "uri_folder"; readonly path: string }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  /** The inside of `${{…}}`. */
  | { readonly kind: "binding"; readonly to: string };

/** The lines of the step, each with `indent` blanks in front. */
export function renderStep(draft: StepDraft, indent: number): readonly string[] {
  const lines = [
    `${yamlText(draft.name)}:`,
    ...draft.remarks.map((remark) => `  # ${remark}`),
    `  command: ${yamlText(draft.command)}`,
  ];
  if (draft.code !== null) lines.push(`  code: ${yamlText(draft.code)}`);
  if (draft.includes.length > 0)
    lines.push(`  additional_includes: [${draft.includes.map(flowText).join(", ")}]`);
  if (draft.environment !== null) lines.push(`  environment: ${draft.environment}`);
  const inputs = Object.entries(draft.inputs).map(
    ([name, input]) => `${name}: ${inputText(input)}`,
  );
  const outputs = Object.entries(draft.outputs).map(([name, type]) => `${name}: {type: ${type}}`);
  lines.push(...section("inputs", inputs), ...section("outputs", outputs));
  return lines.map((line) => " ".repeat(indent) + line);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
}

function inputText(input: DraftInput): string {
  switch (input.kind) {
    case "path":
      return `{type: ${input.type}, path: ${flowText(input.path)}}`;
    case "literal":
      return typeof input.value === "string" ? yamlText(input.value) : String(input.value);
    case "binding":
      return `\${{${input.to}}}`;
    default:
      return input satisfies never;
  }
}

/** Words that YAML readers take for something else than a text. */
const SPECIAL = /^(?:true|false|yes|no|on|off|null|nan|inf|~|y|n)$/i;

/** A text as a plain scalar where that is certain to stay a text, else in double quotes (JSON is YAML). */
export function yamlText(text: string): string {
  const plain = /^[\p{L}_./][^\p{Cc}]*$/u.test(text) && !/: |:$| #|\s$/.test(text);
  return plain && !SPECIAL.test(text) && !/^\.?\d|^\.(?:inf|nan)/i.test(text)
    ? text
    : JSON.stringify(text);
}

/** As {@link yamlText}, inside `{…}` and `[…]`. */
export function flowText(text: string): string {
  return /[,[\]{}]/.test(text) ? JSON.stringify(text) : yamlText(text);
}
