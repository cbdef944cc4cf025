// What was warned of a definition, as a run and a plan carry it: one text for each finding, as a line of a log has it.

import type { Problem } from "../../spec/problem.ts";

/** More would make every list of runs slow. */
const MOST = 1_000;

/** Texts of the findings of a definition that was accepted: they are all warnings. */
export function warningTexts(problems: readonly Problem[]): readonly string[] {
  const texts = problems.slice(0, MOST).map(textOf);
  const more = problems.length - texts.length;
  return more > 0 ? [...texts, `and ${more} more: stepwell validate FILE`] : texts;
}

function textOf({ message, hint, position }: Problem): string {
  const place = position === null ? "" : `${position.file}:${position.line}:${position.column}: `;
  return hint === null ? `${place}${message}` : `${place}${message.replace(/\.$/, "")}; ${hint}`;
}
