// How much of one kind is printed for a person, who reads no ten thousand lines; and how the rest is told.

import type { Terminal } from "./terminal.ts";

/** Of what there is more of only so much is shown. */
export const MOST_SHOWN = 200;

/** On the error stream: whoever searches what is printed is to know that it is not all. `hint`: where the rest is. */
export function noteMore(terminal: Terminal, more: number, what: string, hint: string): void {
  if (more > 0) terminal.note(`${more} more ${what}: ${hint}`);
}
