// Reads where a step's code lies. Knows nothing of snapshots.

import path from "node:path";
import { localPath } from "../data-reference.ts";
import type { CodeReference } from "../graph.ts";
import { getSet, type TreeMapping, type TreeNode } from "../tree.ts";
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
  if (folder === "/") refuseRoot(node, context);
  else if (context.kind(folder) === null) {
    const message = `the code folder \`${folder}\` does not exist`;
    context.lack(folder, node, "missing_path", message, () => context.pathHint(node.text, folder));
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
  const found = list.items.flatMap((item) => readInclude(item, base, context));
  return [...new Set(found)];
}

function readInclude(item: TreeNode, base: string, context: LoadContext): string | [] {
  if (item.kind !== "scalar") {
    const message = "`additional_includes` can only name files and folders of this machine";
    context.error(item, "unsupported_code", message, "Download it, and name the folder.");
    return [];
  }
  // An empty path is the folder of the definition, which nobody means by a dash too many.
  if (item.type === "null" || item.text.trim() === "") {
    const message = "an entry of `additional_includes` is empty";
    context.error(item, "wrong_type", message, "Remove its dash, or name a file or folder.");
    return [];
  }
  const at = localPath(item.text, base);
  if (at === "/") {
    refuseRoot(item, context);
    return [];
  }
  if (context.kind(at) !== null) return at;
  const folder = at.replace(/\.zip$/i, "");
  if (folder !== at && context.kind(folder) === "folder") {
    const message = `there is nothing at \`${at}\`: Azure ML's client would make it of the folder beside it`;
    const hint = "Name the folder, or make the archive of it.";
    context.lack(at, item, "missing_path", message, hint);
  } else {
    const message = `there is nothing at \`${at}\``;
    context.lack(at, item, "missing_path", message, () => context.pathHint(item.text, at));
  }
  return at;
}

/** Azure's client refuses it too. */
function refuseRoot(node: TreeNode, context: LoadContext): void {
  const message = "`/` is everything on this machine, and no code";
  context.error(node, "unsupported_code", message, "Name the folder that the step needs.");
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}
