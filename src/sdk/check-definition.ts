// What types cannot hold where nobody compiles: that a definition is one, its ports are ports, and its names are names.

import { suggestion } from "../spec/did-you-mean.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Origin } from "./place.ts";

/** `form`: how a right one is written. */
export function checkMapping(
  value: unknown,
  { what, form, origin }: { readonly what: string; readonly form: string; readonly origin: Origin },
): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new DefinitionError(`${what} is ${inWords(value)}`, `write ${form}`, origin);
}

/** What a name must be that becomes a key of YAML and part of a path. */
export function checkName(name: unknown, what: string, origin: Origin): void {
  if (typeof name === "string" && /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(name)) return;
  throw new DefinitionError(
    `${JSON.stringify(name) ?? String(name)} is not a name of a ${what}`,
    "use letters, digits, `_` and `-`",
    origin,
  );
}

export interface Ports {
  readonly inputs: Readonly<Record<string, unknown>> | undefined;
  readonly outputs: Readonly<Record<string, unknown>> | undefined;
}

/** `owner`: whose ports they are, as messages call it. */
export function checkPorts({ inputs, outputs }: Ports, owner: string, origin: Origin): void {
  for (const [kind, ports] of Object.entries({ input: inputs, output: outputs })) {
    if (ports === undefined) continue;
    const form = `${kind}s: { NAME: ${kind}.folder() }`;
    checkMapping(ports, { what: `${owner}: \`${kind}s\``, form, origin });
    for (const [name, port] of Object.entries(ports)) {
      checkPortName(name, { kind, owner, origin });
      if ((port as { readonly kind?: unknown } | null | undefined)?.kind === kind) continue;
      throw new DefinitionError(
        `${owner}: ${kind} \`${name}\` is ${inWords(port)}, not an ${kind}`,
        `write ${name}: ${kind}.folder(), ${kind}.file() …`,
        origin,
      );
    }
  }
}

/** A name becomes a folder and part of a variable's name. */
export function checkPortName(
  name: string,
  {
    kind,
    owner,
    origin,
  }: { readonly kind: string; readonly owner: string; readonly origin: Origin },
): void {
  if (name.length <= 255 && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) return;
  throw new DefinitionError(
    `${owner}: ${JSON.stringify(name)} is not a name of an ${kind}`,
    "use letters, digits, `_`, `-` and `.`",
    origin,
  );
}

/** Every key is one of those that are known. */
export function checkKeys(
  value: object,
  known: readonly string[],
  { what, origin }: { readonly what: string; readonly origin: Origin },
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const all = `It knows ${known.join(", ")}.`;
    throw new DefinitionError(
      `${what}: there is no setting \`${key}\``,
      suggestion(key, known, all) ?? all,
      origin,
    );
  }
}

/** A value as a message calls it. */
export function inWords(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return `the text ${JSON.stringify(value).slice(0, 40)}`;
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object") return `a ${typeof value}`;
  const kind = value.constructor?.name;
  return kind === undefined || kind === "Object" ? "an object" : `a ${kind}`;
}
