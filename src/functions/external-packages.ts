// Which packages stay out of a program and are loaded from the project when it runs: those with native code, those that
// look for files beside themselves, and those that cannot be bundled. Knows how such a load is written in a program.

import fs from "node:fs";
import path from "node:path";
import { installedFolder, type Manifest, readManifest } from "./locked-versions.ts";
import { parseModule, type SyntaxNode, walk } from "./read-module.ts";

const NODE_MODULES = `${path.sep}node_modules${path.sep}`;

/** The package that a file belongs to; null: a file of the user. */
export function packageFolder(file: string): string | null {
  const at = file.lastIndexOf(NODE_MODULES);
  if (at === -1) return null;
  const start = at + NODE_MODULES.length;
  const words = file.slice(start).split(path.sep);
  const count = words[0]?.startsWith("@") ? 2 : 1;
  return file.slice(0, start) + words.slice(0, count).join(path.sep);
}

/** The folder of the nearest package.json: whose packages a program loads. */
export function projectFolderOf(file: string): string {
  const home = path.dirname(file);
  for (let folder = home; ; folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, "package.json"))) return folder;
    if (folder === path.dirname(folder)) return home;
  }
}

/** Loaders and builders of native code: who depends on one has some. */
const NATIVE_TOOLS = [
  "@mapbox/node-pre-gyp",
  "@neon-rs/load",
  "bindings",
  "nan",
  "node-addon-api",
  "node-gyp",
  "node-gyp-build",
  "node-pre-gyp",
  "prebuild-install",
  "prebuildify",
];

/** Whether a package has native code, by what its folder and package.json say. */
export function isNative(folder: string): boolean {
  const manifest = readManifest(folder) ?? {};
  return (
    ["binding.gyp", "prebuilds"].some((name) => fs.existsSync(path.join(folder, name))) ||
    ["gypfile", "binary", "napi"].some((field) => Boolean(manifest[field])) ||
    dependsOnNative(manifest)
  );
}

function dependsOnNative({ dependencies = {}, optionalDependencies = {} }: Manifest): boolean {
  return (
    NATIVE_TOOLS.some((name) => name in dependencies || name in optionalDependencies) ||
    Object.keys(optionalDependencies).some((name) => /(linux|darwin|win32)-(x64|arm64)/.test(name))
  );
}

export const SCHEME = "stepwell-package:";

/** How a program names what it loads: the package's own words, and whose node_modules they are looked up in. */
export function externalName(
  projectFolder: string,
  { importer, folder }: { readonly importer: string; readonly folder: string },
  specifier: string,
): string {
  const name = folder.slice(folder.lastIndexOf(NODE_MODULES) + NODE_MODULES.length);
  const isShared = installedFolder(projectFolder, name) === folder;
  const from = isShared ? projectFolder : (packageFolder(importer) ?? path.dirname(importer));
  const place = path.relative(projectFolder, from).split(path.sep).join("/");
  return `${SCHEME}${place}!${specifier}`;
}

/**
 * The bundle with its loads of external packages written as calls of the runtime, those of its first lines in front.
 * They come as one line more at the top, so that a map moves by one line.
 */
export function linkExternals(bundle: string): string {
  if (!bundle.includes(SCHEME)) return `\n${bundle}`;
  const loads: string[] = [];
  const cuts: { start: number; end: number; text: string }[] = [];
  for (const statement of parseModule(bundle).body as unknown as readonly SyntaxNode[])
    walk(statement, (node) => {
      const source = node.source as SyntaxNode | undefined;
      if (typeof source?.value !== "string" || !source.value.startsWith(SCHEME)) return true;
      const key = JSON.stringify(source.value.slice(SCHEME.length));
      if (node.type === "ImportExpression") {
        cuts.push({ start: node.start, end: node.end, text: `__stepwell_import__(${key})` });
      } else if (node.type === "ImportDeclaration") {
        loads.push(...importedAs(node.specifiers as readonly SyntaxNode[], key));
        cuts.push({ start: node.start, end: node.end, text: "" });
      }
      return false;
    });
  let text = "";
  let at = 0;
  for (const cut of cuts.sort((one, other) => one.start - other.start)) {
    text += bundle.slice(at, cut.start) + cut.text;
    at = cut.end;
  }
  const rest = text + bundle.slice(at);
  return `${loads.join("")}\n${rest}`;
}

function importedAs(specifiers: readonly SyntaxNode[], key: string): readonly string[] {
  const whole = `await __stepwell_import__(${key})`;
  if (specifiers.length === 0) return [`${whole};`];
  const namespaces = specifiers.filter(({ type }) => type === "ImportNamespaceSpecifier");
  const named = specifiers.filter(({ type }) => type !== "ImportNamespaceSpecifier");
  const parts = named.map((specifier) => {
    const imported = specifier.imported as SyntaxNode | undefined;
    const name = JSON.stringify(imported?.name ?? imported?.value ?? "default");
    return { name, local: String((specifier.local as SyntaxNode).name) };
  });
  const lines = namespaces.map(({ local }) => `const ${(local as SyntaxNode).name} = ${whole};`);
  if (parts.length === 0) return lines;
  const pattern = parts.map(({ name, local }) => `${name}: ${local}`).join(", ");
  const names = parts.map(({ name }) => name).join(", ");
  return [...lines, `const { ${pattern} } = await __stepwell_import__(${key}, [${names}]);`];
}
