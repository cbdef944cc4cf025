// Counts names of a listing that no file here can have, for one sentence about all of them. Pure.

import { shownName } from "./entry-names.ts";

export interface LeftOut {
  note(name: string): void;
  /** Null: none was. */
  words(): string | null;
}

export function countLeftOut(): LeftOut {
  let count = 0;
  let first = "";
  return {
    note(name) {
      if (count === 0) first = name;
      count += 1;
    },
    words() {
      if (count === 0) return null;
      const [names, are] = count === 1 ? ["1 name", "is"] : [`${count} names`, "are"];
      const which = count === 1 ? ":" : ", the first";
      return `${names} there ${are} left out, because no file can be called that${which} ${shownName(first)}`;
    },
  };
}
