// What code of a module does at the moment that the module is loaded, and what it does not: bodies of functions wait, and
// some calls only compute a value. Knows the language and its own functions, nothing of steps.

import type { Definitions } from "./definitions.ts";
import { rootOf } from "./module-units.ts";
import {
  importedFrom,
  isFunction,
  rangeOf,
  referencesIn,
  type SyntaxNode,
  type UserModule,
  walk,
} from "./read-module.ts";

type Cut = Definitions["isCut"];

const DOES =
  /^(Call|New|Assignment|Update|Await|TaggedTemplate|Import|Yield)Expression$|^StaticBlock$/;

/** Whether code in it does something outside of bodies of functions; what is cut is gone. */
export function runsAsLoaded(module: UserModule, node: SyntaxNode, isCut: Cut): boolean {
  let isFound = false;
  walk(node, (inner) => {
    if (isFound || isFunction(inner) || isCut(inner)) return false;
    isFound =
      (DOES.test(inner.type) && !onlyComputes(module, inner)) || inner.operator === "delete";
    return !isFound;
  });
  return isFound;
}

/** `console.log(table)`, `if (process.argv.includes("--print")) console.log(table)`: it only prints. */
export function doesNothing(module: UserModule, statement: SyntaxNode, isCut: Cut): boolean {
  const runs = (node: SyntaxNode) => runsAsLoaded(module, node, isCut);
  if (statement.type === "BlockStatement")
    return (statement.body as readonly SyntaxNode[]).every((one) =>
      doesNothing(module, one, isCut),
    );
  if (statement.type === "IfStatement") {
    const { test, consequent, alternate } = statement as unknown as Record<string, SyntaxNode>;
    const branches = [consequent, alternate].filter((one) => one !== undefined && one !== null);
    return !runs(test as SyntaxNode) && branches.every((one) => doesNothing(module, one, isCut));
  }
  const call = statement.expression as SyntaxNode | undefined;
  if (statement.type !== "ExpressionStatement" || call?.type !== "CallExpression") return false;
  const callee = call.callee as SyntaxNode;
  const root = callee.type === "MemberExpression" ? (callee.object as SyntaxNode) : callee;
  if (root.name !== "console" || !isGlobal(module, root)) return false;
  return !(call.arguments as readonly SyntaxNode[]).some(runs);
}

const COMPUTES =
  /^(Number|String|Boolean|BigInt|URL|Math\.\w+|JSON\.stringify|Object\.(keys|values|entries)|process\.argv\.\w+)$/;

function onlyComputes(module: UserModule, call: SyntaxNode): boolean {
  if (!/^(Call|New)Expression$/.test(call.type)) return false;
  const callee = call.callee as SyntaxNode;
  const root = rootOf(callee);
  if (root === null) return false;
  return (COMPUTES.test(nameOf(callee)) && isGlobal(module, root)) || isPathCall(module, call);
}

/** A call that only computes a path. */
export function isPathCall(module: UserModule, call: SyntaxNode): boolean {
  const root = rootOf(call.callee as SyntaxNode);
  if (root === null) return false;
  const [mention] = referencesIn(module, root);
  if (mention === undefined) return false;
  const definition = mention.resolved?.defs[0];
  if (definition === undefined) return call.type === "NewExpression" && root.name === "URL";
  return /^(node:)?(path|url|module)$/.test(importedFrom({ defs: [definition] }) ?? "");
}

/** Whether a name is one that no module or function declares. */
export function isGlobal(module: UserModule, identifier: SyntaxNode): boolean {
  const mention = referencesIn(module, identifier).find(
    (reference) => rangeOf(reference.identifier) === identifier,
  );
  return mention !== undefined && (mention.resolved?.defs.length ?? 0) === 0;
}

/** `a.b.c` as text; empty for what is not a chain of names. */
export function nameOf(node: SyntaxNode): string {
  if (node.type === "Identifier") return String(node.name);
  if (node.type !== "MemberExpression" || node.computed === true) return "";
  return `${nameOf(node.object as SyntaxNode)}.${nameOf(node.property as SyntaxNode)}`;
}
