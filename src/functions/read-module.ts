// Reads one module of the user as plain JavaScript with its syntax tree and scopes. Knows languages, not steps.

import fs from "node:fs";
import path from "node:path";
import { TraceMap } from "@jridgewell/trace-mapping";
import { type Program, parse } from "acorn";
import { build, type Message } from "esbuild";
import { analyze, type Reference, type Scope, type Variable } from "eslint-scope";
import { FunctionProblems } from "./function-site.ts";
import { type MappedText, originalPlace, type Place } from "./source-text.ts";

/** Any node of the syntax tree: the parser's types are a closed union that a walk has no use for. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface UserModule extends MappedText {
  /** Absolute. */
  readonly file: string;
  readonly body: readonly SyntaxNode[];
  /** Every mention of a name, in the order of the text. */
  readonly references: readonly Reference[];
  readonly moduleScope: Scope;
}

/** What esbuild is told wherever it reads the user's language. Node 20 has no decorators and no `using`. */
export const TARGET = "node20";

export async function readModule(file: string): Promise<UserModule> {
  const made = await build({
    entryPoints: [file],
    absWorkingDir: path.dirname(file),
    outdir: path.dirname(file),
    write: false,
    bundle: false,
    sourcemap: "external",
    sourcesContent: false,
    target: TARGET,
    platform: "node",
    charset: "utf8",
    logLevel: "silent",
  }).catch((error: { errors?: readonly Message[] }) => {
    if (error.errors === undefined) throw error;
    throw new FunctionProblems(error.errors.map((message) => syntaxProblem(file, message)));
  });
  const text = made.outputFiles.find((output) => !output.path.endsWith(".map"))?.text ?? "";
  const map = made.outputFiles.find((output) => output.path.endsWith(".map"))?.text ?? "{}";
  const mapped = { text, map: new TraceMap(map) };
  const tree = parseMapped(file, mapped);
  const manager = analyze(tree as never, { ecmaVersion: 2022, sourceType: "module" });
  const moduleScope = manager.scopes.find((scope) => scope.type === "module");
  if (moduleScope === undefined) throw new Error("a module without a scope");
  return {
    ...mapped,
    file,
    body: tree.body as unknown as readonly SyntaxNode[],
    references: manager.scopes
      .flatMap((scope) => scope.references)
      .sort((one, other) => rangeOf(one.identifier).start - rangeOf(other.identifier).start),
    moduleScope,
  };
}

/** The bundler reads sloppy CommonJS too, which is no module. */
function parseMapped(file: string, mapped: MappedText): Program {
  try {
    return parseModule(mapped.text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { line, column } = originalPlace(mapped, (error as { pos?: number }).pos ?? 0) ?? START;
    const message = error.message.replace(/ \(\d+:\d+\)$/, "");
    const hint = "write it as a module: import and export, in strict mode";
    throw new FunctionProblems([{ message, hint, file, line, column }]);
  }
}

const START: Place = { line: 1, column: 1 };

export function parseModule(text: string): Program {
  return parse(text, {
    ecmaVersion: "latest",
    sourceType: "module",
    ranges: true,
    allowReturnOutsideFunction: true,
    allowHashBang: true,
  });
}

/** Where the user wrote it. */
export function placeIn(module: UserModule, node: { readonly start: number }): Place {
  const { line, column } = originalPlace(module, node.start) ?? START;
  return { line, column };
}

/** The offsets of a name: the scopes' types do not say that the parser gave them. */
export function rangeOf(node: unknown): SyntaxNode {
  return node as SyntaxNode;
}

export function isWithin(
  inner: { readonly start: number; readonly end: number },
  outer: { readonly start: number; readonly end: number },
): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}

/** The binding of the module itself that is mentioned; null: a global, or a name of a scope further in. */
export function moduleBinding(module: UserModule, reference: Reference): Variable | null {
  return reference.resolved?.scope === module.moduleScope ? reference.resolved : null;
}

export function referencesIn(
  { references }: UserModule,
  range: { readonly start: number; readonly end: number },
): readonly Reference[] {
  let low = 0;
  let high = references.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rangeOf(references[middle]?.identifier).start < range.start) low = middle + 1;
    else high = middle;
  }
  const found: Reference[] = [];
  for (let at = low; at < references.length; at += 1) {
    const reference = references[at] as Reference;
    if (rangeOf(reference.identifier).start >= range.end) break;
    found.push(reference);
  }
  return found;
}

/** Every node below, itself first; `enter` says whether to go in. */
export function walk(node: SyntaxNode, enter: (node: SyntaxNode) => boolean): void {
  if (!enter(node)) return;
  for (const child of childrenOf(node)) walk(child, enter);
}

export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  // Called for each node of a bundle: a loop, because lists of lists cost more than the parser.
  const children: SyntaxNode[] = [];
  for (const field in node) {
    const value = node[field];
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) children.push(item);
    } else if (isNode(value)) children.push(value);
  }
  return children;
}

export function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

function isNode(value: unknown): value is SyntaxNode {
  return (
    typeof value === "object" && value !== null && typeof (value as SyntaxNode).start === "number"
  );
}

function syntaxProblem(file: string, message: Message) {
  const place = message.location;
  return {
    message: message.text,
    hint: place === null ? "check that the file is there and can be read" : "correct the source",
    file,
    line: place?.line ?? 1,
    column: (place?.column ?? 0) + 1,
  };
}

export function readText(file: string): string | null {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** Where a variable is imported from; null: it is none that is imported. */
export function importedFrom({ defs: [definition] }: Pick<Variable, "defs">): string | null {
  if (definition?.type !== "ImportBinding") return null;
  return String(((definition.parent as unknown as SyntaxNode).source as SyntaxNode).value);
}
