// Gives every binding, label and private member of a bundle a name by the order in which it appears. The bundler chooses
// short names by how often letters are used, in names that are gone and in code that fell away too: without this, a
// renamed variable would change other names of the program. What functions and classes say that they are called stands in
// the bundle as texts, which stay.

import { analyze, type Variable } from "eslint-scope";
import { childrenOf, parseModule, rangeOf, type SyntaxNode } from "./read-module.ts";
import { cutText, type MappedText, type Piece } from "./source-text.ts";

export function withCanonicalNames(bundle: MappedText): MappedText {
  try {
    return renamed(bundle);
  } catch (error) {
    // Code that is nested too deeply to be read keeps the names it has: it may change more often than it must.
    if (error instanceof RangeError || error instanceof SyntaxError) return bundle;
    throw error;
  }
}

function renamed(bundle: MappedText): MappedText {
  const tree = parseModule(bundle.text) as unknown as SyntaxNode;
  const owners = new Map<SyntaxNode, object>([...bindingsOf(tree), ...markedNames(tree)]);
  const shorthands = shorthandNames(tree);
  const names = new Map<object, string>();
  const pieces: Piece[] = [];
  let at = 0;
  for (const [node, owner] of [...owners].sort(([one], [other]) => one.start - other.start)) {
    const name = names.get(owner) ?? `$${names.size}_`;
    names.set(owner, name);
    pieces.push({ start: at, end: node.start });
    const words = shorthands.get(node.start)?.(name) ?? name;
    pieces.push({ start: node.start, end: node.end, words: isPrivate(node) ? `#${name}` : words });
    at = node.end;
  }
  return cutText(bundle, [...pieces, { start: at, end: bundle.text.length }]);
}

/** Each mention of a binding, with what stands for the binding: the one variable, or the two of a class. */
function bindingsOf(tree: SyntaxNode): ReadonlyMap<SyntaxNode, object> {
  const { scopes } = analyze(tree as never, { ecmaVersion: 2022, sourceType: "module" });
  const owners = new Map<SyntaxNode, object>();
  // Code in a text sees the names around it.
  const seesNames = scopes.some(({ through }) =>
    through.some(({ identifier }) => identifier.name === "eval"),
  );
  if (seesNames) return owners;
  for (const { variables } of scopes)
    for (const variable of variables) {
      const mentions = mentionsOf(variable);
      const known = mentions.find((mention) => owners.has(mention));
      const owner = (known && owners.get(known)) ?? variable;
      for (const mention of mentions) owners.set(mention, owner);
    }
  return owners;
}

/** None for `arguments`, which nobody declares. */
function mentionsOf(variable: Variable): readonly SyntaxNode[] {
  if (variable.defs.length === 0) return [];
  return [...variable.identifiers, ...variable.references.map(({ identifier }) => identifier)].map(
    (identifier) => rangeOf(identifier),
  );
}

/** Labels and private members: what is named outside of scopes. */
function markedNames(tree: SyntaxNode): ReadonlyMap<SyntaxNode, object> {
  const owners = new Map<SyntaxNode, object>();
  const look = (node: SyntaxNode, around: ReadonlyMap<string, object>) => {
    const marks = markedBy(node);
    const inside = marks.length === 0 ? around : new Map([...around, ...marks]);
    const label = node.label as SyntaxNode | null | undefined;
    if (label) owners.set(label, inside.get(`${label.name}:`) ?? label);
    const owner = isPrivate(node) ? inside.get(`#${node.name}`) : undefined;
    if (owner !== undefined) owners.set(node, owner);
    for (const child of childrenOf(node)) look(child, inside);
  };
  look(tree, new Map());
  return owners;
}

function markedBy(node: SyntaxNode): readonly (readonly [string, object])[] {
  if (node.type === "LabeledStatement") return [[`${(node.label as SyntaxNode).name}:`, node]];
  if (node.type !== "ClassBody") return [];
  const keys = (node.body as readonly SyntaxNode[])
    .map((member) => member.key as SyntaxNode | undefined)
    .filter((key) => key !== undefined && isPrivate(key));
  return [...new Set(keys.map((key) => `#${key?.name}`))].map((name) => [name, { name }] as const);
}

function isPrivate(node: SyntaxNode): boolean {
  return node.type === "PrivateIdentifier";
}

/** `{ log }` and `import { log }` name two things at once; renamed, each is written. By where the name stands. */
function shorthandNames(tree: SyntaxNode): ReadonlyMap<number, (name: string) => string> {
  const found = new Map<number, (name: string) => string>();
  const look = (node: SyntaxNode) => {
    const key = node.key as SyntaxNode | undefined;
    if (node.type === "Property" && node.shorthand === true && key !== undefined)
      found.set(key.start, (name) => `${key.name}: ${name}`);
    const imported = node.imported as SyntaxNode | undefined;
    if (node.type === "ImportSpecifier" && imported?.start === (node.local as SyntaxNode).start)
      found.set(imported.start, (name) => `${imported.name} as ${name}`);
    for (const child of childrenOf(node)) look(child);
  };
  look(tree);
  return found;
}
