// Reads a file by its name, whatever stands there: a pipe that nobody writes to would hold a command for ever, and a device
// has no end, so neither is read. Every file that is read by name is read here.

import fs from "node:fs";
import os from "node:os";

const { O_RDONLY, O_NONBLOCK } = fs.constants;
const PART_BYTES = 65_536;
const PAUSE_MS = 10;

/** Open in this process already, so that somebody writes to it: standard input, and `<(…)` of a shell. */
const OPEN_ALREADY = /^\/(?:dev\/(?:stdin|fd\/(\d+))|proc\/self\/fd\/(\d+))$/;
/** What came through them: a pipe can be read once only. */
const read = new Map<string, Buffer>();

/** A handle to be closed by whoever asked. Throws as `fs.openSync` does, `EFTYPE` for what is neither file nor folder. */
export function openFile(file: string, flags = 0): number {
  const handle = open(file, O_RDONLY | O_NONBLOCK | flags);
  const stats = fs.fstatSync(handle);
  if (stats.isFile() || isNull(stats)) return handle;
  fs.closeSync(handle);
  if (stats.isDirectory()) throw failure("EISDIR", "it is a folder, not a file");
  throw failure("EFTYPE", `it is a ${stats.isFIFO() ? "pipe" : "device"}, not a file`);
}

function open(file: string, flags: number): number {
  try {
    return fs.openSync(file, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
    throw failure("EFTYPE", "it is a socket or a device, not a file");
  }
}

/** `/dev/null` stands for an empty file. */
function isNull(stats: fs.Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === fs.statSync(os.devNull).rdev;
}

function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

/** Throws as {@link openFile}. */
export function readBytes(file: string): Buffer {
  const known = OPEN_ALREADY.exec(file);
  if (known !== null) {
    // By its number: a socket, which is what other programs give as standard input, cannot be opened by name.
    const bytes = read.get(file) ?? drained(Number(known[1] ?? known[2] ?? 0));
    read.set(file, bytes);
    return bytes;
  }
  const handle = openFile(file);
  try {
    return fs.readFileSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** To its end, also where whoever opened it wants nobody to wait for more. */
function drained(handle: number): Buffer {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(PART_BYTES);
    try {
      const count = fs.readSync(handle, part);
      if (count === 0) return Buffer.concat(parts);
      parts.push(part.subarray(0, count));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

/** Throws as {@link openFile}. */
export function readText(file: string): string {
  return readBytes(file).toString("utf8");
}

/** Null where there is no file that can be read. */
export function textOrNull(file: string): string | null {
  try {
    return readText(file);
  } catch {
    return null;
  }
}
