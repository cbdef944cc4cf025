// Finds the component that a node names: a file, a mapping written inline, or a registered one. Each is read once.

import path from "node:path";
import { type AssetName, parseAssetName } from "../asset-name.ts";
import { localPath } from "../data-reference.ts";
import type { Place } from "../problem-at.ts";
import type { MissingComponent } from "../reader.ts";
import type { TreeNode, TreeScalar } from "../tree.ts";
import { type Component, readComponent } from "./component.ts";
import type { LoadContext } from "./load-context.ts";

/** The component, or null after reporting why there is none. `base` is where relative paths start. */
export function loadComponent(
  node: TreeNode,
  base: string,
  context: LoadContext,
): Component | null {
  if (node.kind === "mapping") {
    return readComponent(node, { base, file: null, reference: null }, context);
  }
  // The field table has reported it.
  if (node.kind === "list") return null;
  if (node.type === "null" || node.text.trim() === "") {
    const message = "`component` must name a component or hold one";
    context.error(node, "wrong_type", message, COMPONENT_FORMS);
    return null;
  }
  const asset = parseAssetName(node.text.trim());
  if (asset !== null) return loadRegistered(asset, node, context);
  if (node.text.startsWith("azureml:")) {
    const message = `\`${node.text}\` is not the name of a component`;
    context.error(node, "unknown_component", message, COMPONENT_FORMS);
    return null;
  }
  return loadFile(localPath(node.text, base), node, context);
}

const COMPONENT_FORMS =
  "Write a file (`./train.yml`), `azureml:name:version`, `azureml:name@label`, or the component itself.";

function loadFile(file: string, place: TreeScalar, context: LoadContext): Component | null {
  const known = context.components.get(file);
  if (known !== undefined) {
    // One that is not there is told in the same words of each place that names it.
    if (known === null && context.kind(file) === null) context.readFile(file, place);
    else if (known === null) unusable(file, place, context);
    return known;
  }
  const target =
    context.kindThatCounts(file) === "folder" ? path.join(file, "flow.dag.yaml") : file;
  const tree = context.readFile(target, place);
  const where = { base: path.dirname(target), file: target, reference: null };
  const component = tree === null ? null : readComponent(tree, where, context);
  context.components.set(file, component);
  return component;
}

function unusable(file: string, place: Place, context: LoadContext): void {
  const message = `the component \`${file}\` cannot be used: it has mistakes of its own`;
  context.error(place, "unusable_component", message, "Mend that file first.");
}

function loadRegistered(
  asset: AssetName,
  place: TreeScalar,
  context: LoadContext,
): Component | null {
  const written = place.text.trim();
  const known = context.components.get(written);
  if (known !== undefined && known !== null) return known;
  const { name, version, label, registry } = asset;
  const found =
    context.reader.component(name, version, label, registry) ??
    unregistered(written, asset, context);
  if ("missing" in found) {
    context.lack(written, place, "unknown_component", found.missing, found.hint);
    return null;
  }
  const { reference } = found;
  const tree = context.readDefinition(found.definition, found.place);
  const where = { base: found.baseFolder, file: found.file, reference };
  const component = tree === null ? null : readComponent(tree, where, context);
  context.components.set(written, component);
  return component;
}

function unregistered(
  written: string,
  { name, version, registry }: AssetName,
  context: LoadContext,
): MissingComponent {
  const create = context.reader.registering?.(name, version) ?? "stepwell component create FILE";
  return {
    missing: `there is no component \`${written}\` in this workspace`,
    hint:
      registry === null
        ? `Register it with \`${create}\`, or name its file.`
        : `Say where the registry lies (\`registries: {${registry}: ./folder}\` in stepwell.yml), or register the component: \`${create}\`.`,
  };
}
