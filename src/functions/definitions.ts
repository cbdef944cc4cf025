// Which parts of a module define or submit pipelines: calls that begin with something imported from "stepwell". They
// have no meaning inside a step, so a program never holds what is written in them.

import type { Variable } from "eslint-scope";
import { rootOf } from "./module-units.ts";
import {
  isFunction,
  isWithin,
  rangeOf,
  type SyntaxNode,
  type UserModule,
  walk,
} from "./read-module.ts";

export interface DefiningCall {
  readonly start: number;
  readonly end: number;
  /** Of the constant that it makes, or what is called. */
  readonly name: string;
}

export interface Definitions {
  /** Calls made as the module is loaded, the outermost of each chain. */
  readonly calls: readonly DefiningCall[];
  /** Whether a chain of members and calls begins with something of "stepwell". */
  isRooted(node: SyntaxNode): boolean;
}

/** What a call that defines becomes in a program: a value that refuses to be used, by the name that was called. */
export function refusalOf(call: DefiningCall): string {
  return `/* @__PURE__ */ __stepwell_refuse__(${JSON.stringify(call.name)})`;
}

export function readDefinitions(module: UserModule): Definitions {
  const mentioned = new Map<SyntaxNode, Variable>();
  for (const { identifier, resolved } of module.references)
    if (resolved !== null) mentioned.set(rangeOf(identifier), resolved);
  const bindings = new Set<Variable>();
  const isRooted = (node: SyntaxNode): boolean => {
    const root = rootOf(node);
    const variable = root === null ? undefined : mentioned.get(root);
    return variable !== undefined && bindings.has(variable);
  };
  let before = -1;
  while (bindings.size !== before) {
    before = bindings.size;
    for (const variable of module.moduleScope.variables)
      if (variable.defs.some((definition) => isDefining(definition, isRooted, mentionsAny)))
        bindings.add(variable);
  }
  const calls = module.body.flatMap((statement) => callsIn(statement, isRooted));
  return { calls: calls.sort((one, other) => one.start - other.start), isRooted };

  function mentionsAny(node: SyntaxNode): boolean {
    return module.references.some(
      ({ identifier, resolved }) =>
        resolved !== null && bindings.has(resolved) && isWithin(rangeOf(identifier), node),
    );
  }
}

/** Imported from "stepwell", made by a call of something that is, or a function that makes such calls. */
function isDefining(
  definition: Variable["defs"][number],
  isRooted: (node: SyntaxNode) => boolean,
  mentionsAny: (node: SyntaxNode) => boolean,
): boolean {
  const node = definition.node as unknown as SyntaxNode;
  if (definition.type === "ImportBinding")
    return isOwnName((definition.parent as unknown as SyntaxNode).source as SyntaxNode);
  if (isFunction(node)) return mentionsAny(node);
  if (node.type !== "VariableDeclarator") return false;
  const value = node.init as SyntaxNode | null;
  if (value === null) return false;
  return isRooted(value) || isRequireOfOwn(value) || (isFunction(value) && mentionsAny(value));
}

export function isOwnName(literal: SyntaxNode | undefined): boolean {
  return /^stepwell(\/|$)/.test(String(literal?.value ?? ""));
}

function isRequireOfOwn(node: SyntaxNode): boolean {
  if (node.type !== "CallExpression" || (node.callee as SyntaxNode).name !== "require")
    return false;
  return isOwnName((node.arguments as readonly SyntaxNode[])[0]);
}

function callsIn(
  statement: SyntaxNode,
  isRooted: (node: SyntaxNode) => boolean,
): readonly DefiningCall[] {
  const calls: DefiningCall[] = [];
  const constants = new Map<unknown, string>();
  walk(statement, (node) => {
    if (isFunction(node)) return false;
    const made = node.type === "VariableDeclarator" ? (node.id as SyntaxNode).name : undefined;
    if (typeof made === "string") constants.set(node.init, made);
    const isCall = /^(Call|New|TaggedTemplate|Await)Expression$/.test(node.type);
    if (!isCall || !isRooted(node)) return true;
    const { start, end } = node;
    calls.push({ start, end, name: constants.get(node) ?? calledName(node) });
    return false;
  });
  return calls;
}

function calledName(node: SyntaxNode | undefined): string {
  switch (node?.type) {
    case "Identifier":
      return String(node.name);
    case "MemberExpression":
      return node.computed === true
        ? calledName(node.object as SyntaxNode)
        : calledName(node.property as SyntaxNode);
    case "CallExpression":
    case "NewExpression":
      return calledName(node.callee as SyntaxNode);
    case "TaggedTemplateExpression":
      return calledName(node.tag as SyntaxNode);
    case "AwaitExpression":
      return calledName(node.argument as SyntaxNode);
    case "ChainExpression":
      return calledName(node.expression as SyntaxNode);
    default:
      return "stepwell";
  }
}
