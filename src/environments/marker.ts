// Decides an environment marker of a requirement (`sys_platform == "win32" and python_version < "3.9"`) for one Python
// on one platform. Pure; what it cannot read counts as true.

export type MarkerVariables = Readonly<Record<string, string>>;

/** The variables of a Python `version` on a platform like `linux-x86_64-glibc2.36`. */
export function markerVariables(version: string, platform: string): MarkerVariables {
  const [system = "linux", machine = ""] = platform.split("-");
  return {
    python_version: version.split(".").slice(0, 2).join("."),
    python_full_version: version,
    implementation_version: version,
    implementation_name: "cpython",
    platform_python_implementation: "CPython",
    sys_platform: system,
    platform_system: system === "darwin" ? "Darwin" : "Linux",
    platform_machine: machine,
    os_name: "posix",
    extra: "",
  };
}

/** Is the marker true? */
export function markerHolds(marker: string, variables: MarkerVariables): boolean {
  const tokens = marker.match(/\(|\)|"[^"]*"|'[^']*'|[<>=!~]=?=?|[\w.]+/g) ?? [];
  const reader = { tokens, at: 0, variables };
  return either(reader);
}

interface Reader {
  readonly tokens: readonly string[];
  at: number;
  readonly variables: MarkerVariables;
}

function either(reader: Reader): boolean {
  let value = both(reader);
  while (take(reader, "or")) value = both(reader) || value;
  return value;
}

function both(reader: Reader): boolean {
  let value = one(reader);
  while (take(reader, "and")) value = one(reader) && value;
  return value;
}

function one(reader: Reader): boolean {
  if (take(reader, "(")) {
    const value = either(reader);
    take(reader, ")");
    return value;
  }
  const left = operand(reader);
  const negated = take(reader, "not");
  const operator = next(reader);
  const right = operand(reader);
  return operator === "in" ? right.includes(left) !== negated : compare(left, operator, right);
}

function operand(reader: Reader): string {
  const token = next(reader);
  return /^["']/.test(token) ? token.slice(1, -1) : (reader.variables[token] ?? "");
}

function compare(left: string, operator: string, right: string): boolean {
  if (!/^\d/.test(right)) return operator === "!=" ? left !== right : left === right;
  const prefix = right.endsWith(".*");
  const wanted = right.replace(/\.\*$/, "");
  const order = compareVersions(left, wanted, prefix ? wanted.split(".").length : undefined);
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "~=":
      // As `>=`, with all numbers but the last the same.
      return order >= 0 && compareVersions(left, wanted, wanted.split(".").length - 1) === 0;
    case "!=":
      return order !== 0;
    default:
      return order === 0;
  }
}

/** Negative, zero or positive; only the first `parts` numbers count when given. */
export function compareVersions(left: string, right: string, parts?: number): number {
  const a = left.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const b = right.split(".").map((part) => Number.parseInt(part, 10) || 0);
  for (let index = 0; index < (parts ?? Math.max(a.length, b.length)); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function next(reader: Reader): string {
  reader.at += 1;
  return reader.tokens[reader.at - 1] ?? "";
}

function take(reader: Reader, token: string): boolean {
  if (reader.tokens[reader.at] !== token) return false;
  reader.at += 1;
  return true;
}
