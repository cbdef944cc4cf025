// A pattern of paths as a regular expression: `*`, `**`, `?`, `[ab]`, `{a,b}`. Pure.

export function globExpression(pattern: string): RegExp {
  let text = "";
  for (const [part] of pattern.matchAll(/\*\*\/?|\*|\?|\[[^\]/]+\]|\{[^{}/]*\}|[^*?[{]+|[[{]/g)) {
    if (part.startsWith("**")) text += part.endsWith("/") ? "(?:.*/)?" : ".*";
    else if (part === "*") text += "[^/]*";
    else if (part === "?") text += "[^/]";
    else if (/^\[.+\]$/.test(part)) text += `[${literalSet(part.slice(1, -1))}]`;
    else if (/^\{.*\}$/.test(part))
      text += `(?:${part.slice(1, -1).split(",").map(literal).join("|")})`;
    else text += literal(part);
  }
  return new RegExp(`^${text}$`, "s");
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function literalSet(text: string): string {
  const isNot = text.startsWith("!");
  return `${isNot ? "^" : ""}${text.slice(isNot ? 1 : 0).replaceAll(/[\\\]^]/g, "\\$&")}`;
}
