// What every command gets: the terminal, the global options, a way to open the workspace, and how to end.

import type { Refusal } from "../operations/refusal.ts";
import type { WhenMissing, Workspace } from "../operations/workspace.ts";
import type { ProcessPort } from "../ports/process.ts";
import type { Terminal } from "./terminal.ts";

export interface Context {
  readonly terminal: Terminal;
  readonly shell: Readonly<Record<string, string | undefined>>;
  readonly currentFolder: string;
  /** The words after `stepwell`, as typed. */
  readonly words: readonly string[];
  /** `--workspace`, or null. */
  readonly workspaceOption: string | null;
  /** The processes of this machine, without a workspace. */
  processes(): ProcessPort;
  /** Opens the workspace; ends the command with its exit code when that is refused. */
  open(options: { readonly create: WhenMissing }): Promise<Workspace>;
  /** Prints a refusal for people, as JSON too where `--json` asks for it, and ends with its exit code. */
  refuse(refusal: Refusal, json?: boolean): never;
  /** Ends the command with this exit code after everything is closed. */
  exit(code: number): never;
}

/** Thrown by `exit` and `refuse`; caught once in main. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}
