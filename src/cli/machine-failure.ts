// What the machine itself refuses in the middle of a command (disks, permissions, limits): told as such, with what to do,
// and not as a bug. Knows errors by their words; nothing of what the command was about.

import { type Refusal, refuse } from "../operations/refusal.ts";
import { UNSEEN } from "../operations/unseen-processes.ts";

interface Known {
  readonly pattern: RegExp;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The error's own words say which file or what exactly. */
  readonly quoted: boolean;
}

const KNOWN: readonly Known[] = [
  {
    pattern: /\bENOSPC\b.*\bmkdtemp\b(?!.*\/\.stepwell\b)/,
    code: "disk_full",
    message:
      "the disk of this machine's temporary files is full; nothing that was recorded is lost",
    hint: "free some space there, or name another place: TMPDIR=DIR stepwell …",
    quoted: true,
  },
  {
    pattern: /database or disk is full|SQLITE_FULL|\bENOSPC\b/,
    code: "disk_full",
    message: "the disk is full; nothing that was recorded is lost",
    hint: "free some space (stepwell gc --dry-run shows what can go), then: stepwell run --resume RUN",
    quoted: true,
  },
  {
    pattern: /\b(?:EMFILE|ENFILE)\b|Too many open files/,
    code: "too_many_files",
    message: "too many files are open at once; nothing that was recorded is lost",
    hint: "raise the limit (ulimit -n 1024), then: stepwell run --resume RUN",
    quoted: false,
  },
  {
    pattern: /\bmkdtemp\b(?!.*\/\.stepwell\b)/,
    code: "no_temporary_folder",
    message: "no folder can be made among the temporary files of this machine",
    hint: "name a place that you may write to: TMPDIR=DIR stepwell …",
    quoted: true,
  },
  {
    pattern: /\b(?:EROFS|EACCES|EPERM)\b[^']*'(?!.*\/\.stepwell\b)/,
    code: "no_permission",
    message:
      "the system refuses what is named here: its disk is read-only, or it is somebody else's",
    hint: "look at whose it is (ls -ld) and change that, or go to another folder",
    quoted: true,
  },
  {
    pattern: /\b(?:EROFS|EACCES|EPERM)\b|readonly database|unable to open (?:connection|database)/i,
    code: "not_writable",
    message:
      "the workspace cannot be written: its disk is read-only, or its files belong to somebody else",
    hint: "make it writable, or choose another place: --workspace DIR",
    quoted: true,
  },
  {
    pattern: /database is locked|SQLITE_BUSY/,
    code: "records_locked",
    message: "another program has kept the record of the workspace locked for 10 seconds",
    hint: "close what has .stepwell/stepwell.db open (a database browser, a backup), then: the same again, or stepwell run --resume RUN",
    quoted: false,
  },
  {
    pattern: /disk I\/O error|SQLITE_IOERR|\b(?:EIO|EFBIG)\b|Input\/output error/i,
    code: "disk_error",
    message:
      "the disk reports an error, so nothing more is written; what was recorded is lost only if the disk lost it",
    hint: "look at the disk (dmesg) and at the limit of file sizes (ulimit -f), then: stepwell run --resume RUN",
    quoted: true,
  },
  {
    pattern: /file is not a database|disk image is malformed/,
    code: "damaged_records",
    message: "the record of the workspace (.stepwell/stepwell.db) is damaged",
    hint: "look at the disk (dmesg), then put a copy of the file back, or move it away with its -wal and -shm: the outputs in .stepwell/store stay",
    quoted: true,
  },
  {
    pattern: /\bENOENT\b.*\.stepwell\/stepwell\.db/,
    code: "workspace_gone",
    message:
      "the workspace was removed while it was in use: its record (.stepwell/stepwell.db) is not there any more",
    hint: "somebody, or a step, has deleted .stepwell or a part of it; put a copy back, or begin anew: stepwell run",
    quoted: true,
  },
  {
    pattern: /stepwell\.db was removed or replaced/,
    code: "workspace_gone",
    message:
      "the workspace was removed or replaced while it was in use: what ran in it is stopped, and nothing more is recorded",
    hint: "somebody, or a step, has deleted or moved .stepwell or a part of it; put it back, or go to where it lies now, and go on: stepwell run --resume RUN; or begin anew: stepwell run",
    quoted: true,
  },
  {
    pattern: /\b(?:EISDIR|ENOTDIR)\b.*\.stepwell\//,
    code: "damaged_workspace",
    message: "in .stepwell a folder stands where a file belongs, or a file where a folder does",
    hint: "move away what is named here, then: the same again",
    quoted: true,
  },
  {
    pattern: /\b(?:ENOTDIR|EEXIST)\b.*\bmkdir\b/,
    code: "no_folder",
    message: "a folder is needed where a file stands",
    hint: "move the file away, or name another place: of environments it is STEPWELL_CACHE_DIR, else XDG_CACHE_HOME or HOME",
    quoted: true,
  },
  {
    pattern: /\bENOENT: no folder can be made\b/,
    code: "no_folder",
    message: "no folder can be made where one is needed",
    hint: "name another place: of environments it is STEPWELL_CACHE_DIR, of keys XDG_CONFIG_HOME",
    quoted: true,
  },
  {
    pattern: /\bENAMETOOLONG\b/,
    code: "name_too_long",
    message: "a name is longer than the disk takes",
    hint: "use a shorter one, or a folder less deep",
    quoted: true,
  },
  { pattern: /processes of this machine cannot be seen/, ...UNSEEN, quoted: false },
  {
    pattern: /uv_cwd/,
    code: "folder_gone",
    message: "the current folder is not there any more: somebody removed or replaced it",
    hint: "go to it again, or to another one: cd DIR",
    quoted: false,
  },
];

/** Null: nothing that is known, so a bug. */
export function machineFailure(error: unknown): Refusal | null {
  const text = String(error);
  const known = KNOWN.find(({ pattern }) => pattern.test(text));
  if (known === undefined) return null;
  const hint = known.quoted ? `${known.hint}\n  ${(error as Error).message}` : known.hint;
  return refuse(known.code, known.message, hint, 4);
}
