import { expect, it } from "vitest";
import { WorkspaceGone } from "../operations/workspace-gone.ts";
import { machineFailure } from "./machine-failure.ts";

it("tells what the machine refuses by name, and leaves the rest to be a bug", () => {
  const code = (text: string): string | null => machineFailure(new Error(text))?.code ?? null;
  expect(code("ENOSPC: no space left on device, write")).toBe("disk_full");
  expect(code("ENOSPC: no space left on device, mkdtemp '/tmp/a-XXXXXX'")).toBe("disk_full");
  expect(code("Too many open files (os error 24)")).toBe("too_many_files");
  expect(code("EMFILE: too many open files, open '/x'")).toBe("too_many_files");
  expect(code("EPERM: operation not permitted, chmod '/x/.stepwell/work'")).toBe("not_writable");
  expect(code("EACCES: permission denied, mkdir '/x/stepwell-demo'")).toBe("no_permission");
  expect(code("EROFS: read-only file system, mkdtemp '/tmp/a-XXXXXX'")).toBe("no_temporary_folder");
  expect(code("EACCES: permission denied, mkdtemp '/x/.stepwell/functions/a/.code-XXXXXX'")).toBe(
    "not_writable",
  );
  expect(code("attempt to write a readonly database")).toBe("not_writable");
  expect(code("EFBIG: file too large, write")).toBe("disk_error");
  expect(code("Unable to open connection to local database /x: 14")).toBe("not_writable");
  expect(code("SqliteError: database is locked")).toBe("records_locked");
  expect(code("disk I/O error")).toBe("disk_error");
  expect(code("file is not a database")).toBe("damaged_records");
  expect(code("ENOENT: no such file or directory, open '/x/.stepwell/stepwell.db-wal'")).toBe(
    "workspace_gone",
  );
  expect(code(new WorkspaceGone("/x").message)).toBe("workspace_gone");
  expect(code("ENOENT: no folder can be made in /proc, mkdir '/proc/x'")).toBe("no_folder");
  const epoch = "'/x/.stepwell/supervisors/epoch'";
  expect(code(`EISDIR: illegal operation on a directory, rename '/x/a' -> ${epoch}`)).toBe(
    "damaged_workspace",
  );
  expect(code("ENAMETOOLONG: name too long, stat '/x/yyy'")).toBe("name_too_long");
  expect(code("EISDIR: illegal operation on a directory, read '/home/x'")).toBeNull();
  expect(code("ENOENT: no such file or directory, uv_cwd")).toBe("folder_gone");
  expect(code("ENOTDIR: not a directory, mkdir '/x/file/tools'")).toBe("no_folder");
  expect(code("EEXIST: file already exists, mkdir '/x/file'")).toBe("no_folder");
  expect(code("undefined is not a function")).toBeNull();
});

it("repeats the words that say which file", () => {
  const said = machineFailure(new Error("EACCES: permission denied, open '/x'"));
  expect(said?.hint).toContain("'/x'");
  expect(said?.exitCode).toBe(4);
});
