// How the names of a pipeline's runs begin.

import { plainLetters } from "../../core/plain-letters.ts";

/** `taxi` of `taxi-17`: the pipeline's name in letters that every file system and shell takes. */
export function runSlug(pipeline: string): string {
  const slug = plainLetters(pipeline, "-").toLowerCase().slice(0, 40);
  return slug === "" ? "run" : slug;
}
