// Finds where the user's own code of a bundle reads process.env or process.argv as it is loaded: a step has another
// environment than the command line, so such a constant would silently have another value in it.

import fs from "node:fs";
import { analyze, type Variable } from "eslint-scope";
import { packageFolder } from "./external-packages.ts";
import { type FunctionProblem, FunctionProblems, type FunctionSite } from "./function-site.ts";
import { childrenOf, isFunction, parseModule, rangeOf, type SyntaxNode } from "./read-module.ts";
import { type MappedText, originalPlaces, type SourcePlace } from "./source-text.ts";

export function refuseEnvironmentReads(
  site: FunctionSite,
  projectFolder: string,
  bundle: MappedText,
): void {
  const placesOf = originalPlaces(bundle, projectFolder);
  const isOwn = (place: SourcePlace | null) =>
    place !== null && packageFolder(place.file) === packageFolder(fs.realpathSync(site.file));
  const words = [...bundle.text.matchAll(/\b(env|argv)\b/g)];
  if (!words.some(({ index }) => isOwn(placesOf(index)))) return;
  const problems = new Map<string, FunctionProblem>();
  for (const read of readsOf(bundle, (node) => placesOf(node.start) === null)) {
    const place = placesOf(read.node.start);
    if (place === null || !isOwn(place)) continue;
    const name = read.holder === null ? null : wordAt(placesOf(read.holder.start));
    problems.set(`${place.file}:${place.line}:${place.column}`, {
      message: `run of step \`${site.name}\` reaches ${name === null ? "a statement" : `\`${name}\``}, which reads ${read.what} when the module is loaded`,
      hint:
        read.what === "process.argv"
          ? "pass it as an input"
          : "pass it as an input, or read process.env inside of run (environment_variables)",
      ...place,
    });
  }
  if (problems.size > 0) throw new FunctionProblems([...problems.values()]);
}

/** The name that the user wrote there. */
function wordAt(place: SourcePlace | null): string | null {
  if (place === null) return null;
  const line = fs.readFileSync(place.file, "utf8").split("\n")[place.line - 1] ?? "";
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(line.slice(place.column - 1))?.[0] ?? null;
}

interface Read {
  readonly node: SyntaxNode;
  readonly what: "process.env" | "process.argv" | "import.meta.env";
  /** The name that is given a value by the statement around it. */
  readonly holder: SyntaxNode | null;
}

/** `isMade`: whether the bundler itself wrote a part of the text. */
function readsOf(bundle: MappedText, isMade: (node: SyntaxNode) => boolean): readonly Read[] {
  const tree = parseModule(bundle.text) as unknown as SyntaxNode;
  const resolved = resolvedNames(tree);
  const reads: Read[] = [];
  const entered = new Set<SyntaxNode>();
  const enter = (code: SyntaxNode | null, holder: SyntaxNode | null) => {
    if (code === null || entered.has(code)) return;
    entered.add(code);
    for (const child of childrenOf(code)) look(child, holder);
  };
  const look = (node: SyntaxNode, around: SyntaxNode | null): void => {
    if (isFunction(node) || isFieldOfInstances(node)) return;
    const holder = heldBy(node) ?? around;
    const what = readBy(node, resolved);
    if (what !== null) reads.push({ node, what, holder });
    for (const code of calledBy(node, resolved, isMade)) enter(code, holder);
    for (const child of childrenOf(node))
      if (!isWritten(node, child) && !isNamed(node, child, resolved)) look(child, holder);
  };
  for (const statement of tree.body as readonly SyntaxNode[]) look(statement, null);
  return reads;
}

type Resolved = ReadonlyMap<SyntaxNode, Variable>;

function resolvedNames(tree: SyntaxNode): Resolved {
  const { scopes } = analyze(tree as never, { ecmaVersion: 2022, sourceType: "module" });
  const names = new Map<SyntaxNode, Variable>();
  for (const { references } of scopes)
    for (const reference of references) {
      const { identifier, resolved } = reference;
      if (resolved === null || resolved.defs.length === 0 || !reference.isRead()) continue;
      names.set(rangeOf(identifier), resolved);
    }
  return names;
}

function isFieldOfInstances(node: SyntaxNode): boolean {
  return node.type === "PropertyDefinition" && node.static !== true;
}

function heldBy(node: SyntaxNode): SyntaxNode | null {
  if (node.type === "VariableDeclarator") return firstName(node.id as SyntaxNode);
  if (node.type === "AssignmentExpression") return firstName(node.left as SyntaxNode);
  return node.type === "ClassDeclaration" ? (node.id as SyntaxNode | null) : null;
}

function firstName(pattern: SyntaxNode): SyntaxNode | null {
  if (pattern.type === "Identifier") return pattern;
  if (pattern.type === "MemberExpression") return firstName(pattern.object as SyntaxNode);
  const parts = pattern.type === "Property" ? [pattern.value as SyntaxNode] : childrenOf(pattern);
  return parts.map(firstName).find((name) => name !== null) ?? null;
}

/** `process.env`, or another name of it: `import { env } from "node:process"`, `const { env } = process`. */
function readBy(node: SyntaxNode, resolved: Resolved): Read["what"] | null {
  if (node.type === "Identifier") return nameOfProcess(resolved.get(node), resolved);
  if (node.type !== "MemberExpression") return null;
  const object = node.object as SyntaxNode;
  const name = memberName(node);
  if (object.type === "MetaProperty") return name === "env" ? "import.meta.env" : null;
  return isProcess(object, resolved) ? whatOf(name) : null;
}

function nameOfProcess(variable: Variable | undefined, resolved: Resolved): Read["what"] | null {
  const source = importOf(variable);
  if (source !== null) return source.isProcess ? whatOf(source.name) : null;
  const definition = variable?.defs[0];
  const declarator = definition === undefined ? undefined : rangeOf(definition.node);
  const value = declarator?.init as SyntaxNode | null | undefined;
  if (declarator?.type !== "VariableDeclarator" || !value) return null;
  const pattern = declarator.id as SyntaxNode;
  if (pattern.type === "Identifier")
    return value.type === "MemberExpression" ? readBy(value, resolved) : null;
  if (pattern.type !== "ObjectPattern" || !isProcess(value, resolved)) return null;
  const property = (pattern.properties as readonly SyntaxNode[]).find(
    (one) => one.value === definition?.name,
  );
  const key = property?.key as SyntaxNode | undefined;
  return whatOf(String(key?.name ?? key?.value));
}

/** Another name reads nothing yet. */
function isNamed(node: SyntaxNode, child: SyntaxNode, resolved: Resolved): boolean {
  if (node.type !== "VariableDeclarator" || child !== node.init) return false;
  return (node.id as SyntaxNode).type === "Identifier" && readBy(child, resolved) !== null;
}

function whatOf(name: string): "process.env" | "process.argv" | null {
  return name === "env" || name === "argv" ? `process.${name}` : null;
}

function memberName(node: SyntaxNode): string {
  const { name, value } = node.property as SyntaxNode;
  return node.computed === true ? String(value ?? "") : String(name);
}

function isProcess(node: SyntaxNode, resolved: Resolved): boolean {
  if (node.type === "MemberExpression") {
    const { name } = node.object as SyntaxNode;
    return memberName(node) === "process" && /^global(This)?$/.test(String(name));
  }
  if (node.type !== "Identifier") return false;
  const variable = resolved.get(node);
  if (variable === undefined) return node.name === "process";
  const source = importOf(variable);
  return source?.isProcess === true && /^(default|\*)$/.test(source.name);
}

function importOf(
  variable: Variable | undefined,
): { readonly isProcess: boolean; readonly name: string } | null {
  const definition = variable?.defs[0];
  if (definition?.type !== "ImportBinding") return null;
  const { value } = (definition.parent as unknown as SyntaxNode).source as SyntaxNode;
  const specifier = rangeOf(definition.node);
  const imported = specifier.imported as SyntaxNode | undefined;
  const alone = specifier.type === "ImportDefaultSpecifier" ? "default" : "*";
  return {
    isProcess: /^(node:)?process$/.test(String(value)),
    name: String(imported?.name ?? alone),
  };
}

/** What is assigned or deleted is not read: `process.env.TZ = "UTC"`, `Object.assign(process.env, more)`. */
function isWritten(node: SyntaxNode, child: SyntaxNode): boolean {
  if (node.type === "AssignmentExpression")
    return child === node.left && /^(\?\?|\|\|)?=$/.test(String(node.operator));
  if (node.operator === "delete") return true;
  const callee = node.callee as SyntaxNode | undefined;
  const isAssign = callee?.type === "MemberExpression" && memberName(callee) === "assign";
  return isAssign && child === (node.arguments as readonly SyntaxNode[])[0];
}

const CALLS_ITS_ARGUMENT =
  /^(map|flatMap|forEach|filter|reduce|reduceRight|some|every|find|findIndex|sort|then)$/;

/** Code of functions and classes that a call surely runs. */
function calledBy(
  node: SyntaxNode,
  resolved: Resolved,
  isMade: (node: SyntaxNode) => boolean,
): readonly (SyntaxNode | null)[] {
  if (!/^(Call|New|TaggedTemplate)Expression$/.test(node.type)) return [];
  const callee = (node.callee ?? node.tag) as SyntaxNode;
  const given = (node.arguments ?? []) as readonly SyntaxNode[];
  const functions = given.filter(isFunction);
  if (isFunction(callee)) return [callee];
  if (callee.type === "MemberExpression")
    return CALLS_ITS_ARGUMENT.test(memberName(callee)) ? functions : [];
  const definition = resolved.get(callee)?.defs[0];
  if (definition === undefined) return [];
  const declared = rangeOf(definition.node);
  // A module that is loaded when it is first asked for is a function that the bundler wraps.
  const isWrapper = given.length === 1 && functions.length === 1 && isMade(declared);
  return isWrapper ? functions : [codeOf(declared)];
}

function codeOf(declared: SyntaxNode): SyntaxNode | null {
  if (isFunction(declared)) return declared;
  const value = declared.type === "VariableDeclarator" ? (declared.init as SyntaxNode) : declared;
  if (/^Class/.test(value?.type ?? "")) return constructorOf(value);
  if (value !== null && isFunction(value)) return value;
  // A function that is given its name.
  const [first, name] = (value?.arguments ?? []) as readonly SyntaxNode[];
  return first !== undefined && isFunction(first) && name?.type === "Literal" ? first : null;
}

function constructorOf(declared: SyntaxNode): SyntaxNode | null {
  const members = (declared.body as SyntaxNode).body as readonly SyntaxNode[];
  const found = members.find((member) => member.kind === "constructor");
  return (found?.value as SyntaxNode | undefined) ?? null;
}
