// Reads `stepwell.yml` of a workspace. A file that is there and cannot be read, or holds mistakes, is refused: without it
// steps would run with other settings than the user wrote.

import fs from "node:fs";
import path from "node:path";
import { readBytes } from "../ports/read-file.ts";
import { utf8Text } from "../ports/utf8-text.ts";
import {
  defaultWorkspaceConfig,
  loadWorkspaceConfig,
  type WorkspaceConfig,
} from "../spec/workspace-config.ts";
import { type Refusal, refuse, refuseInvalid } from "./refusal.ts";

export function readConfig(folder: string): WorkspaceConfig | Refusal {
  const file = path.join(folder, "stepwell.yml");
  if (fs.lstatSync(file, { throwIfNoEntry: false }) === undefined)
    return defaultWorkspaceConfig(folder);
  const text = textOf(file);
  if (typeof text !== "string") return text;
  const { config, problems } = loadWorkspaceConfig(text, file);
  const errors = problems.filter((problem) => problem.severity === "error");
  return errors.length > 0 ? { ...refuseInvalid(problems), exitCode: 4 } : config;
}

function textOf(file: string): string | Refusal {
  try {
    const read = utf8Text(readBytes(file), file);
    if (read.ok) return read.text;
    const hint = read.hint ?? "write it anew, or move it away";
    return refuse("unreadable_file", `${file} cannot be read: ${read.reason}`, hint, 4);
  } catch (error) {
    return refuse("unreadable_file", ...unreadable(file, error as NodeJS.ErrnoException), 4);
  }
}

/** What is wrong with it, and what to do. */
function unreadable(file: string, { code, message }: NodeJS.ErrnoException): [string, string] {
  if (code === "EISDIR")
    return [
      `${file} is a folder, and the settings of the workspace belong there as a file`,
      "move it away or rename it",
    ];
  if (code === "ENOENT")
    return [
      `${file} is a link to nothing: the settings of the workspace are not there`,
      "put back what it points at, or remove the link",
    ];
  const hint = "make it readable (ls -l shows whose it is), or move it away";
  return [`${file} cannot be read: ${message}`, hint];
}
