// A module of the user that a function imports, without what it defines or submits: other steps in it, and what only they
// use, never count. All else keeps the meaning that it has in any program.

import type { Variable } from "eslint-scope";
import { changedBy, isGuard } from "./changed-bindings.ts";
import { type Definitions, readDefinitions } from "./definitions.ts";
import { isPathCall, runsAsLoaded } from "./load-time.ts";
import { moduleUnits, type Unit } from "./module-units.ts";
import { runLine, withoutCalls } from "./reach.ts";
import {
  isFunction,
  isWithin,
  rangeOf,
  type SyntaxNode,
  type UserModule,
  walk,
} from "./read-module.ts";
import { cutText, type MappedText, type Piece } from "./source-text.ts";

type Range = { readonly start: number; readonly end: number };

/** `run`: that of the step that the module itself is imported for; then the last line runs it. */
export function importedModule(module: UserModule, run: SyntaxNode | null = null): MappedText {
  const definitions = readDefinitions(module);
  const gone = goneStatements(module, definitions, run);
  const kept = module.body.filter((statement) => !gone.has(statement));
  const pure = pureCalls(module);
  const pieces = kept.flatMap((statement) => [
    ...withoutCalls(statement, definitions).flatMap((piece) => markPure(piece, pure)),
    "\n",
  ]);
  return cutText(module, run === null ? pieces : [...pieces, ...runLine(run)]);
}

/** Statements that only define or submit, and, in turn, declarations that nothing else than those mentions. */
function goneStatements(
  module: UserModule,
  definitions: Definitions,
  run: SyntaxNode | null,
): ReadonlySet<SyntaxNode> {
  const units = moduleUnits(module);
  const gone = new Set<SyntaxNode>();
  const ranges: Range[] = [...definitions.calls];
  for (const unit of units)
    if (unit.kind === "effect" && !unit.isExported && isForPipelines(module, definitions, unit)) {
      gone.add(unit.statement);
      ranges.push(unit.statement);
    }
  const candidates = new Map<SyntaxNode, Variable[]>();
  for (const unit of units)
    if (!unit.isExported && (unit.kind === "import" || unit.kind === "declaration"))
      candidates.set(unit.statement, [...(candidates.get(unit.statement) ?? []), ...unit.declares]);
  let before = -1;
  while (gone.size !== before) {
    before = gone.size;
    for (const [statement, variables] of candidates)
      if (!gone.has(statement) && isLeftAlone(variables, statement, ranges, run)) {
        gone.add(statement);
        ranges.push(statement);
      }
  }
  return gone;
}

/** Whether nothing of a statement is left without its defining calls; the guard of a main program is none in a step. */
function isForPipelines(module: UserModule, definitions: Definitions, unit: Unit): boolean {
  const { statement } = unit;
  if (isGuard(statement)) return true;
  if (definitions.submits(statement)) return changedBy(module, unit, definitions).size === 0;
  const defines = definitions.calls.some((call) => isWithin(call, statement));
  return defines && !runsAsLoaded(module, statement, definitions.isCut);
}

/** Whether all that mentions these is gone, and something did: what nothing ever used may be there for its effect. */
function isLeftAlone(
  variables: readonly Variable[],
  statement: SyntaxNode,
  gone: readonly Range[],
  run: Range | null,
): boolean {
  const mentions = variables
    .flatMap((variable) => variable.references)
    .map((reference) => rangeOf(reference.identifier))
    .filter((mention) => !isWithin(mention, statement));
  return (
    mentions.length > 0 &&
    mentions.every((mention) => gone.some((range) => isWithin(mention, range))) &&
    !mentions.some((mention) => run !== null && isWithin(mention, run))
  );
}

/** Calls that only compute a path: unused, they may fall away. The bundler knows no function of Node. */
function pureCalls(module: UserModule): readonly SyntaxNode[] {
  const calls: SyntaxNode[] = [];
  for (const statement of module.body)
    walk(statement, (node) => {
      if (isFunction(node)) return false;
      if (/^(Call|New)Expression$/.test(node.type) && isPathCall(module, node)) calls.push(node);
      return true;
    });
  return calls.sort((one, other) => one.start - other.start);
}

function markPure(piece: Piece, pure: readonly SyntaxNode[]): readonly Piece[] {
  if (typeof piece === "string") return [piece];
  const marked: Piece[] = [];
  let at = piece.start;
  for (const call of pure.filter((one) => isWithin(one, piece))) {
    marked.push({ start: at, end: call.start }, "/* @__PURE__ */ ");
    at = call.start;
  }
  return [...marked, { start: at, end: piece.end }];
}
