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
  /** Of the thing at that place, as the user named it. */
  readonly name?: string;
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
  const name = frame.getMethodName() ?? functionName(frame, program);
  const words = [frame.isAsync() ? "async" : "", frame.isConstructor() ? "new" : "", name ?? ""];
  const called = words.filter((word) => word !== "").join(" ");
  return called === "" ? place : `${called} (${place})`;
}

/** The last line of a program, which no user wrote. */
function isOwnCall(frame: NodeJS.CallSite, { lines }: Program): boolean {
  const text = lines[(frame.getLineNumber() ?? 0) - 1] ?? "";
  return text.startsWith("__stepwell_run__(", (frame.getColumnNumber() ?? 0) - 1);
}

/** The user's name of the function that a frame is in: the program has a short one there, which the map knows. */
function functionName(frame: NodeJS.CallSite, { lines, map }: Program): string | null {
  const line = frame.getEnclosingLineNumber() ?? 0;
  const start = (frame.getEnclosingColumnNumber() ?? 0) - 1;
  const text = lines[line - 1] ?? "";
  if (frame.isConstructor()) {
    const head = [...text.slice(0, start).matchAll(/class ([\w$]+)|([\w$]+)=class\b/g)].at(-1);
    const at = head && (head[1] === undefined ? head.index : head.index + "class ".length);
    return (at === undefined ? null : entryAt(map, line, at + 1)?.name) ?? frame.getFunctionName();
  }
  const after = /^(?:(?:async )?function\*? ?|class )([\w$]+)/.exec(text.slice(start));
  const before = /([\w$]+)=(?:async ?)?$/.exec(text.slice(0, start));
  const column =
    after !== null
      ? start + after[0].length - (after[1] ?? "").length
      : before !== null
        ? before.index
        : start;
  return entryAt(map, line, column + 1)?.name ?? frame.getFunctionName();
}

/** Null: that place of the program is not the user's. */
function entryAt(map: SourceMap, line: number | null, column: number | null): MapEntry | null {
  if (line === null || column === null) return null;
  const found = map.findEntry(line - 1, column - 1) as Partial<MapEntry>;
  return found.originalSource !== undefined && found.generatedLine === line - 1
    ? (found as MapEntry)
    : null;
}
