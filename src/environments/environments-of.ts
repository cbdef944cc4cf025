// The environments that one workspace opens: for its own locks folder, and for others that it works on for a while. Knows
// all of them, so that nothing goes on being made once the workspace is closed.

import type { Environments } from "../ports/environments.ts";
import { createEnvironments, type EnvironmentsOptions } from "./environments.ts";

export interface EnvironmentsOf {
  make(locked: boolean, locksFolder?: string): Environments;
  /** Ends what any of them is making. */
  abandon(): void;
}

/** `locks`: the folder of locks where none is named. */
export function environmentsOf(
  settings: Omit<EnvironmentsOptions, "locksFolder" | "locked">,
  locks: string,
): EnvironmentsOf {
  const all: Environments[] = [];
  return {
    make(locked, locksFolder = locks) {
      const made = createEnvironments({ ...settings, locksFolder, locked });
      all.push(made);
      return made;
    },
    abandon() {
      for (const one of all) one.abandon();
    },
  };
}
