// What the `run` of a step reaches in its own module: the bindings of the module, transitively, and the statements that
// change them. A variable of a function, loop or block around the call is a mistake, because a program has none of them.

import type { Scope } from "eslint-scope";
import type { Definitions } from "./definitions.ts";
import { refusalOf } from "./definitions.ts";
import type { FoundStep } from "./find-step.ts";
import { type FunctionProblem, FunctionProblems, type FunctionSite } from "./function-site.ts";
import { moduleUnits, type Unit } from "./module-units.ts";
import { reachedUnits } from "./reached-units.ts";
import {
  childrenOf,
  isFunction,
  isWithin,
  placeIn,
  rangeOf,
  referencesIn,
  type SyntaxNode,
  type UserModule,
} from "./read-module.ts";
import { cutText, type MappedText, type Piece } from "./source-text.ts";

/** The module with nothing left in it but what `run` needs, and a last line that runs it. */
export function reachedModule(
  module: UserModule,
  definitions: Definitions,
  step: FoundStep,
  site: FunctionSite,
): MappedText {
  const units = moduleUnits(module);
  const problems = [
    ...strangeWords(module, step, site),
    ...enclosingVariables(module, units, step, site),
  ];
  if (problems.length > 0) throw new FunctionProblems(problems);
  const reached = reachedUnits(module, definitions, units, step.run);
  const pieces: Piece[] = units
    .filter((unit) => reached.has(unit) || isBareImport(unit))
    .flatMap((unit) => [unit.prefix, ...withoutCalls(unit.node, definitions), ";\n"]);
  return cutText(module, [...pieces, ...runLine(step.run)]);
}

/** The last line of a program. */
export function runLine({ start, end }: SyntaxNode): readonly Piece[] {
  return ["__stepwell_run__(({\n", { start, end }, "\n}).run);\n"];
}

/** A range without the calls in it that define pipelines. */
export function withoutCalls(
  range: { readonly start: number; readonly end: number },
  definitions: Definitions,
): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = range.start;
  for (const call of definitions.calls.filter((one) => isWithin(one, range))) {
    pieces.push({ start: at, end: call.start }, refusalOf(call));
    at = call.end;
  }
  return [...pieces, { start: at, end: range.end }];
}

/** `import "./setup"` and `await import("./setup")` are meant for what they do. */
function isBareImport(unit: Unit): boolean {
  if (unit.kind === "import") return (unit.statement.specifiers as readonly unknown[]).length === 0;
  const value = unit.statement.expression as SyntaxNode | undefined;
  const loaded = value?.type === "AwaitExpression" ? (value.argument as SyntaxNode) : value;
  return unit.kind === "effect" && loaded?.type === "ImportExpression";
}

function enclosingVariables(
  module: UserModule,
  units: readonly Unit[],
  step: FoundStep,
  site: FunctionSite,
): readonly FunctionProblem[] {
  const home = units.find((unit) => isWithin(step.call, unit.node));
  const problems = new Map<string, FunctionProblem>();
  for (const reference of referencesIn(module, step.run)) {
    const variable = reference.resolved;
    if (variable === null || problems.has(variable.name)) continue;
    const around = isOutside(variable.scope, step.run)
      ? wordFor(variable.scope)
      : home?.kind === "effect" && home.declares.includes(variable)
        ? "block"
        : null;
    if (around === null) continue;
    const isRunItself = rangeOf(reference.identifier) === step.run.value;
    problems.set(variable.name, {
      message: `run of step \`${site.name}\` uses \`${variable.name}\`, a variable of the ${around} around it`,
      hint: isRunItself
        ? "write the function in the call of step(), or at the top level of the module"
        : "pass it as an input",
      file: module.file,
      ...placeIn(module, rangeOf(reference.identifier)),
    });
  }
  return [...problems.values()];
}

function isOutside(scope: Scope, run: SyntaxNode): boolean {
  if (scope.type === "module" || scope.type === "global") return false;
  return !isWithin(rangeOf(scope.block), run);
}

function wordFor(scope: Scope): string {
  if (scope.type === "for") return "loop";
  if (scope.type === "class" || scope.type.startsWith("class")) return "class";
  return scope.type.startsWith("function") ? "function" : "block";
}

/** `this`, `super` and `new.target` have no meaning in a function that stands alone. */
function strangeWords(
  module: UserModule,
  step: FoundStep,
  site: FunctionSite,
): readonly FunctionProblem[] {
  const found: FunctionProblem[] = [];
  const look = (node: SyntaxNode) => {
    const word = strangeWord(node);
    if (word !== null)
      found.push({
        message: `run of step \`${site.name}\` uses \`${word}\`, which it does not have when it runs alone`,
        hint: "use what run is given ({ inputs, outputs, log }) or a constant of the module",
        file: module.file,
        ...placeIn(module, node),
      });
    for (const child of childrenOf(node)) if (!hasOwnThis(child)) look(child);
  };
  const value = step.run.value as SyntaxNode;
  if (isFunction(value)) look(value);
  return found.slice(0, 1);
}

function strangeWord(node: SyntaxNode): string | null {
  if (node.type === "ThisExpression") return "this";
  if (node.type === "Super") return "super";
  return node.type === "MetaProperty" && (node.meta as SyntaxNode).name === "new"
    ? "new.target"
    : null;
}

function hasOwnThis(node: SyntaxNode): boolean {
  if (node.type === "ArrowFunctionExpression") return false;
  return isFunction(node) || /^(ClassBody|StaticBlock)$/.test(node.type);
}
