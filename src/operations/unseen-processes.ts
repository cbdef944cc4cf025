// Says that no engine can work where the processes of the machine cannot be seen: it could neither tell that a step lives nor end
// it. What is recorded can be looked at.

import type { ProcessIdentity } from "../core/attempt.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { Workspace } from "./workspace.ts";

/** Where even the own process cannot be identified nobody can take it for alive. */
export const UNKNOWN_SELF: ProcessIdentity = {
  bootId: "unknown",
  pid: process.pid,
  startTime: "unknown",
};

export const UNSEEN = {
  code: "processes_unseen",
  message:
    "the processes of this machine cannot be seen: there is no /proc that shows them, nor a `ps`",
  hint: "mount it where this runs: mount -t proc proc /proc, unshare --mount-proc, bwrap --proc /proc",
};

/** Null where they can be seen. */
export function unseenProcesses(workspace: Pick<Workspace, "self">): Refusal | null {
  if (workspace.self().bootId !== UNKNOWN_SELF.bootId) return null;
  return refuse(UNSEEN.code, UNSEEN.message, UNSEEN.hint, 4);
}

export function throwIfUnseen(workspace: Pick<Workspace, "self">): void {
  if (unseenProcesses(workspace) !== null) throw new Error(UNSEEN.message);
}
