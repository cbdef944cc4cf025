// A module as the parts that can be kept or left out one by one: imports, declarations, statements that only have an
// effect. Knows what each declares and changes, not which are wanted.

import type { Variable } from "eslint-scope";
import {
  childrenOf,
  isFunction,
  isWithin,
  moduleBinding,
  rangeOf,
  type SyntaxNode,
  type UserModule,
  walk,
} from "./read-module.ts";

export interface Unit {
  readonly kind: "import" | "declaration" | "effect" | "export";
  /** The statement it is or is part of. */
  readonly statement: SyntaxNode;
  /** What is kept of it, after `prefix`. */
  readonly node: SyntaxNode;
  /** `const ` where one declaration of several is kept; else empty. */
  readonly prefix: string;
  readonly isExported: boolean;
  readonly declares: readonly Variable[];
}

export function moduleUnits(module: UserModule): readonly Unit[] {
  return module.body.flatMap((statement) => unitsOf(module, statement));
}

function unitsOf(module: UserModule, statement: SyntaxNode): readonly Unit[] {
  const unit = (kind: Unit["kind"], node: SyntaxNode, prefix = ""): Unit => ({
    kind,
    statement,
    node,
    prefix,
    isExported: statement.type.startsWith("Export"),
    declares: declaredIn(module, node),
  });
  if (statement.type === "ImportDeclaration") return [unit("import", statement)];
  const inner = declarationOf(statement);
  if (inner === null)
    return [unit(statement.type.startsWith("Export") ? "export" : "effect", statement)];
  if (inner.type !== "VariableDeclaration") return [unit("declaration", inner)];
  return (inner.declarations as readonly SyntaxNode[]).map((declarator) =>
    unit("declaration", declarator, `${inner.kind} `),
  );
}

/** The declaration that a statement is, exported or not; null: it is none that has a name. */
function declarationOf(statement: SyntaxNode): SyntaxNode | null {
  const inner = statement.type.startsWith("Export")
    ? ((statement.declaration ?? null) as SyntaxNode | null)
    : statement;
  if (inner?.type === "VariableDeclaration") return inner;
  const isNamed = inner !== null && /^(Function|Class)Declaration$/.test(inner.type);
  return isNamed && inner.id !== null ? inner : null;
}

function declaredIn(module: UserModule, node: SyntaxNode): readonly Variable[] {
  return module.moduleScope.variables.filter((variable) =>
    variable.defs.some((definition) => isWithin(rangeOf(definition.name), node)),
  );
}

/**
 * Bindings of the module that a statement changes when it runs: assigned, a member assigned, a method called, or handed
 * to one of the functions that only change what they are given.
 */
export function changedBy(module: UserModule, unit: Unit): ReadonlySet<Variable> {
  const changed = new Set<Variable>();
  if (unit.kind !== "effect") return changed;
  const add = (node: SyntaxNode | undefined) => {
    const root = rootOf(node);
    for (const reference of module.references)
      if (root !== null && rangeOf(reference.identifier) === root) {
        const binding = moduleBinding(module, reference);
        if (binding !== null) changed.add(binding);
      }
  };
  walk(unit.node, (node) => {
    if (isFunction(node)) return false;
    for (const target of changedTargets(node)) add(target);
    return true;
  });
  for (const reference of module.references) {
    const binding = moduleBinding(module, reference);
    if (binding !== null && reference.isWrite() && isOwn(unit.node, rangeOf(reference.identifier)))
      changed.add(binding);
  }
  return changed;
}

/** Functions that change their arguments: those of the language and those that esbuild writes for decorators. */
const CHANGERS =
  /^(Object\.(assign|defineProperty|defineProperties|setPrototypeOf|freeze|seal)|Reflect\.\w+|__\w+)$/;

function changedTargets(node: SyntaxNode): readonly SyntaxNode[] {
  if (node.type === "AssignmentExpression") return [node.left as SyntaxNode];
  if (node.type === "UpdateExpression") return [node.argument as SyntaxNode];
  if (node.type === "UnaryExpression" && node.operator === "delete")
    return [node.argument as SyntaxNode];
  if (node.type !== "CallExpression") return [];
  const callee = node.callee as SyntaxNode;
  if (CHANGERS.test(nameOf(callee))) return node.arguments as readonly SyntaxNode[];
  return callee.type === "MemberExpression" ? [callee] : [];
}

/** `a.b.c` as text; empty for what is not a chain of names. */
function nameOf(node: SyntaxNode): string {
  if (node.type === "Identifier") return String(node.name);
  if (node.type !== "MemberExpression" || node.computed === true) return "";
  return `${nameOf(node.object as SyntaxNode)}.${nameOf(node.property as SyntaxNode)}`;
}

/** The name that a chain of members, calls and awaits begins with. */
export function rootOf(node: SyntaxNode | null | undefined): SyntaxNode | null {
  switch (node?.type) {
    case "Identifier":
      return node;
    case "MemberExpression":
      return rootOf(node.object as SyntaxNode);
    case "CallExpression":
    case "NewExpression":
      return rootOf(node.callee as SyntaxNode);
    case "TaggedTemplateExpression":
      return rootOf(node.tag as SyntaxNode);
    case "AwaitExpression":
      return rootOf(node.argument as SyntaxNode);
    case "ChainExpression":
      return rootOf(node.expression as SyntaxNode);
    default:
      return null;
  }
}

/** Whether a node is run with the statement itself, not in a function of it. */
function isOwn(statement: SyntaxNode, inner: SyntaxNode): boolean {
  if (!isWithin(inner, statement) || isFunction(statement)) return false;
  if (inner === statement) return true;
  return childrenOf(statement).some((child) => isOwn(child, inner));
}
