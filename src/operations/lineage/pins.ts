// Pins a run, a registered version or some bytes, so that no rule and no `delete` removes it, and takes pins away again.

import type { Pin, PinTarget } from "../../ports/keeping-records.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findLineage, type LineageQuestion } from "./find-lineage.ts";

export async function pin(workspace: Workspace, question: LineageQuestion): Promise<Pin | Refusal> {
  const target = await targetOf(workspace, question);
  if (isRefusal(target)) return target;
  const pinned = { ...target, by: workspace.user, at: workspace.clock.now() };
  await workspace.records.pin(pinned);
  return pinned;
}

/** What it was pinned as, or how the list of pins calls it. */
export async function unpin(
  workspace: Workspace,
  question: LineageQuestion,
): Promise<PinTarget | Refusal> {
  const pins = await workspace.records.pins();
  const listed = pins.find((one) => describePin(one) === question.words.join(" "));
  const target = listed ?? (await targetOf(workspace, question));
  if (isRefusal(target)) return target;
  const { kind, name } = target;
  if (await workspace.records.unpin({ kind, name })) return { kind, name };
  return refuse("not_pinned", `${describePin(target)} is not pinned`, "see what is: stepwell pin");
}

/** `run taxi-3`, `model trees:1`, `sha256:…`. */
export function describePin({ kind, name }: PinTarget): string {
  return kind === "content" ? name : `${kind} ${name}`;
}

async function targetOf(
  workspace: Workspace,
  question: LineageQuestion,
): Promise<PinTarget | Refusal> {
  const subject = await findLineage(workspace, question);
  if (isRefusal(subject)) return subject;
  const [place] = subject.places;
  if (subject.inside !== null)
    return refuse(
      "wrong_usage",
      `${subject.word} is a part of a recorded folder; a pin holds all of it`,
      `pin the folder: stepwell pin ${place?.kind === "content" ? place.node.contentId : "sha256:…"}`,
    );
  if (place === undefined || place.kind === "step_run")
    return { kind: "run", name: subject.askedRun ?? subject.word };
  if (place.kind !== "asset") return { kind: "content", name: place.node.contentId };
  const { kind, name, version } = place.node;
  return { kind, name: `${name}:${version}` };
}
