// Walks over a bash script with markers in it and writes the script that replaces it: each marker in the form that its
// quoting asks for. Knows how to write a marker; what the quoting is, the readers built on it say.

import { quoted } from "./shell-word.ts";

/** What stands at one NUL of the scanned text. */
export type Marker =
  /** A reference: becomes an expansion of `variable`. `source` is what the user wrote. */
  | {
      readonly kind: "reference";
      readonly variable: string;
      readonly source: string;
      /** Where nothing quotes it, it is one argument all the same. */
      readonly oneWord: boolean;
    }
  /** Text that must reach the command as it is written. */
  | { readonly kind: "literal"; readonly source: string };

/** Why a reference cannot stand where it does. */
export type Place =
  | "heredoc"
  | "arithmetic"
  | "nested_backticks"
  | "escaped"
  | "after_dollar"
  | "expansion";

/** One word of a simple command, quotes removed; references are NUL in `text`. */
export interface ShellWord {
  text: string;
  /** Indexes of the markers in it, those inside substitutions included. */
  readonly markers: number[];
  quoted: boolean;
  /** The program reads it as its standard input (`<<<`). */
  readonly hereString: boolean;
  readonly redirect: boolean;
}

export type Quoting = "code" | "double" | "single" | "ansi";

export class ShellCursor {
  protected readonly text: string;
  protected readonly out: string[] = [];
  /** Markers that became references, in order of appearance. */
  protected readonly used: { marker: number; quoting: Quoting }[] = [];
  protected readonly misplaced: { marker: number; place: Place }[] = [];
  /** Every word that is being read, outermost first: a marker belongs to all of them. */
  protected readonly openWords: ShellWord[] = [];
  protected position = 0;
  protected limit: number;
  /** False when a quote, a parenthesis or a brace is left open. */
  protected complete = true;
  /** A backslash stands in the backticks being read: bash unescapes them first, so no context is certain. */
  protected unescaped = false;
  private readonly markers: readonly Marker[];
  private marker = 0;

  constructor(text: string, markers: readonly Marker[]) {
    this.text = text;
    this.markers = markers;
    this.limit = text.length;
  }

  protected peek(ahead = 0): string {
    return this.position + ahead < this.limit ? (this.text[this.position + ahead] ?? "") : "";
  }

  /** Copies characters; a NUL among them is written as the user wrote it. */
  protected copy(count: number): void {
    const end = Math.min(this.position + count, this.limit);
    while (this.position < end) {
      if (this.text[this.position] === "\0") this.copySource();
      else {
        this.out.push(this.text[this.position] as string);
        this.position += 1;
      }
    }
  }

  protected current(): Marker {
    return this.markers[this.marker] as Marker;
  }

  protected copySource(): void {
    this.out.push(this.current().source);
    this.position += 1;
    this.marker += 1;
  }

  protected misplace(place: Place): void {
    if (this.current().kind === "reference") this.misplaced.push({ marker: this.marker, place });
    this.copySource();
  }

  /** Writes the marker here in the form that `quoting` asks for. */
  protected mark(quoting: Quoting): void {
    const current = this.current();
    if (current.kind === "literal") {
      this.emitLiteral(quoting);
      return;
    }
    if (this.unescaped) {
      this.misplace("nested_backticks");
      return;
    }
    this.used.push({ marker: this.marker, quoting });
    for (const word of this.openWords) word.markers.push(this.marker);
    this.out.push(expansion(current, quoting));
    this.position += 1;
    this.marker += 1;
  }

  protected emitLiteral(quoting: Quoting): void {
    this.out.push(quoteLiteral(this.current().source, quoting));
    this.position += 1;
    this.marker += 1;
  }
}

function expansion(
  { variable, oneWord }: Extract<Marker, { kind: "reference" }>,
  quoting: Quoting,
): string {
  switch (quoting) {
    case "code":
      return oneWord ? `"\${${variable}}"` : `\${${variable}}`;
    case "double":
      return `\${${variable}}`;
    case "single":
      return `'"\${${variable}}"'`;
    case "ansi":
      return `'"\${${variable}}"$'`;
    default:
      return quoting satisfies never;
  }
}

function quoteLiteral(source: string, quoting: Quoting): string {
  switch (quoting) {
    case "code":
      return quoted(source);
    case "double":
      return source.replace(/[\\"$`]/g, "\\$&");
    case "single":
      return source.replaceAll("'", "'\\''");
    case "ansi":
      return source.replace(/[\\']/g, "\\$&");
    default:
      return quoting satisfies never;
  }
}
