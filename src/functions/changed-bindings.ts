// Which bindings of a module a top-level statement changes: a table that is filled, a library that is set up. Such a
// statement belongs to what a function reaches; one that only has an effect of its own does not.

import { isBuiltin } from "node:module";
import type { Variable } from "eslint-scope";
import type { Definitions } from "./definitions.ts";
import { isGlobal, nameOf } from "./load-time.ts";
import { rootOf, type Unit } from "./module-units.ts";
import {
  childrenOf,
  importedFrom,
  isFunction,
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
    if (isFunction(node) || definitions.isCut(node)) return false;
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
  if (node.type !== "CallExpression") return found(targetsOf(node), find);
  const callee = node.callee as SyntaxNode;
  const given = found(node.arguments as readonly SyntaxNode[], find);
  if (CHANGERS.test(nameOf(callee))) return given;
  const called = find(callee);
  if (called === undefined) return [];
  if (callee.type === "MemberExpression") return mayBeSetUp(called) ? [called] : [];
  // A function of the module itself may fill what it is given; what an imported one does is its own affair.
  return importedFrom(called) !== null ? [] : given.filter((variable) => holdsObject(variable));
}

/** What is assigned, counted up or deleted: each part of a pattern for itself. */
function targetsOf(node: SyntaxNode): readonly SyntaxNode[] {
  if (node.type === "AssignmentExpression") return partsOf(node.left as SyntaxNode);
  const isChange = node.type === "UpdateExpression" || node.operator === "delete";
  return isChange ? [node.argument as SyntaxNode] : [];
}

function partsOf(pattern: SyntaxNode): readonly SyntaxNode[] {
  if (!/Pattern$|^RestElement$|^Property$/.test(pattern.type)) return [pattern];
  if (pattern.type === "Property") return partsOf(pattern.value as SyntaxNode);
  if (pattern.type === "AssignmentPattern") return partsOf(pattern.left as SyntaxNode);
  return childrenOf(pattern).flatMap(partsOf);
}

/** `process.env.TZ = …`, `Array.prototype.x = …`: what every module sees, also from inside of a function. */
export function changesGlobals(module: UserModule, unit: Unit, definitions: Definitions): boolean {
  const seen = new Map<SyntaxNode, Variable | null>();
  for (const { identifier, resolved } of referencesIn(module, unit.node))
    seen.set(rangeOf(identifier), resolved);
  const isShared = (target: SyntaxNode) => {
    const root = rootOf(target);
    if (root === null || !seen.has(root) || /^(module|exports)$/.test(String(root.name)))
      return false;
    if (/^process\.exitCode$/.test(nameOf(target))) return false;
    const definition = seen.get(root)?.defs[0];
    if (definition === undefined) return true;
    const isOfNode = isBuiltin(importedFrom({ defs: [definition] }) ?? "");
    return target !== root && (isOfNode || isGlobalByAnotherName(module, definition));
  };
  let isFound = false;
  walk(unit.node, (node) => {
    if (isFound || definitions.isCut(node)) return false;
    const isCall = node.type === "CallExpression";
    const name = isCall ? nameOf(node.callee as SyntaxNode) : "";
    const given = CHANGERS.test(name) ? (node.arguments as readonly SyntaxNode[]).slice(0, 1) : [];
    const isSetUp = SETS_UP.test(name) && isShared(node.callee as SyntaxNode);
    isFound = isSetUp || [...targetsOf(node), ...given].some(isShared);
    return !isFound;
  });
  return isFound;
}

/** `dns.setDefaultResultOrder(…)`, `process.loadEnvFile()`. */
const SETS_UP = /\.(set(?!Timeout|Interval|Immediate)[A-Z]\w*|loadEnvFile)$/;

/** `const env = process.env`, `const { env } = process`. */
function isGlobalByAnotherName(module: UserModule, { node }: Variable["defs"][number]): boolean {
  const { init } = node as unknown as { init?: SyntaxNode | null };
  if (!/^(Identifier|MemberExpression)$/.test(init?.type ?? "")) return false;
  const root = rootOf(init);
  return root !== null && isGlobal(module, root);
}

function found(nodes: readonly SyntaxNode[], find: Find): readonly Variable[] {
  return nodes.map(find).filter((variable) => variable !== undefined);
}

/** A method of a constant may change it, one of a package may set it up; Node's modules and files of the project do things. */
function mayBeSetUp(variable: Variable): boolean {
  const source = importedFrom(variable);
  return source === null || (!isBuiltin(source) && !/^[./#]/.test(source));
}

function holdsObject(variable: Variable): boolean {
  const { init } = (variable.defs[0]?.node ?? {}) as unknown as { init?: SyntaxNode | null };
  return /^(Object|Array|New|Call)Expression$/.test(init?.type ?? "");
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
