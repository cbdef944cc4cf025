// How modules of a user are found and in which dialect: as text, because Node runs it in a thread of its own.

/**
 * `import "stepwell"` is this very Stepwell, installed in the project or not. TypeScript is ESM, and JavaScript that imports or
 * exports, also where a package.json does not say so: the loader would make CommonJS of it, under an address of its own.
 */
export function moduleHooks(sdk: string): string {
  return `import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export async function resolve(name, context, next) {
  if (name === "stepwell") return { url: ${JSON.stringify(sdk)}, format: "module", shortCircuit: true };
  const found = await next(name, context);
  if (!found.url.startsWith("file:") || found.url.includes("/node_modules/")) return found;
  const url = found.url.replace(/(?:\\?|%3F)tsx-commonjs.*$/, "");
  return isModule(url) ? { ...found, url, format: "module" } : found;
}

const known = new Map();

function isModule(url) {
  const [file] = url.split("?");
  if (/\\.m?tsx?$/.test(file)) return true;
  if (!/\\.jsx?$/.test(file)) return false;
  if (!known.has(file)) known.set(file, hasModuleSyntax(fileURLToPath(file)));
  return known.get(file);
}

function hasModuleSyntax(file) {
  try {
    return /^\\s*(?:import\\s*[\\w{*"']|export\\s*[\\w{*])/m.test(readFileSync(file, "utf8"));
  } catch {
    return false;
  }
}
`;
}
