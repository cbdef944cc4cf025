// How far a transfer is, how fast it goes and when it will end; and the line that says so. Pure: time is an argument.

export interface Progress {
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already. */
  readonly skipped: number;
  /** Of all that is to be moved; null until everything has been listed. */
  readonly totalFiles: number | null;
  readonly totalBytes: number | null;
  /** Bytes that did not count for the rate: they had arrived before. */
  readonly earlierBytes: number;
  readonly startedAt: number;
  /** Oldest first, at most one for each step of the window. */
  readonly samples: readonly { readonly at: number; readonly bytes: number }[];
}

export interface ProgressReport {
  readonly files: number;
  readonly bytes: number;
  readonly skipped: number;
  readonly totalFiles: number | null;
  readonly totalBytes: number | null;
  readonly bytesPerSecond: number;
  /** Null: not known, or nothing moves. */
  readonly secondsLeft: number | null;
}

/** The rate is that of the last so many milliseconds. */
const WINDOW_MS = 10_000;
const SAMPLE_EVERY_MS = 500;

export function noProgress(now: number): Progress {
  return {
    files: 0,
    bytes: 0,
    skipped: 0,
    totalFiles: null,
    totalBytes: null,
    earlierBytes: 0,
    startedAt: now,
    samples: [{ at: now, bytes: 0 }],
  };
}

export function listed(progress: Progress, files: number, bytes: number): Progress {
  return { ...progress, totalFiles: files, totalBytes: bytes };
}

export function bytesMoved(progress: Progress, bytes: number, now: number): Progress {
  const moved = progress.bytes + bytes;
  return { ...progress, bytes: moved, samples: sampled(progress, moved, now) };
}

/** What an earlier process moved; counts as done, and not for the rate. */
export function bytesThere(progress: Progress, bytes: number): Progress {
  return {
    ...progress,
    bytes: progress.bytes + bytes,
    earlierBytes: progress.earlierBytes + bytes,
    samples: progress.samples.map((one) => ({ ...one, bytes: one.bytes + bytes })),
  };
}

export function fileDone(progress: Progress, was: "moved" | "there"): Progress {
  return {
    ...progress,
    files: progress.files + 1,
    skipped: progress.skipped + (was === "there" ? 1 : 0),
  };
}

function sampled(progress: Progress, bytes: number, now: number): Progress["samples"] {
  const last = progress.samples[progress.samples.length - 1];
  if (last !== undefined && now - last.at < SAMPLE_EVERY_MS) return progress.samples;
  const recent = progress.samples.filter((one) => one.at > now - WINDOW_MS);
  return [...recent, { at: now, bytes }];
}

export function report(progress: Progress, now: number): ProgressReport {
  const oldest = progress.samples.find((one) => one.at > now - WINDOW_MS);
  const since = oldest ?? { at: progress.startedAt, bytes: progress.earlierBytes };
  const seconds = (now - since.at) / 1000;
  const bytesPerSecond = seconds > 0 ? Math.max(0, (progress.bytes - since.bytes) / seconds) : 0;
  const left = progress.totalBytes === null ? null : progress.totalBytes - progress.bytes;
  return {
    files: progress.files,
    bytes: progress.bytes,
    skipped: progress.skipped,
    totalFiles: progress.totalFiles,
    totalBytes: progress.totalBytes,
    bytesPerSecond,
    secondsLeft: left === null || bytesPerSecond === 0 ? null : Math.max(0, left / bytesPerSecond),
  };
}

/** `1.2 of 20.0 GB, 3 of 12 files, 410 MB/s, 46 s left`. */
export function progressLine(now: ProgressReport): string {
  const parts = [
    now.totalBytes === null
      ? sizeText(now.bytes)
      : `${sizeText(now.bytes)} of ${sizeText(now.totalBytes)}`,
    now.totalFiles === null
      ? filesText(now.files)
      : `${now.files.toLocaleString("en-US")} of ${filesText(now.totalFiles)}`,
    `${sizeText(now.bytesPerSecond)}/s`,
  ];
  if (now.secondsLeft !== null && now.files !== now.totalFiles)
    parts.push(`${timeText(now.secondsLeft)} left`);
  return parts.join(", ");
}

function filesText(files: number): string {
  return `${files.toLocaleString("en-US")} ${files === 1 ? "file" : "files"}`;
}

const UNITS = ["kB", "MB", "GB", "TB", "PB"];

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
