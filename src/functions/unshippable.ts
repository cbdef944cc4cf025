// What a bundle still has of things that do not travel with it: files found beside a module, and modules whose names are
// only known as it runs. Each with the place in the user's source.

import { isBuiltin } from "node:module";
import { packageFolder, SCHEME } from "./external-packages.ts";
import type { FunctionProblem } from "./function-site.ts";
import { parseModule, readText, type SyntaxNode, walk } from "./read-module.ts";
import { type MappedText, originalPlaces, type SourcePlace } from "./source-text.ts";

interface BundledFrom {
  readonly file: string;
  readonly projectFolder: string;
}

export function unshippable(from: BundledFrom, bundle: MappedText): readonly FunctionProblem[] {
  const places = originalPlaces(bundle, from.projectFolder);
  const placeOf = (offset: number) => places(offset) ?? { file: from.file, line: 1, column: 1 };
  const found = [...besideUses(bundle, placeOf), ...openImports(bundle, placeOf)];
  // What the bundler wrote twice is one mistake.
  const byPlace = new Map(found.map((one) => [`${one.message} ${placeText(one)}`, one] as const));
  return [...byPlace.values()];
}

/** Names of files beside a module: written as names that nothing binds, so that what is left of them is found. */
export const BESIDE = {
  "import.meta.url": "__stepwell_beside_url__",
  "import.meta.dirname": "__stepwell_beside_dirname__",
  "import.meta.filename": "__stepwell_beside_filename__",
  "import.meta.resolve": "__stepwell_beside_resolve__",
  "require.resolve": "__stepwell_beside_require__",
  __dirname: "__stepwell_beside_folder__",
  __filename: "__stepwell_beside_file__",
};

const WRITTEN = new Map(
  Object.entries(BESIDE).map(([written, marker]) => [marker, written] as const),
);

type PlaceOf = (offset: number) => SourcePlace;

function placeText({ file, line, column }: SourcePlace): string {
  return `${file}:${line}:${column}`;
}

function besideUses(bundle: MappedText, placeOf: PlaceOf): readonly FunctionProblem[] {
  return [...bundle.text.matchAll(/__stepwell_beside_\w+__/g)].map((match) => {
    return {
      message: `\`${WRITTEN.get(match[0])}\` is used by a function step, but files beside the module are not shipped with it`,
      hint: "pass the file or folder as an input",
      ...placeOf(match.index),
    };
  });
}

/** `import(name)` of a name that no text gives. Packages that do so may get along without. */
function openImports(bundle: MappedText, placeOf: PlaceOf): readonly FunctionProblem[] {
  if (!/\bimport\(/.test(bundle.text)) return [];
  const found: FunctionProblem[] = [];
  for (const statement of parseModule(bundle.text).body as unknown as readonly SyntaxNode[])
    walk(statement, (node) => {
      if (node.type !== "ImportExpression" || isBundled(node.source as SyntaxNode)) return true;
      const place = placeOf(node.start);
      if (packageFolder(place.file) === null && !isWrittenAsText(place))
        found.push({
          message:
            "import() of a name that is only known as the function step runs cannot be bundled",
          hint: "import each module by its own name, as a text",
          ...place,
        });
      return true;
    });
  return found;
}

function isBundled({ value }: SyntaxNode): boolean {
  return typeof value === "string" && (isBuiltin(value) || value.startsWith(SCHEME));
}

/**
 * `import("./x").catch(…)` may lead nowhere. A text that is put together is one too by now, but only after the bundler
 * looked for what to load: what the user wrote says which it is.
 */
function isWrittenAsText({ file, line, column }: SourcePlace): boolean {
  const lines = (readText(file) ?? "").split("\n").slice(line - 1);
  const text = lines.join("\n").slice(column - 1);
  return AS_TEXT.test(text);
}

const AS_TEXT = /^import\s*\((?:\s|\/\*.*?\*\/)*(["'`])(?:(?!\1|\$\{)[\s\S])*\1\s*[,)]/s;
