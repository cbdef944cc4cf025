// Reads where a step's code lies. Knows nothing of snapshots.

import path from "node:path";
import { localPath } from "../data-reference.ts";
import type { CodeReference } from "../graph.ts";
import { getSet, type TreeMapping } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";

/** The code of a component (or of a node that is its own), or null for none. Includes may lie there without any. */
export function readCode(
  tree: TreeMapping,
  base: string,
  definitionFiles: readonly string[],
  context: LoadContext,
): CodeReference | null {
  const node = getSet(tree, "code");
  if (node?.kind !== "scalar" || node.text.trim() === "") {
    const includes = readIncludes(tree, base, context);
    if (includes.length === 0) return null;
    return { path: null, includes, definitionFiles: inside(definitionFiles, includes) };
  }
  if (
    /^(?:git\+|azureml:|[a-z][a-z0-9+.-]+:\/\/)/i.test(node.text) &&
    !node.text.startsWith("file:")
  ) {
    const message = `\`${node.text}\` is code in another place; Stepwell reads a folder of this machine`;
    context.error(node, "unsupported_code", message, "Check it out, and name the folder.");
    return null;
  }
  const folder = localPath(node.text, base);
  if (context.kind(folder) === null) {
    const message = `the code folder \`${folder}\` does not exist`;
    context.error(node, "missing_path", message, () => context.pathHint(node.text, folder));
  }
  const includes = readIncludes(tree, base, context);
  return {
    path: folder,
    includes,
    definitionFiles: inside(definitionFiles, [folder, ...includes]),
  };
}

function inside(files: readonly string[], places: readonly string[]): readonly string[] {
  return files.filter((file) => places.some((place) => file === place || isInside(file, place)));
}

function readIncludes(tree: TreeMapping, base: string, context: LoadContext): readonly string[] {
  const list = getSet(tree, "additional_includes");
  if (list?.kind !== "list") return [];
  return list.items.flatMap((item) => {
    if (item.kind !== "scalar") {
      const message = "`additional_includes` can only name files and folders of this machine";
      context.error(item, "unsupported_code", message, "Download it, and name the folder.");
      return [];
    }
    const at = localPath(item.text, base);
    if (context.kind(at) === null) {
      const message = `there is nothing at \`${at}\``;
      context.error(item, "missing_path", message, () => context.pathHint(item.text, at));
    }
    return [at];
  });
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}
