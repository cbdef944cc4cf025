// What ends a process whose workspace was removed or replaced while it was in use: everything that it would still record
// goes with the file that has no name any more. Looked for now and then; knows nothing of who waits for what.

import { places, type Workspace } from "./workspace.ts";

export class WorkspaceGone extends Error {
  constructor(folder: string) {
    super(`${places.database(folder)} was removed or replaced while it was in use`);
    this.name = "WorkspaceGone";
  }
}

export function throwIfGone({ folder, records }: Pick<Workspace, "folder" | "records">): void {
  if (records.isGone()) throw new WorkspaceGone(folder);
}
