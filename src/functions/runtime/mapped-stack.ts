// Stacks of errors with the user's files, lines and names instead of the program's, when STEPWELL_FUNCTION_MAP names its
// source map. The map is read when the first stack is asked for.

import fs from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

interface MapEntry {
  readonly originalSource: string;
  readonly originalLine: number;
  readonly originalColumn: number;
  readonly generatedLine: number;
}

export function mapStacks(programUrl: string): void {
  const file = process.env.STEPWELL_FUNCTION_MAP;
  if (file === undefined) return;
  let program: Program | null | undefined;
  Error.prepareStackTrace = (error, frames) => {
    if (program === undefined) program = readProgram(programUrl, file);
    const lines = frames.map((frame) => frameLine(frame, program ?? null));
    return [headOf(error), ...lines.filter((line) => line !== null)].join("\n    at ");
  };
}

function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

interface Program {
  readonly url: string;
  readonly lines: readonly string[];
  readonly map: SourceMap;
}

function readProgram(url: string, file: string): Program | null {
  try {
    const map = new SourceMap(JSON.parse(fs.readFileSync(file, "utf8")));
    return { url, lines: fs.readFileSync(fileURLToPath(url), "utf8").split("\n"), map };
  } catch {
    return null;
  }
}

/** Null: a frame that says nothing to the user, of our own part of the program or of how Node loads it. */
function frameLine(frame: NodeJS.CallSite, program: Program | null): string | null {
  if (frame.getFileName()?.startsWith("node:internal/modules/")) return null;
  if (program === null || frame.getFileName() !== program.url) return String(frame);
  const at = entryAt(program.map, frame.getLineNumber(), frame.getColumnNumber());
  if (at === null) return null;
  if (isOwnCall(frame, program)) return null;
  const place = `${at.originalSource}:${at.originalLine + 1}:${at.originalColumn + 1}`;
  // What functions and classes say that they are called is the user's: the program keeps it.
  const name = frame.getMethodName() ?? frame.getFunctionName();
  const words = [frame.isAsync() ? "async" : "", frame.isConstructor() ? "new" : "", name ?? ""];
  const called = words.filter((word) => word !== "").join(" ");
  return called === "" ? place : `${called} (${place})`;
}

/** The last line of a program, which no user wrote. */
function isOwnCall(frame: NodeJS.CallSite, { lines }: Program): boolean {
  const text = lines[(frame.getLineNumber() ?? 0) - 1] ?? "";
  return text.startsWith("__stepwell_run__(", (frame.getColumnNumber() ?? 0) - 1);
}

/** Null: that place of the program is not the user's. */
function entryAt(map: SourceMap, line: number | null, column: number | null): MapEntry | null {
  if (line === null || column === null) return null;
  const found = map.findEntry(line - 1, column - 1) as Partial<MapEntry>;
  return found.originalSource !== undefined && found.generatedLine === line - 1
    ? (found as MapEntry)
    : null;
}
