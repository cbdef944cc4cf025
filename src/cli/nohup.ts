// Whether `nohup` started us. Node forgets that it was told to ignore hang-ups, so the run would end with the terminal
// that `nohup` was to outlast. GNU nohup gives away that it was there: it leaves a standard input that can only be written.

import fs from "node:fs";

const ACCESS_MODE = 0o3;

export function isUnderNohup(): boolean {
  try {
    if (fs.readlinkSync("/proc/self/fd/0") !== "/dev/null") return false;
    const flags = /^flags:\s*([0-7]+)/m.exec(fs.readFileSync("/proc/self/fdinfo/0", "utf8"))?.[1];
    return (Number.parseInt(flags ?? "0", 8) & ACCESS_MODE) === fs.constants.O_WRONLY;
  } catch {
    // No /proc: hang-ups end us, and the run can be resumed.
    return false;
  }
}
