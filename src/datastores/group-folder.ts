// New folders in a folder that a group shares: others of the group may write there too, whatever the umask of whoever makes them
// is. Such a folder is the group's to write in and hands its group on (setgid).

import { chmod, stat } from "node:fs/promises";
import { dirname } from "node:path";

const HANDED_ON = 0o2020;

/** Of a folder that was just made. What cannot be changed stays as it is: it is a folder that its owner can write in. */
export async function shareWithGroup(folder: string): Promise<void> {
  try {
    const { mode: above } = await stat(dirname(folder));
    if ((above & HANDED_ON) !== HANDED_ON) return;
    const { mode } = await stat(folder);
    if ((mode & 0o2070) !== 0o2070) await chmod(folder, (mode & 0o7777) | 0o2070);
  } catch {
    // Somebody else has made it, or its disk knows no such rights.
  }
}
