// Which bindings of a module a top-level statement changes: a table that is filled, a library that is set up. Such a
// statement belongs to what a function reaches; one that only has an effect of its own does not.

import { isBuiltin } from "node:module";
import type { Variable } from "eslint-scope";
import type { Definitions } from "./definitions.ts";
import { rootOf, type Unit } from "./module-units.ts";
import {
  isFunction,
  isWithin,
  moduleBinding,
  rangeOf,
  referencesIn,
  type SyntaxNode,
  type UserModule,
  walk,
} from "./read-module.ts";

export function changedBy(
  module: UserModule,
  unit: Unit,
  definitions: Definitions,
): ReadonlySet<Variable> {
  const changed = new Set<Variable>();
  if (unit.kind !== "effect" || isGuard(unit.statement)) return changed;
  const own = new Set<SyntaxNode>();
  const look = (node: SyntaxNode): boolean => {
    if (isFunction(node) || definitions.calls.some((call) => isWithin(node, call))) return false;
    own.add(node);
    return true;
  };
  walk(unit.node, look);
  const bindings = new Map<SyntaxNode, Variable>();
  for (const reference of referencesIn(module, unit.node)) {
    const binding = moduleBinding(module, reference);
    if (binding === null) continue;
    bindings.set(rangeOf(reference.identifier), binding);
    if (reference.isWrite() && own.has(rangeOf(reference.identifier))) changed.add(binding);
  }
  const find = (node: SyntaxNode) => bindings.get(rootOf(node) as SyntaxNode);
  for (const node of own) for (const one of changedIn(node, find)) changed.add(one);
  return changed;
}

/** Functions that change their arguments: those of the language and those that esbuild writes for decorators. */
const CHANGERS =
  /^(Object\.(assign|defineProperty|defineProperties|setPrototypeOf|freeze|seal)|Reflect\.\w+|__\w+)$/;

type Find = (node: SyntaxNode) => Variable | undefined;

function changedIn(node: SyntaxNode, find: Find): readonly Variable[] {
  const targets =
    node.type === "AssignmentExpression"
      ? [node.left as SyntaxNode]
      : node.type === "UpdateExpression" || node.operator === "delete"
        ? [node.argument as SyntaxNode]
        : [];
  if (node.type !== "CallExpression") return found(targets, find);
  const callee = node.callee as SyntaxNode;
  const given = found(node.arguments as readonly SyntaxNode[], find);
  if (CHANGERS.test(nameOf(callee))) return given;
  const called = find(callee);
  if (called === undefined) return [];
  if (callee.type === "MemberExpression") return mayBeSetUp(called) ? [called] : [];
  // A function of the module itself may fill what it is given; what an imported one does is its own affair.
  return isImported(called) ? [] : given.filter((variable) => holdsObject(variable));
}

function found(nodes: readonly SyntaxNode[], find: Find): readonly Variable[] {
  return nodes.map(find).filter((variable) => variable !== undefined);
}

/** A method of a constant may change it, one of a package may set it up; Node's modules and files of the project do things. */
function mayBeSetUp(variable: Variable): boolean {
  const definition = variable.defs[0];
  if (definition?.type !== "ImportBinding") return true;
  const { value } = (definition.parent as unknown as SyntaxNode).source as SyntaxNode;
  return !isBuiltin(String(value)) && !/^[./#]/.test(String(value));
}

function isImported(variable: Variable): boolean {
  return variable.defs[0]?.type === "ImportBinding";
}

function holdsObject(variable: Variable): boolean {
  const { init } = (variable.defs[0]?.node ?? {}) as unknown as { init?: SyntaxNode | null };
  return /^(Object|Array|New|Call)Expression$/.test(init?.type ?? "");
}

/** `a.b.c` as text; empty for what is not a chain of names. */
function nameOf(node: SyntaxNode): string {
  if (node.type === "Identifier") return String(node.name);
  if (node.type !== "MemberExpression" || node.computed === true) return "";
  return `${nameOf(node.object as SyntaxNode)}.${nameOf(node.property as SyntaxNode)}`;
}

/** `if (process.argv[1] === …import.meta.url…)`: what a file does when it is the program. In a step it never is. */
export function isGuard(statement: SyntaxNode): boolean {
  let isFound = false;
  if (statement.type === "IfStatement")
    walk(statement.test as SyntaxNode, (node) => {
      const isMain = (node.property as SyntaxNode | undefined)?.name === "main";
      const isRequire = (node.object as SyntaxNode | undefined)?.name === "require";
      isFound ||= node.type === "MetaProperty" || node.name === "__filename";
      isFound ||= isMain && isRequire;
      return true;
    });
  return isFound;
}
