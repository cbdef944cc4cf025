// The records of a text with separators (RFC 4180; line ends of any kind), as the text arrives. An empty cell without quotes
// is null. Knows nothing of files, heads or types.

import { TABLE_LIMITS } from "./table.ts";
import { UnreadableTable } from "./unreadable-table.ts";

export interface CsvRecord {
  readonly cells: readonly (string | null)[];
  /** Of its beginning; the first is 1. */
  readonly line: number;
}

export interface CsvForm {
  /** One letter. */
  readonly delimiter: string;
  /** Cells in quotes may hold line ends. */
  readonly isMultiLine: boolean;
}

const QUOTE = 34;
const LF = 10;
const CR = 13;

/** Takes a text in pieces; a record is given once its end has been seen. */
export class CsvRecords {
  readonly #delimiter: number;
  readonly #isMultiLine: boolean;
  readonly #name: string;
  #state: "start" | "bare" | "quoted" | "closed" = "start";
  #cell = "";
  #cells: (string | null)[] = [];
  #letters = 0;
  #line = 1;
  #recordLine = 1;
  #quoteLine = 1;
  #afterReturn = false;
  #isFirst = true;

  /** `name`: how messages call the file. */
  constructor(name: string, { delimiter, isMultiLine }: CsvForm) {
    this.#name = name;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#isMultiLine = isMultiLine;
  }

  push(piece: string): readonly CsvRecord[] {
    const text = this.#isFirst && piece.startsWith("\uFEFF") ? piece.slice(1) : piece;
    if (piece !== "") this.#isFirst = false;
    const found: CsvRecord[] = [];
    let at = 0;
    while (at < text.length) {
      if (this.#skipsLineFeed(text.charCodeAt(at))) at += 1;
      else if (this.#state === "quoted") at = this.#readQuoted(text, at, found);
      else if (text.charCodeAt(at) === QUOTE && this.#state !== "bare") at = this.#openQuotes(at);
      else at = this.#readBare(text, at, found);
    }
    return found;
  }

  /** The second half of a line end that was told by its first. */
  #skipsLineFeed(letter: number): boolean {
    const skips = this.#afterReturn && letter === LF;
    this.#afterReturn = false;
    return skips;
  }

  /** At the start of a cell; behind quotes that closed, they are one of its letters. */
  #openQuotes(at: number): number {
    if (this.#state === "closed") this.#cell += '"';
    else this.#quoteLine = this.#line;
    this.#state = "quoted";
    return at + 1;
  }

  #readQuoted(text: string, at: number, found: CsvRecord[]): number {
    const end = this.#endOfQuoted(text, at);
    this.#take(text, at, end);
    if (end >= text.length) return end;
    const letter = text.charCodeAt(end);
    if (letter === QUOTE) this.#state = "closed";
    else this.#endLine(found, letter, true);
    return end + 1;
  }

  /** What stands behind quotes that closed belongs to the cell. */
  #readBare(text: string, at: number, found: CsvRecord[]): number {
    const end = this.#endOfBare(text, at);
    const isQuoted = this.#state === "closed" && end === at;
    if (!isQuoted) this.#state = "bare";
    this.#take(text, at, end);
    if (end >= text.length) return end;
    const letter = text.charCodeAt(end);
    if (letter === this.#delimiter) this.#endCell(isQuoted);
    else this.#endLine(found, letter, isQuoted);
    return end + 1;
  }

  /** After the last piece. */
  end(): readonly CsvRecord[] {
    if (this.#state === "quoted" && this.#isMultiLine)
      throw new UnreadableTable(
        `${this.#name}: the quotes that open in line ${this.#quoteLine} are never closed`,
      );
    const found: CsvRecord[] = [];
    if (this.#state !== "start" || this.#cells.length > 0) {
      this.#endCell(this.#state === "closed");
      this.#endRecord(found);
    }
    return found;
  }

  #endOfBare(text: string, start: number): number {
    let at = start;
    for (; at < text.length; at += 1) {
      const letter = text.charCodeAt(at);
      if (letter === this.#delimiter || letter === LF || letter === CR) break;
    }
    return at;
  }

  #endOfQuoted(text: string, start: number): number {
    let at = start;
    for (; at < text.length; at += 1) {
      const letter = text.charCodeAt(at);
      if (letter === QUOTE) break;
      if (letter !== LF && letter !== CR) continue;
      if (!this.#isMultiLine) break;
      if (letter === LF) this.#line += 1;
    }
    return at;
  }

  #take(text: string, from: number, to: number): void {
    this.#letters += to - from;
    if (this.#letters > TABLE_LIMITS.rowLetters)
      throw new UnreadableTable(
        `${this.#name}: the row of line ${this.#recordLine} has more than ${TABLE_LIMITS.rowLetters} letters`,
      );
    this.#cell += text.slice(from, to);
  }

  #endCell(isQuoted: boolean): void {
    this.#cells.push(this.#cell === "" && !isQuoted ? null : this.#cell);
    this.#cell = "";
    this.#state = "start";
    if (this.#cells.length > TABLE_LIMITS.columns)
      throw new UnreadableTable(
        `${this.#name}: the row of line ${this.#recordLine} has more than ${TABLE_LIMITS.columns} cells`,
      );
  }

  #endLine(found: CsvRecord[], letter: number, isQuoted: boolean): void {
    this.#endCell(isQuoted);
    this.#endRecord(found);
    this.#afterReturn = letter === CR;
    this.#line += 1;
    this.#recordLine = this.#line;
  }

  /** A line with nothing in it is no record. */
  #endRecord(found: CsvRecord[]): void {
    const cells = this.#cells;
    this.#cells = [];
    this.#letters = 0;
    if (cells.length > 1 || cells[0] !== null) found.push({ cells, line: this.#recordLine });
  }
}
