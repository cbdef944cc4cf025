// How much of one kind is printed for a person, who reads no ten thousand lines; and how the rest is told.

import type { Terminal } from "./terminal.ts";

/** On a terminal only so much is shown of what there is more of. */
const MOST_SHOWN = 200;

/** All of it where nobody watches: a program searches what is printed, or a file keeps it. */
export function mostShown(terminal: Pick<Terminal, "live">): number {
  return terminal.live ? MOST_SHOWN : Number.POSITIVE_INFINITY;
}

/** `hint`: where the rest is. */
export function noteMore(terminal: Terminal, more: number, what: string, hint: string): void {
  if (more > 0) terminal.note(`${more} more ${what}: ${hint}`);
}
