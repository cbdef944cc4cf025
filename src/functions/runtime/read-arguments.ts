// The arguments of a program, `inputs.NAME=VALUE` and `outputs.NAME=PATH`, as the values that `run` is given. Knows the
// declared types; data are paths.

export interface Ports {
  readonly inputs: Readonly<Record<string, { readonly type: string; readonly optional: boolean }>>;
  readonly outputs: Readonly<Record<string, { readonly type: string }>>;
}

export interface StepArguments {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

export function readArguments(ports: Ports, words: readonly string[]): StepArguments {
  const given = new Map(words.map((word) => splitWord(word)));
  const inputs: Record<string, unknown> = Object.create(null);
  const outputs: Record<string, string> = Object.create(null);
  const problems: string[] = [];
  for (const [name, { type, optional }] of Object.entries(ports.inputs)) {
    const text = given.get(`inputs.${name}`);
    given.delete(`inputs.${name}`);
    if (text === undefined && !optional) problems.push(`input \`${name}\` has no value`);
    const value = text === undefined ? undefined : parseValue(type, text);
    if (value === null)
      problems.push(`input \`${name}\` is declared as ${type} and was given "${text}"`);
    inputs[name] = value;
  }
  for (const name of Object.keys(ports.outputs)) {
    const path = given.get(`outputs.${name}`);
    given.delete(`outputs.${name}`);
    if (path === undefined) problems.push(`output \`${name}\` has no path`);
    else outputs[name] = path;
  }
  for (const name of given.keys()) problems.push(`"${name}" is no input or output of it`);
  return { inputs: { ...inputs }, outputs: { ...outputs }, problems };
}

function splitWord(word: string): readonly [string, string] {
  const at = word.indexOf("=");
  return at === -1 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
}

/** Null: the text is no value of the type. */
function parseValue(type: string, text: string): string | number | boolean | null {
  switch (type) {
    case "number":
      return text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text);
    case "integer":
      return /^\s*[+-]?\d+\s*$/.test(text) && Number.isSafeInteger(Number(text))
        ? Number(text)
        : null;
    case "boolean":
      return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : null;
    default:
      return text;
  }
}
