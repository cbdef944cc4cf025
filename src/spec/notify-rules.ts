// Reads `notify` of `stepwell.yml`. Addresses may hold secrets, so no finding here shows one or its line.

import type { Problem } from "./problem.ts";
import { getSet, getText, positionOf, type TreeMapping, type TreeNode, textOf } from "./tree.ts";

export type NotifyEnd = "failed" | "succeeded";

export interface NotifyRule {
  readonly on: readonly NotifyEnd[];
  readonly target:
    | { readonly kind: "command"; readonly command: string }
    | { readonly kind: "webhook"; readonly url: string };
}

export function readNotify(root: TreeMapping, problems: Problem[]): readonly NotifyRule[] {
  const list = getSet(root, "notify");
  if (list?.kind !== "list") return [];
  return list.items.flatMap((item, index) => {
    if (item.kind !== "mapping") return [];
    // Told by the field table.
    if (
      ["command", "webhook"].some(
        (key) => getSet(item, key)?.kind !== "scalar" && getSet(item, key) !== null,
      )
    )
      return [];
    const on = getSet(item, "on");
    const isNever = on?.kind === "list" && on.items.length === 0;
    const target = isNever ? "is never told: `on` is empty" : readTarget(item);
    if (typeof target !== "string") return [{ on: readEnds(on), target }];
    const message = `entry ${index + 1} of \`notify\` ${target}`;
    const hint = "Write `{on: failed, command: …}` or `{on: failed, webhook: https://…}`.";
    problems.push({
      severity: "error",
      code: "wrong_type",
      message,
      hint,
      position: positionOf(item),
      hidesLine: true,
    });
    return [];
  });
}

/** The target, or what is wrong with it. */
function readTarget(item: TreeMapping): NotifyRule["target"] | string {
  const command = getText(item, "command");
  const url = getText(item, "webhook");
  if (command !== null && url !== null) return "has both a command and a webhook";
  if (command !== null) return { kind: "command", command };
  if (url === null) return "has neither a command nor a webhook";
  return isWebAddress(url) ? { kind: "webhook", url } : "has a webhook that is no http(s) address";
}

function isWebAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === "https:" || url?.protocol === "http:";
}

const ENDS: readonly NotifyEnd[] = ["failed", "succeeded"];

function readEnds(node: TreeNode | null): readonly NotifyEnd[] {
  const words = node?.kind === "list" ? node.items.map(textOf) : [textOf(node)];
  return ENDS.filter((end) => words.includes(end));
}
