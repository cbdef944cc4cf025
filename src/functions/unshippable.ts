// What a bundle still has of things that do not travel with it: files found beside a module, and modules whose names are
// only known as it runs. Each with the place in the user's source.

import path from "node:path";
import { packageFolder } from "./external-packages.ts";
import type { FunctionProblem } from "./function-site.ts";
import { parseModule, type SyntaxNode, walk } from "./read-module.ts";
import { type MappedText, originalPlace } from "./source-text.ts";

interface BundledFrom {
  readonly file: string;
  readonly projectFolder: string;
}

export function unshippable(from: BundledFrom, bundle: MappedText): readonly FunctionProblem[] {
  return [...besideUses(from, bundle), ...openImports(from, bundle)];
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

function besideUses(from: BundledFrom, bundle: MappedText): readonly FunctionProblem[] {
  return [...bundle.text.matchAll(/__stepwell_beside_\w+__/g)].map((match) => {
    return {
      message: `\`${WRITTEN.get(match[0])}\` is used by a function step, but files beside the module are not shipped with it`,
      hint: "pass the file or folder as an input",
      ...placeIn(from, bundle, match.index),
    };
  });
}

/** `import(name)` of a name that no text gives. Packages that do so may get along without. */
function openImports(from: BundledFrom, bundle: MappedText): readonly FunctionProblem[] {
  if (!/\bimport\((?!")/.test(bundle.text)) return [];
  const found: FunctionProblem[] = [];
  for (const statement of parseModule(bundle.text).body as unknown as readonly SyntaxNode[])
    walk(statement, (node) => {
      if (node.type !== "ImportExpression" || (node.source as SyntaxNode).type === "Literal")
        return true;
      const { file, ...place } = placeIn(from, bundle, node.start);
      if (packageFolder(file) === null)
        found.push({
          message:
            "import() of a name that is only known as the function step runs cannot be bundled",
          hint: "import each module by its own name, as a text",
          file,
          ...place,
        });
      return true;
    });
  return found;
}

function placeIn({ file, projectFolder }: BundledFrom, bundle: MappedText, offset: number) {
  const place = originalPlace(bundle, offset);
  return {
    file: path.resolve(projectFolder, place?.source ?? file),
    line: place?.line ?? 1,
    column: place?.column ?? 1,
  };
}
