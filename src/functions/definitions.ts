// Which parts of a module define or submit pipelines: calls that begin with something imported from "stepwell". They
// have no meaning inside a step, so a program never holds what is written in them.

import { isBuiltin } from "node:module";
import type { Variable } from "eslint-scope";
import { endOfChain, rootOf } from "./module-units.ts";
import {
  importedFrom,
  isFunction,
  isWithin,
  moduleBinding,
  rangeOf,
  referencesIn,
  type SyntaxNode,
  type UserModule,
  walk,
} from "./read-module.ts";

export interface DefiningCall {
  readonly start: number;
  readonly end: number;
  /** Of the constant that it makes, or what is called. */
  readonly name: string;
  /** In the body of a function, where a call is refused at the moment that it is made. */
  readonly isLater: boolean;
}

export interface Definitions {
  /** The outermost of each chain: those made as the module is loaded, and those in factories that also change values. */
  readonly calls: readonly DefiningCall[];
  /** Whether a range lies in one of the calls: a program never holds it. */
  isCut(range: { readonly start: number; readonly end: number }): boolean;
  /** Whether a chain of members and calls begins with something of "stepwell". */
  isRooted(node: SyntaxNode): boolean;
  /** Whether a variable of the module is imported from "stepwell", made by it, or a function that calls it. */
  isDefining(variable: Variable): boolean;
  /** Whether code submits, or uses what came of that; in bodies of functions too. */
  submits(node: SyntaxNode): boolean;
}

/** What a call that defines becomes in a program: a value that refuses to be used, by the name that was called. */
export function refusalOf(call: DefiningCall): string {
  const refusal = `__stepwell_refuse__(${JSON.stringify(call.name)})`;
  return call.isLater ? `${refusal}()` : `/* @__PURE__ */ ${refusal}`;
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
  const submits = submitsBy(mentioned, bindings, isRooted);
  const factories = statefulFactories(module, bindings, submits, isRooted);
  const isCutCall = (node: SyntaxNode) =>
    isRooted(node) && !factories.has(mentioned.get(rootOf(node) as SyntaxNode) as Variable);
  const calls = [
    ...module.body.flatMap((statement) => callsIn(statement, isCutCall, false)),
    ...[...factories.values()].flatMap((body) => callsIn(body, isCutCall, true)),
  ].sort((one, other) => one.start - other.start);
  return {
    calls,
    isCut: (range) => {
      const call = lastBefore(calls, range.start);
      return call !== undefined && isWithin(range, call);
    },
    isRooted,
    isDefining: (variable) => bindings.has(variable) && !factories.has(variable),
    submits,
  };

  function mentionsAny(node: SyntaxNode): boolean {
    return module.references.some(
      ({ identifier, resolved }) =>
        resolved !== null && bindings.has(resolved) && isWithin(rangeOf(identifier), node),
    );
  }
}

/** Of calls that do not overlap, in their order, the last that begins at the offset or before it. */
function lastBefore(calls: readonly DefiningCall[], offset: number): DefiningCall | undefined {
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((calls[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return calls[low - 1];
}

/**
 * Functions that make steps and also do something with values of the module, by their bodies: they are called in a step
 * as well, so that it sees the same values.
 */
function statefulFactories(
  module: UserModule,
  bindings: ReadonlySet<Variable>,
  submits: (node: SyntaxNode) => boolean,
  isRooted: (node: SyntaxNode) => boolean,
): ReadonlyMap<Variable, SyntaxNode> {
  const factories = new Map<Variable, SyntaxNode>();
  const candidates = [...bindings].flatMap((variable) => {
    const body = variable.defs.map(({ node }) => bodyOf(rangeOf(node))).find(Boolean);
    if (!body || submits(body)) return [];
    return [{ variable, body, inner: callsIn(body, isRooted, true) }];
  });
  let before = -1;
  while (factories.size !== before) {
    before = factories.size;
    for (const { variable, body, inner } of candidates)
      if (usesValues(body, inner)) factories.set(variable, body);
  }
  return factories;

  function usesValues(body: SyntaxNode, inner: readonly DefiningCall[]): boolean {
    return referencesIn(module, body).some((reference) => {
      const mention = rangeOf(reference.identifier);
      const named = moduleBinding(module, reference);
      if (named === null) return false;
      if (factories.has(named)) return true;
      if (bindings.has(named) || isBuiltin(importedFrom(named) ?? "")) return false;
      return !inner.some((call) => isWithin(mention, call));
    });
  }
}

function bodyOf(declared: SyntaxNode): SyntaxNode | null {
  const value = declared.type === "VariableDeclarator" ? (declared.init as SyntaxNode) : declared;
  return value !== null && isFunction(value) ? (value.body as SyntaxNode) : null;
}

/** By `.submit` of something that was defined, or by a mention of what is made or done with one. */
function submitsBy(
  mentioned: ReadonlyMap<SyntaxNode, Variable>,
  bindings: ReadonlySet<Variable>,
  isRooted: (node: SyntaxNode) => boolean,
): (node: SyntaxNode) => boolean {
  const submitters = new Set<Variable>();
  const submits = (node: SyntaxNode): boolean => {
    let isFound = false;
    walk(node, (inner) => {
      const variable = mentioned.get(inner);
      isFound ||= variable !== undefined && submitters.has(variable);
      const isSubmit = (inner.property as SyntaxNode | undefined)?.name === "submit";
      isFound ||= isSubmit && isRooted(inner.object as SyntaxNode);
      return !isFound;
    });
    return isFound;
  };
  let before = -1;
  while (submitters.size !== before) {
    before = submitters.size;
    for (const variable of bindings)
      if (
        variable.defs.some(({ type, node }) => type !== "ImportBinding" && submits(rangeOf(node)))
      )
        submitters.add(variable);
  }
  return submits;
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
  isDefiningCall: (node: SyntaxNode) => boolean,
  isLater: boolean,
): readonly DefiningCall[] {
  const calls: DefiningCall[] = [];
  const constants = new Map<unknown, string>();
  walk(statement, (node) => {
    if (isFunction(node) && !isLater) return false;
    const made = node.type === "VariableDeclarator" ? (node.id as SyntaxNode).name : undefined;
    if (typeof made === "string") constants.set(node.init, made);
    const isCall = /^(Call|New|TaggedTemplate|Await)Expression$/.test(node.type);
    if (!isCall || !isDefiningCall(node)) return true;
    const { start, end } = node;
    calls.push({ start, end, name: constants.get(node) ?? calledName(node), isLater });
    return false;
  });
  return calls;
}

/** Of `a.b(c).d`: d; what is called by a computed name is called by what stands before it. */
function calledName(node: SyntaxNode): string {
  const last = endOfChain(node, ({ computed, object, property }) =>
    computed === true ? object : property,
  );
  return String(last?.name ?? "stepwell");
}
