// Where a client works: one workspace folder, opened when something is asked of it and closed when nothing is any more, so
// that nobody has to close what they never opened.

import type { WhenMissing, Workspace } from "../operations/workspace.ts";
import { openWorkspace } from "../wiring.ts";
import { accepted } from "./refused.ts";

export interface Home {
  readonly folder: string;
  /** Does something with the workspace, which stays open meanwhile. */
  use<T>(work: (workspace: Workspace) => Promise<T>): Promise<T>;
  /** Keeps it open until the answer is called. */
  hold(): Promise<Held>;
  /** A workspace of its own, for an engine: it notices what others write. The caller closes it. */
  open(): Promise<Workspace>;
}

export interface Held {
  readonly workspace: Workspace;
  release(): Promise<void>;
}

/** `folder` null: the one at or above the current folder. */
export async function findHome(folder: string | null, create: WhenMissing): Promise<Home> {
  const first = await openFolder(folder, create);
  const home = homeAt(first.folder);
  await first.close();
  return home;
}

/** Does something where nothing may be made: where there is no workspace, in a folder that is gone afterwards. */
export async function usePretended<T>(
  folder: string | null,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const workspace = await openFolder(folder, "pretend");
  try {
    return await work(workspace);
  } finally {
    await workspace.close();
  }
}

function homeAt(folder: string): Home {
  let opened: Promise<Workspace> | null = null;
  let users = 0;
  const release = async (): Promise<void> => {
    users -= 1;
    if (users > 0 || opened === null) return;
    const last = opened;
    opened = null;
    await (await last).close();
  };
  const hold = async (): Promise<Held> => {
    users += 1;
    opened ??= openFolder(folder, "make");
    try {
      return { workspace: await opened, release: once(release) };
    } catch (error) {
      users -= 1;
      if (users === 0) opened = null;
      throw error;
    }
  };
  return {
    folder,
    hold,
    open: () => openFolder(folder, "refuse"),
    async use(work) {
      const held = await hold();
      try {
        return await work(held.workspace);
      } finally {
        await held.release();
      }
    },
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= work();
    return done;
  };
}

async function openFolder(folder: string | null, create: WhenMissing): Promise<Workspace> {
  const opened = await openWorkspace({
    option: folder,
    currentFolder: process.cwd(),
    shell: process.env,
    create,
    notice: say,
  });
  return accepted(opened);
}

/** Lines for people, where there may be one. */
export function say(line: string): void {
  if (process.stderr.isTTY === true) process.stderr.write(`${line}\n`);
}
