// Finds the `step({... run ...})` call that stands at a place of a module, and its `run`. Knows no bundler.

import type { Variable } from "eslint-scope";
import { type Definitions, isOwnName } from "./definitions.ts";
import { FunctionProblems, type FunctionSite } from "./function-site.ts";
import {
  moduleBinding,
  placeIn,
  rangeOf,
  type SyntaxNode,
  type UserModule,
  walk,
} from "./read-module.ts";
import type { Place } from "./source-text.ts";

export interface FoundStep {
  readonly call: SyntaxNode;
  /** The property of the object: a method, a function or the name of one. */
  readonly run: SyntaxNode;
}

interface Candidate {
  readonly call: SyntaxNode;
  readonly definition: SyntaxNode | null;
  readonly name: string | null;
  /** Where programs say that it is: where it begins, or the last name of `stepwell.step`. */
  readonly places: readonly Place[];
}

export function findStep(
  module: UserModule,
  definitions: Definitions,
  site: FunctionSite,
): FoundStep {
  const candidates: Candidate[] = [];
  for (const statement of module.body)
    walk(statement, (node) => {
      if (node.type === "CallExpression" && isStepCall(module, definitions, node))
        candidates.push(candidateOf(module, node));
      return true;
    });
  const chosen = choose(candidates, site);
  if (chosen === null)
    throw problem(
      site,
      `no call of step() stands at this place for step \`${site.name}\``,
      'import `step` from "stepwell" and call it with an object: step({ name, inputs, run })',
    );
  const run = propertyOf(chosen.definition, "run");
  if (run === null)
    throw problem(
      site,
      `the call of step \`${site.name}\` does not show its \`run\``,
      "write run in the object of the call: a method, a function, or the name of a function of the module",
    );
  return { call: chosen.call, run };
}

/** A call of what is imported as `step`, or of anything that is given an object with a name and a run. */
function isStepCall(module: UserModule, definitions: Definitions, call: SyntaxNode): boolean {
  const callee = call.callee as SyntaxNode;
  if (callee.type === "MemberExpression" && definitions.isRooted(callee))
    return (callee.property as SyntaxNode).name === "step";
  if (callee.type === "Identifier" && importedName(module, callee) === "step") return true;
  const definition = definitionOf(module, call);
  return propertyOf(definition, "run") !== null && propertyOf(definition, "name") !== null;
}

function importedName(module: UserModule, identifier: SyntaxNode): string | null {
  const definition = bindingOf(module, identifier)?.defs[0];
  if (definition?.type !== "ImportBinding") return null;
  const parent = definition.parent as unknown as SyntaxNode;
  const specifier = definition.node as unknown as SyntaxNode;
  const imported = specifier.imported as SyntaxNode | undefined;
  return isOwnName(parent.source as SyntaxNode) ? String(imported?.name ?? "default") : null;
}

function bindingOf(module: UserModule, identifier: SyntaxNode): Variable | null {
  const reference = module.references.find((one) => rangeOf(one.identifier) === identifier);
  return reference === undefined ? null : moduleBinding(module, reference);
}

function candidateOf(module: UserModule, call: SyntaxNode): Candidate {
  const callee = call.callee as SyntaxNode;
  const last = callee.type === "MemberExpression" ? [callee.property as SyntaxNode] : [];
  const definition = definitionOf(module, call);
  const name = propertyOf(definition, "name")?.value as SyntaxNode | undefined;
  return {
    call,
    definition,
    name: name?.type === "Literal" ? String(name.value) : null,
    places: [call, ...last].map((node) => placeIn(module, node)),
  };
}

/** The object that a call is given: in place, or by the name of a constant of the module. */
function definitionOf(module: UserModule, call: SyntaxNode): SyntaxNode | null {
  const given = (call.arguments as readonly SyntaxNode[])[0];
  if (given?.type === "ObjectExpression") return given;
  if (given?.type !== "Identifier") return null;
  const declarator = bindingOf(module, given)?.defs[0]?.node as unknown as SyntaxNode | undefined;
  const value = declarator?.init as SyntaxNode | null | undefined;
  return value?.type === "ObjectExpression" ? value : null;
}

function propertyOf(object: SyntaxNode | null, name: string): SyntaxNode | null {
  const properties = (object?.properties ?? []) as readonly SyntaxNode[];
  const found = properties.find((property) => {
    const key = property.key as SyntaxNode | undefined;
    return property.computed !== true && (key?.name ?? key?.value) === name;
  });
  return found ?? null;
}

/** By the exact place, else by the line, else by the name alone; the name decides where several fit. */
function choose(candidates: readonly Candidate[], site: FunctionSite): Candidate | null {
  const fits = [
    (place: Place) => place.line === site.line && place.column === site.column,
    (place: Place) => place.line === site.line,
  ];
  for (const fit of fits) {
    const found = candidates.filter((candidate) => candidate.places.some(fit));
    if (found.length > 0) return found.find((one) => one.name === site.name) ?? found[0] ?? null;
  }
  const named = candidates.filter((candidate) => candidate.name === site.name);
  return named.length === 1 ? (named[0] ?? null) : null;
}

function problem(site: FunctionSite, message: string, hint: string): FunctionProblems {
  const { file, line, column } = site;
  return new FunctionProblems([{ message, hint, file, line, column }]);
}
