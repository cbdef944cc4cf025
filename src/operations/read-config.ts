// Reads `stepwell.yml` of a workspace. A file that is there and cannot be read, or holds mistakes, is refused: without it
// steps would run with other settings than the user wrote.

import fs from "node:fs";
import path from "node:path";
import {
  defaultWorkspaceConfig,
  loadWorkspaceConfig,
  type WorkspaceConfig,
} from "../spec/workspace-config.ts";
import { type Refusal, refuse, refuseInvalid } from "./refusal.ts";

export function readConfig(folder: string): WorkspaceConfig | Refusal {
  const file = path.join(folder, "stepwell.yml");
  if (!fs.existsSync(file)) return defaultWorkspaceConfig(folder);
  const text = textOf(file);
  if (typeof text !== "string") return text;
  const { config, problems } = loadWorkspaceConfig(text, file);
  const errors = problems.filter((problem) => problem.severity === "error");
  return errors.length > 0 ? { ...refuseInvalid(problems), exitCode: 4 } : config;
}

function textOf(file: string): string | Refusal {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const isFolder = (error as NodeJS.ErrnoException).code === "EISDIR";
    return refuse(
      "unreadable_file",
      isFolder
        ? `${file} is a folder, and the settings of the workspace belong there as a file`
        : `${file} cannot be read: ${(error as Error).message}`,
      isFolder
        ? "move it away or rename it"
        : "make it readable (ls -l shows whose it is), or move it away",
      4,
    );
  }
}
