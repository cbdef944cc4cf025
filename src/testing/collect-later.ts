// What `gc` would do, or does, some time from now: the workspace of a rig with a clock that is ahead.

import { collectGarbage, type Garbage } from "../operations/keeping/collect-garbage.ts";
import { isRefusal } from "../operations/refusal.ts";
import { openWorkspace } from "../wiring.ts";
import type { Rig } from "./rig.ts";

export async function collectLater(
  rig: Rig,
  hours: number,
  dryRun: boolean,
): Promise<Garbage["kinds"]> {
  const opened = await openWorkspace({
    option: rig.folder,
    currentFolder: rig.folder,
    shell: { ...process.env, STEPWELL_CACHE_DIR: rig.at("cache") },
    create: "refuse",
    notice: () => {},
  });
  if (isRefusal(opened)) throw new Error(opened.message);
  try {
    const now = (): number => Date.now() + hours * 60 * 60_000;
    return (await collectGarbage({ ...opened, clock: { ...opened.clock, now } }, dryRun)).kinds;
  } finally {
    await opened.close();
  }
}
