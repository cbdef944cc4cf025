// What the program of a function step is told beside its inputs: where its source map lies, and the project whose packages
// it loads. Neither counts: the same program is the same work.

import fs from "node:fs";
import path from "node:path";
import { readText } from "../ports/read-file.ts";
import type { StepNode } from "../spec/graph.ts";

const FUNCTIONS = `${path.sep}.stepwell${path.sep}functions${path.sep}`;

export function functionVariables({ code }: Pick<StepNode, "code">): Record<string, string> {
  if (code?.path?.includes(FUNCTIONS) !== true) return {};
  const home = path.dirname(code.path);
  const map = path.join(home, "step.map");
  try {
    return {
      STEPWELL_PROJECT_FOLDER: readText(path.join(home, "project")),
      ...(fs.existsSync(map) ? { STEPWELL_FUNCTION_MAP: map } : {}),
    };
  } catch {
    // Cleared away: the program runs, without the names of its source.
    return {};
  }
}
