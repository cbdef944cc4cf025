// A module as the parts that can be kept or left out one by one: imports, declarations, statements that only have an
// effect. Knows what each declares and changes, not which are wanted.

import type { Variable } from "eslint-scope";
import { isWithin, rangeOf, type SyntaxNode, type UserModule } from "./read-module.ts";

export interface Unit {
  readonly kind: "import" | "declaration" | "effect" | "export";
  /** The statement it is or is part of. */
  readonly statement: SyntaxNode;
  /** What is kept of it, after `prefix`. */
  readonly node: SyntaxNode;
  /** `const ` where one declaration of several is kept, `void ` for a value alone; else empty. */
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
  if (isDefaultValue(statement))
    return [unit("effect", statement.declaration as SyntaxNode, "void ")];
  if (inner === null)
    return [unit(statement.type.startsWith("Export") ? "export" : "effect", statement)];
  if (inner.type !== "VariableDeclaration") return [unit("declaration", inner)];
  return (inner.declarations as readonly SyntaxNode[]).map((declarator) =>
    unit("declaration", declarator, `${inner.kind} `),
  );
}

/** `export default fill(table)`: a value without a name, for its effect. */
function isDefaultValue(statement: SyntaxNode): boolean {
  const value = statement.declaration as SyntaxNode | null | undefined;
  return statement.type === "ExportDefaultDeclaration" && /Expression$/.test(value?.type ?? "");
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

/** The name that a chain of members, calls and awaits begins with. */
export function rootOf(node: SyntaxNode | null | undefined): SyntaxNode | null {
  return endOfChain(node, ({ object }) => object);
}

/** The name that a chain of members, calls and awaits leads to; `member`: which side of a member it goes on with. */
export function endOfChain(
  node: SyntaxNode | null | undefined,
  member: (node: SyntaxNode) => unknown,
): SyntaxNode | null {
  const go = (inner: unknown): SyntaxNode | null => endOfChain(inner as SyntaxNode, member);
  switch (node?.type) {
    case "Identifier":
      return node;
    case "MemberExpression":
      return go(member(node));
    case "CallExpression":
    case "NewExpression":
      return go(node.callee);
    case "TaggedTemplateExpression":
      return go(node.tag);
    case "AwaitExpression":
      return go(node.argument);
    case "ChainExpression":
      return go(node.expression);
    default:
      return null;
  }
}
