// The six lines that stand above a lineage, fit for an audit: what it is, run, code, environment, parameters, data.

import { oneLine } from "../core/one-line.ts";
import { describeRemoval } from "../core/removal.ts";
import type { LineageFacts, MadeFacts, SubjectFacts } from "../operations/lineage/lineage-facts.ts";
import { bytes } from "./format.ts";

/** Label and value of each line. */
export function factLines(facts: LineageFacts): readonly (readonly [string, string])[] {
  const { subject, made } = facts;
  const absent = subject.kind === "run" ? "of each step, below" : "none: no run made it";
  return [
    [subject.kind === "content" ? "file" : subject.kind, subjectLine(subject)],
    [
      subject.kind === "run" ? "started" : "run",
      made === null ? originLine(subject) : runLine(made, subject),
    ],
    ["code", made === null ? absent : (made.code ?? "none")],
    ["environment", made === null ? absent : environmentLine(made)],
    ["parameters", made === null ? absent : parameterLine(made)],
    ["data", dataLine(facts)],
  ];
}

function subjectLine(subject: SubjectFacts): string {
  const { name, word, contentId, sizeBytes, inside, removed, kind } = subject;
  const id = contentId ?? "";
  const parts = [
    kind === "content" && word === contentId
      ? id
      : [name, id].filter((one) => one !== "").join("  "),
    ...(sizeBytes === null ? [] : [bytes(sizeBytes)]),
    ...(inside === null ? [] : [`found as ${inside} in the folder of this id`]),
    ...(removed === null ? [] : [describeRemoval(removed)]),
  ];
  return oneLine(parts.join(", "));
}

function originLine({ kind, registered }: SubjectFacts): string {
  if (registered === null) return "none of this workspace made it";
  const { at, by, from } = registered;
  if (kind === "run") return oneLine(`by ${by}, ${moment(at)}${from && `, ${from}`}`);
  return oneLine(`none made it; registered by ${by}, ${moment(at)}, from ${from}`);
}

function runLine(made: MadeFacts, { registered, kind }: SubjectFacts): string {
  const { run, step, user, host, finished, others, reusedBy } = made;
  const where = step === "." ? run : `${run}, step ${step}`;
  const reused = reusedBy.length === 0 ? "" : `, reused by ${shortList(reusedBy)}`;
  const more = others === 0 ? "" : `, and ${others} more made the same bytes`;
  const asAsset =
    registered === null || kind === "run"
      ? ""
      : `; registered by ${registered.by}, ${moment(registered.at)}`;
  const text = `${where}, by ${user} on ${host}, ${moment(finished)}, ${commitText(made)}`;
  return oneLine(`${text}${reused}${more}${asAsset}`);
}

function commitText({ commits }: MadeFacts): string {
  if (commits.length === 0) return "no commit: no code in a git work tree";
  return commits
    .map(({ commit, dirty, repository }) => {
      const of = repository === null ? "" : ` of ${repository}`;
      return `commit ${commit}${of} (${dirty ? "with uncommitted changes" : "clean"})`;
    })
    .join(" and ");
}

function environmentLine({ environment }: MadeFacts): string {
  if (environment === null) return "none";
  const { id, label, pythonVersion, lockId } = environment;
  const parts = [
    id,
    ...(label === null ? [] : [label]),
    ...(pythonVersion === null ? [] : [`Python ${pythonVersion}`]),
    lockId === null ? "no lock" : `lock ${lockId}`,
  ];
  return oneLine(parts.join(", "));
}

function parameterLine({ parameters }: MadeFacts): string {
  const list = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return list.length === 0 ? "none" : oneLine(list.join(", "));
}

function dataLine({ origins, complete }: LineageFacts): string {
  const list = origins.map(({ name, contentId }) => `${name} ${contentId}`);
  const text = list.length === 0 ? "none" : list.join("; ");
  return oneLine(complete ? text : `${text}; and what lies further up (a larger --limit shows it)`);
}

const SHOWN = 5;

function shortList(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return rest > 0 ? `${names.slice(0, SHOWN).join(", ")} and ${rest} more` : names.join(", ");
}

/** `2026-03-01 10:00:02 UTC`. */
function moment(at: string): string {
  return `${at.slice(0, 19).replace("T", " ")} UTC`;
}
