// The objects of a file of JSON, one a line, in bounded memory. What is no object is an error, or is left out. Knows no columns.

import type { TextEncoding } from "../spec/mltable/mltable.ts";
import type { ByteSource } from "./byte-source.ts";
import { decodedText } from "./decoded-text.ts";
import { type Findings, TABLE_LIMITS } from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";

export interface JsonLinesSettings {
  readonly encoding: TextEncoding | null;
  /** `error`: the first bad line ends the reading; `drop`: without a word; `tell`: they are among the findings. */
  readonly invalidLines: "error" | "drop" | "tell";
}

export type JsonObject = Readonly<Record<string, unknown>>;

interface ObjectLine {
  readonly object: JsonObject;
  /** The first is 1. */
  readonly line: number;
  /** Letters of it. */
  readonly length: number;
}

export async function* jsonObjects(
  source: ByteSource,
  settings: JsonLinesSettings,
  findings: Findings,
): AsyncGenerator<ObjectLine> {
  for await (const { text, line } of linesOf(source, settings.encoding, findings)) {
    const object = objectOf(text);
    if (typeof object === "string") badLine(source, settings, findings, { line, says: object });
    else yield { object, line, length: text.length };
  }
}

/** Throws, tells or passes over, as the settings say. */
export function badLine(
  source: ByteSource,
  { invalidLines }: JsonLinesSettings,
  findings: Findings,
  { line, says }: { readonly line: number; readonly says: string },
): void {
  if (invalidLines === "error") throw new UnreadableTable(`${source.name}: line ${line} ${says}`);
  if (invalidLines === "tell") findings.add(`a line ${says}, and is left out`, line);
}

/** The object, or what is wrong with the line. */
function objectOf(text: string): JsonObject | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return "is not JSON";
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    return "is no JSON object";
  return parsed as JsonObject;
}

async function* linesOf(
  source: ByteSource,
  encoding: TextEncoding | null,
  findings: Findings,
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let rest = "";
  let line = 0;
  for await (const piece of decodedText(source, encoding, findings)) {
    const lines = piece.split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? "";
    for (const text of lines) {
      line += 1;
      if (text.trim() !== "") yield { text, line };
    }
    if (rest.length > TABLE_LIMITS.rowLetters)
      throw new UnreadableTable(
        `${source.name}: line ${line + 1} has more than ${TABLE_LIMITS.rowLetters} letters`,
      );
  }
  if (rest.trim() !== "") yield { text: rest, line: line + 1 };
}
