// Checkpoint folders of the simulated machine, given out as the real ones are. They outlive engines and power cuts.

import type { Checkpoints } from "../../ports/checkpoints.ts";
import { chooseName, spentNames } from "../../storages/checkpoint-folders.ts";
import type { World } from "./world.ts";

/** I13: nothing throws a folder away that a living attempt works in. */
export function createFakeCheckpoints(world: World): Checkpoints {
  const { checkpoints } = world;
  const holder = (name: string): string | null => checkpoints.get(name) ?? null;
  const throwAway = (name: string, attemptId: string): void => {
    for (const process of world.processes.values())
      if (process.alive && process.checkpoint === name && process.attemptId !== attemptId)
        world.break_("I13", `${attemptId} threw away what ${process.attemptId} works in`);
    checkpoints.delete(name);
  };
  return {
    open(use, empty) {
      const goesOn = world.plant === "share-checkpoint" ? () => false : use.goesOn;
      const folder = chooseName(
        { ...use, goesOn },
        {
          holder,
          exists: (name) => checkpoints.has(name),
        },
      );
      const isThere = checkpoints.has(folder);
      if (empty) throwAway(folder, use.attemptId);
      checkpoints.set(folder, use.attemptId);
      return { folder, writtenAt: isThere && !empty ? world.now : null };
    },
    unvouched: () => null,
    vouch() {},
    close(use) {
      const { own, shared } = spentNames(use, holder);
      for (const name of [own, shared]) if (name !== null) throwAway(name, use.attemptId);
    },
  };
}
