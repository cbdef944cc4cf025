// Which parts of a module the `run` of a step needs: the bindings that it reaches, and every statement that may give one
// of those another state as the module is loaded. In doubt a statement is kept: one too many runs a step once more, one
// too few gives it wrong values.

import { isBuiltin } from "node:module";
import type { Variable } from "eslint-scope";
import { changedBy, changesGlobals, isGuard } from "./changed-bindings.ts";
import type { Definitions } from "./definitions.ts";
import { doesNothing, runsAsLoaded } from "./load-time.ts";
import type { Unit } from "./module-units.ts";
import {
  importedFrom,
  moduleBinding,
  rangeOf,
  referencesIn,
  type SyntaxNode,
  type UserModule,
} from "./read-module.ts";

export function reachedUnits(
  module: UserModule,
  definitions: Definitions,
  units: readonly Unit[],
  run: SyntaxNode,
): ReadonlySet<Unit> {
  const links = linksOf(module, definitions, units);
  const reached = new Set<Unit>();
  const joined = new Set<Variable>();
  const touched = new Set<Variable>();
  const open: (() => void)[] = [];
  const reach = (unit: Unit) => {
    if (reached.has(unit)) return;
    reached.add(unit);
    for (const variable of links.mentions(unit)) join(variable);
    // Of an import only what is mentioned: the others are its siblings.
    if (unit.kind !== "import") for (const variable of unit.declares) join(variable);
  };
  const join = (variable: Variable) => {
    if (joined.has(variable)) return;
    joined.add(variable);
    open.push(() => {
      for (const unit of links.declaring.get(variable) ?? []) reach(unit);
      touch(variable);
    });
  };
  /** Whose state is that of what is reached: an alias of it, a function that writes to it. */
  const touch = (variable: Variable) => {
    if (touched.has(variable) || !links.holdsState(variable)) return;
    touched.add(variable);
    open.push(() => {
      for (const unit of links.mentioning.get(variable) ?? [])
        if (unit.kind !== "effect") for (const one of unit.declares) touch(one);
      for (const unit of links.changing.get(variable) ?? []) reach(unit);
      for (const sibling of links.siblings(variable)) touch(sibling);
    });
  };
  for (const variable of bindingsIn(module, run, () => false)) join(variable);
  for (const unit of units)
    if (!isGuard(unit.statement) && changesGlobals(module, unit, definitions)) {
      if (links.runs.has(unit)) reach(unit);
      for (const variable of unit.declares) touch(variable);
    }
  for (let next = open.pop(); next !== undefined; next = open.pop()) next();
  return reached;
}

interface Links {
  readonly declaring: ReadonlyMap<Variable, readonly Unit[]>;
  readonly mentioning: ReadonlyMap<Variable, readonly Unit[]>;
  /** Statements that may change it as the module is loaded. */
  readonly changing: ReadonlyMap<Variable, readonly Unit[]>;
  readonly runs: ReadonlySet<Unit>;
  mentions(unit: Unit): readonly Variable[];
  /** What is imported from the same module: a function of it may fill a table of it. */
  siblings(variable: Variable): readonly Variable[];
  holdsState(variable: Variable): boolean;
}

function linksOf(module: UserModule, definitions: Definitions, units: readonly Unit[]): Links {
  const mentions = new Map<Unit, readonly Variable[]>();
  const declaring = new Map<Variable, Unit[]>();
  const mentioning = new Map<Variable, Unit[]>();
  const changing = new Map<Variable, Unit[]>();
  const imported = new Map<string, Variable[]>();
  const runs = new Set<Unit>();
  for (const unit of units) {
    const named = [...new Set(bindingsIn(module, unit.node, definitions.isCut))];
    mentions.set(unit, named);
    for (const variable of unit.declares) {
      add(declaring, variable, unit);
      const source = importedFrom(variable);
      if (source !== null) add(imported, source, variable);
    }
    for (const variable of named) add(mentioning, variable, unit);
    if (!mayChange(module, unit, definitions)) continue;
    const submits = definitions.submits(unit.node);
    if (!submits) runs.add(unit);
    for (const variable of submits ? changedBy(module, unit, definitions) : named)
      add(changing, variable, unit);
  }
  return {
    declaring,
    mentioning,
    changing,
    runs,
    mentions: (unit) => mentions.get(unit) ?? [],
    siblings: (variable) => imported.get(importedFrom(variable) ?? "") ?? [],
    // What a pipeline or a step is, and the modules of Node, are no state that a run sees.
    holdsState: (variable) =>
      !definitions.isDefining(variable) && !isBuiltin(importedFrom(variable) ?? ""),
  };
}

function add<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

function mayChange(module: UserModule, unit: Unit, definitions: Definitions): boolean {
  if (unit.kind === "import" || unit.kind === "export" || isGuard(unit.statement)) return false;
  if (unit.kind === "effect") return !doesNothing(module, unit.node, definitions.isCut);
  return runsAsLoaded(module, unit.node, definitions.isCut);
}

function bindingsIn(
  module: UserModule,
  range: SyntaxNode,
  isCut: (node: SyntaxNode) => boolean,
): readonly Variable[] {
  return referencesIn(module, range)
    .filter(({ identifier }) => !isCut(rangeOf(identifier)))
    .map((reference) => moduleBinding(module, reference))
    .filter((variable) => variable !== null);
}
