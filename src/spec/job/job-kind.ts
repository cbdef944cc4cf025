// Tells whether a file is a job that can be run, and says what it is instead when it is not. Knows nothing of the rest.

import { namesInWords, suggestion } from "../did-you-mean.ts";
import { laterNodes } from "../fields/later-nodes.ts";
import { get, getMapping, getText, type TreeMapping } from "../tree.ts";
import { isLiteralKind } from "./component.ts";
import type { LoadContext } from "./load-context.ts";
import { otherFile } from "./other-file.ts";

export type JobKind = "pipeline" | "command" | "data_transfer";

/** What kind of job it is; null after reporting what the file is. */
export function jobKind(tree: TreeMapping, context: LoadContext): JobKind | null {
  const word = getText(tree, "type");
  const kind = word ?? kindByKeys(tree);
  if (isComponent(tree, kind)) {
    const hint =
      "Run it from a pipeline: `type: pipeline` and `jobs: {NODE: {component: ./FILE, inputs: …}}`. Or register it: `stepwell component create FILE`.";
    context.error(tree, "component_not_job", "this file is a component, not a job", hint);
    return null;
  }
  if (kind === "pipeline" || kind === "command" || kind === "data_transfer") return kind;
  const place = get(tree, "type") ?? tree;
  if (kind !== null && Object.hasOwn(laterNodes, kind)) {
    const message = `a job of type ${kind} cannot be run by itself yet`;
    const hint =
      "Stepwell runs `pipeline`, `command` and `data_transfer` jobs; nodes of this type are checked and planned, and do not run yet either.";
    context.error(place, "unsupported_kind", message, hint);
    return null;
  }
  const other = otherFile(tree, context.options.file);
  if (other !== null) {
    context.error(place, "unknown_kind", `this file is ${other.what}, not a job`, other.hint);
    return null;
  }
  const kinds = ["pipeline", "command", "data_transfer"];
  const known = `Write \`type: pipeline\` or \`type: command\`. Keys found: ${namesInWords(tree.entries.keys())}.`;
  const message = kind === null ? "this file is no job" : `\`${kind}\` is not a type of job`;
  context.error(
    place,
    "unknown_kind",
    message,
    kind === null ? known : suggestion(kind, kinds, known),
  );
  return null;
}

function kindByKeys(tree: TreeMapping): string | null {
  if (tree.entries.has("jobs") || tree.entries.has("component")) return "pipeline";
  if (tree.entries.has("command")) return "command";
  const schema = /\/(pipeline|command|sweep|spark|parallel)Job\.schema/i.exec(
    getText(tree, "$schema") ?? "",
  );
  return schema?.[1]?.toLowerCase() ?? null;
}

// A command component has the very keys of a command job; only what it declares tells them apart.
function isComponent(tree: TreeMapping, kind: string | null): boolean {
  const schema = getText(tree, "$schema") ?? "";
  if (/Component\.schema/i.test(schema)) return true;
  if (kind !== "command" || /Job\.schema/i.test(schema)) return false;
  if (COMPONENT_KEYS.some((key) => tree.entries.has(key))) return true;
  for (const { value } of getMapping(tree, "inputs")?.entries.values() ?? []) {
    const declares = isLiteralKind(getText(value, "type") ?? "") && get(value, "value") === null;
    if (declares) return true;
  }
  return false;
}

const COMPONENT_KEYS = ["is_deterministic", "additional_includes", "version"];
