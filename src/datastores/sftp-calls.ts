// SFTP's calls as promises, and reads and writes of which many are under way at once: each waits for an answer from far
// away, so one at a time would be slow however fast the network is. Throws what the server says.

import type { FileEntry, SFTPWrapper, Stats } from "ssh2";

/** The most that OpenSSH takes at once; for other servers the client cuts it up. */
const PIECE_BYTES = 255 * 1024;
/** Under way at once for one file: 4 MiB, a round trip of 40 ms at 100 MB/s. */
const UNDER_WAY = 16;

type Back<T> = (error: Error | undefined | null, value: T) => void;

/** On a channel that has ended nothing is sent, and nobody would ever answer. */
function called<T>(sftp: SFTPWrapper, call: (back: Back<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    if (!isOpen(sftp)) return reject(new Error("the connection was closed"));
    call((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** The client says it of its channels, its types do not. */
export function isOpen(sftp: SFTPWrapper): boolean {
  return (sftp as unknown as { readonly readable: boolean }).readable;
}

export const sftpCalls = {
  stat: (sftp: SFTPWrapper, at: string) => called<Stats>(sftp, (back) => sftp.stat(at, back)),
  list: (sftp: SFTPWrapper, at: string) =>
    called<FileEntry[]>(sftp, (back) => sftp.readdir(at, back)),
  open: (sftp: SFTPWrapper, at: string, flags: "r" | "r+" | "wx" | "a") =>
    called<Buffer>(sftp, (back) => sftp.open(at, flags, back)),
  statOpen: (sftp: SFTPWrapper, handle: Buffer) =>
    called<Stats>(sftp, (back) => sftp.fstat(handle, back)),
  close: (sftp: SFTPWrapper, handle: Buffer) =>
    called<void>(sftp, (back) => sftp.close(handle, (error) => back(error, undefined))),
  makeFolder: (sftp: SFTPWrapper, at: string) =>
    called<void>(sftp, (back) => sftp.mkdir(at, (error) => back(error, undefined))),
  remove: (sftp: SFTPWrapper, at: string) =>
    called<void>(sftp, (back) => sftp.unlink(at, (error) => back(error, undefined))),
  /** Fails where the name is taken. */
  renameToFree: (sftp: SFTPWrapper, from: string, to: string) =>
    called<void>(sftp, (back) => sftp.rename(from, to, (error) => back(error, undefined))),
  /** Takes the place of what has the name; not every server can. */
  renameOver: (sftp: SFTPWrapper, from: string, to: string) =>
    called<void>(sftp, (back) =>
      sftp.ext_openssh_rename(from, to, (error) => back(error, undefined)),
    ),
  /** Makes it outlast a power cut, where the server can. */
  sync: (sftp: SFTPWrapper, handle: Buffer) =>
    called<void>(sftp, (back) => sftp.ext_openssh_fsync(handle, (error) => back(error, undefined))),
  freeBytes: (sftp: SFTPWrapper, at: string) =>
    called<number>(sftp, (back) =>
      sftp.ext_openssh_statvfs(at, (error, space) =>
        back(error, error ? 0 : Number(space.f_bavail) * Number(space.f_frsize)),
      ),
    ),
};

/** From `offset` to before `end`, in order. Ends early where the file does. */
export async function* readPieces(
  sftp: SFTPWrapper,
  handle: Buffer,
  offset: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const underWay: Promise<Uint8Array>[] = [];
  let next = offset;
  const ask = (): void => {
    const size = Math.min(PIECE_BYTES, end - next);
    const piece = readPiece(sftp, handle, Buffer.allocUnsafe(size), next);
    // One that nobody waits for any more must not end the program.
    piece.catch(() => {});
    underWay.push(piece);
    next += size;
  };
  while (next < end && underWay.length < UNDER_WAY) ask();
  for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) {
    const piece = await first;
    if (next < end) ask();
    if (piece.byteLength === 0) return;
    yield piece;
  }
}

/** Fills `into` with what lies from `offset` on. How many bytes came; fewer where the file ends. */
export async function readToPlace(
  sftp: SFTPWrapper,
  handle: Buffer,
  into: Uint8Array,
  offset: number,
): Promise<number> {
  const whole = Buffer.from(into.buffer, into.byteOffset, into.byteLength);
  const pieces: Promise<Uint8Array>[] = [];
  for (let at = 0; at < whole.byteLength; at += PIECE_BYTES)
    pieces.push(readPiece(sftp, handle, whole.subarray(at, at + PIECE_BYTES), offset + at));
  let count = 0;
  let isWhole = true;
  // All have ended before anything is said of one that failed: the place is the caller's again then.
  for (const [index, piece] of (await Promise.allSettled(pieces)).entries()) {
    if (piece.status === "rejected") throw piece.reason;
    if (isWhole) count += piece.value.byteLength;
    isWhole &&= count === Math.min(whole.byteLength, (index + 1) * PIECE_BYTES);
  }
  return count;
}

/** Servers may answer with less than was asked for; none is the end of the file. */
async function readPiece(
  sftp: SFTPWrapper,
  handle: Buffer,
  buffer: Buffer,
  offset: number,
): Promise<Uint8Array> {
  const size = buffer.byteLength;
  let filled = 0;
  while (filled < size) {
    const at = filled;
    const got = await called<number>(sftp, (back) =>
      sftp.read(handle, buffer, at, size - at, offset + at, back),
    ).catch((error) => {
      // The end of the file is an error here.
      if ((error as { code?: number }).code === 1) return 0;
      throw error;
    });
    if (got === 0) break;
    filled += got;
  }
  return buffer.subarray(0, filled);
}

/** Keeps writes under way; the body's next piece is asked for as soon as there is room. */
export class PipelinedWriter {
  readonly #sftp: SFTPWrapper;
  readonly #handle: Buffer;
  readonly #underWay = new Set<Promise<void>>();
  #position: number;
  #failed: { readonly error: unknown } | null = null;

  constructor(sftp: SFTPWrapper, handle: Buffer, position: number) {
    this.#sftp = sftp;
    this.#handle = handle;
    this.#position = position;
  }

  async write(piece: Uint8Array): Promise<void> {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      while (this.#underWay.size >= UNDER_WAY) await Promise.race(this.#underWay);
      this.#throwFailed();
      const size = Math.min(PIECE_BYTES, bytes.byteLength - at);
      this.#send(bytes, at, size);
    }
  }

  async finish(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#throwFailed();
  }

  #send(bytes: Buffer, at: number, size: number): void {
    const position = this.#position;
    this.#position += size;
    const sent: Promise<void> = called<void>(this.#sftp, (back) =>
      this.#sftp.write(this.#handle, bytes, at, size, position, (error) => back(error, undefined)),
    )
      .catch((error) => {
        this.#failed ??= { error };
      })
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  #throwFailed(): void {
    if (this.#failed !== null) throw this.#failed.error;
  }
}
