// Reads a bash script just far enough to know in which quoting context each marker stands, and which simple commands it
// holds. Knows bash's grammar; knows nothing of inputs or templates.

import type { Marker, Place, Quoting, ShellWord } from "./shell-cursor.ts";
import { ShellQuotes } from "./shell-quotes.ts";

/** A simple command (or `[[ … ]]`, or an array literal) as far as its words are known. */
export interface ShellCommand {
  readonly kind: "simple" | "test" | "array";
  readonly words: readonly ShellWord[];
  /** Markers in the command whose output this one reads through a pipe. */
  readonly piped: readonly number[];
}

export interface ShellScan {
  readonly script: string;
  /** Markers that became references, in order of appearance. */
  readonly used: readonly { readonly marker: number; readonly quoting: Quoting }[];
  readonly commands: readonly ShellCommand[];
  readonly misplaced: readonly { readonly marker: number; readonly place: Place }[];
  /** False when a quote, a parenthesis or a brace is left open. */
  readonly complete: boolean;
}

/** Scans `text`, in which the n-th NUL stands for `markers[n]`. Of what is nested too deep it finds nothing. */
export function scanShell(text: string, markers: readonly Marker[]): ShellScan {
  if (isTooDeep(text))
    return { script: text, used: [], commands: [], misplaced: [], complete: false };
  return new ShellScanner(text, markers).scan();
}

/** Nobody writes more brackets in each other; the scanner goes as deep as they do, and its stack has an end. */
const DEPTH = 1000;

export function isTooDeep(text: string): boolean {
  if (text.length <= 2 * DEPTH) return false;
  let depth = 0;
  for (const [bracket] of text.matchAll(/[(){}]/g)) {
    depth += bracket === "(" || bracket === "{" ? 1 : -1;
    if (depth > DEPTH) return true;
  }
  return false;
}

type CaseState = "subject" | "pattern" | "body";

/** What is known between the start and the end of one list of commands. */
interface Frame {
  readonly closer: ")" | null;
  readonly array: boolean;
  words: ShellWord[];
  word: ShellWord | null;
  next: "word" | "redirect" | "hereString";
  test: boolean;
  /** Open parentheses of extended globs (`@(a|b)`) in the current word. */
  globDepth: number;
  readonly cases: CaseState[];
  piped: number[];
}

const RESERVED = new Set(
  "if then else elif fi do done while until { } ! time esac coproc case [[".split(" "),
);

class ShellScanner extends ShellQuotes {
  private readonly commands: ShellCommand[] = [];
  private heredocs: { delimiter: string; quoted: boolean; tabs: boolean }[] = [];

  scan(): ShellScan {
    this.code(null, false);
    if (this.heredocs.length > 0) this.complete = false;
    return {
      script: this.out.join(""),
      used: this.used,
      commands: this.commands,
      misplaced: this.misplaced,
      complete: this.complete,
    };
  }

  /** A list of commands, up to `closer` (left unread) or the end. */
  protected override code(closer: ")" | null, array: boolean): void {
    const frame: Frame = {
      closer,
      array,
      words: [],
      word: null,
      next: "word",
      test: false,
      globDepth: 0,
      cases: [],
      piped: [],
    };
    while (this.position < this.limit) {
      if (this.step(frame)) return;
    }
    this.endCommand(frame);
    if (closer !== null || frame.cases.length > 0) this.complete = false;
  }

  /** Reads one thing; true when the frame's closer was reached. */
  private step(frame: Frame): boolean {
    const c = this.peek();
    if (c === "'" || c === '"' || c === "`" || c === "$" || c === "\\" || c === "\0") {
      this.wordPart(frame, c);
    } else if (c === " " || c === "\t" || c === "\r") {
      if (frame.globDepth === 0) this.endWord(frame);
      this.copy(1);
    } else if (c === "\n") this.newline(frame);
    else if (c === "#" && frame.word === null) this.comment();
    else if (c === ")") return this.closeParenthesis(frame);
    else if (c === "(") this.openParenthesis(frame);
    else if (frame.globDepth > 0) this.plain(frame);
    else if (c === "<" || c === ">") this.redirection(frame);
    else if (c === ";" || c === "&" || c === "|") this.operator(frame, c);
    else this.plain(frame);
    return false;
  }

  private wordPart(frame: Frame, c: string): void {
    if (c === "\\") {
      if (this.peek(1) === "\n") {
        this.copy(2);
        return;
      }
      this.escape(this.open(frame));
      return;
    }
    const word = this.open(frame);
    if (c === "\0") {
      word.text += "\0";
      this.mark("code");
      return;
    }
    if (c !== "$") word.quoted = true;
    if (c === "'") this.single(word);
    else if (c === '"') this.double(word);
    else if (c === "`") this.backticks(word);
    else this.dollar(word, "code");
  }

  private plain(frame: Frame): void {
    this.open(frame).text += this.peek();
    this.copy(1);
  }

  private newline(frame: Frame): void {
    if (frame.array) this.endWord(frame);
    else if (!frame.test) this.endCommand(frame);
    this.copy(1);
    const heredocs = this.heredocs;
    this.heredocs = [];
    for (const heredoc of heredocs) this.heredocBody(heredoc);
  }

  private comment(): void {
    while (this.position < this.limit && this.peek() !== "\n") {
      if (this.peek() === "\0") this.copySource();
      else this.copy(1);
    }
  }

  private openParenthesis(frame: Frame): void {
    const word = frame.word;
    if (frame.globDepth > 0 || (word !== null && /[?*+@!]$/.test(word.text))) {
      frame.globDepth += 1;
      this.plain(frame);
      return;
    }
    if (frame.test || (frame.cases.at(-1) === "pattern" && word === null)) {
      this.endWord(frame);
      this.copy(1);
      return;
    }
    if (word !== null && /^\w+(\[.*\])?\+?=$/s.test(word.text)) {
      this.group(true);
      return;
    }
    if (word === null && this.peek(1) === "(" && this.isArithmetic(this.position + 2)) {
      this.copy(2);
      this.arithmetic("))");
      return;
    }
    this.endCommand(frame);
    this.group(false);
  }

  private closeParenthesis(frame: Frame): boolean {
    if (frame.globDepth > 0) {
      frame.globDepth -= 1;
      this.plain(frame);
      return false;
    }
    // The word may be the `esac` that ends the case.
    this.endWord(frame);
    if (frame.cases.at(-1) === "pattern") {
      frame.words = [];
      frame.cases[frame.cases.length - 1] = "body";
      this.copy(1);
      return false;
    }
    if (frame.test) {
      this.copy(1);
      return false;
    }
    this.endCommand(frame);
    if (frame.closer === ")") {
      if (frame.cases.length > 0) this.complete = false;
      return true;
    }
    this.complete = false;
    this.copy(1);
    return false;
  }

  private operator(frame: Frame, c: string): void {
    if (frame.test) {
      this.endWord(frame);
      this.copy(this.peek(1) === c ? 2 : 1);
      return;
    }
    if (c === "&" && this.peek(1) === ">") {
      this.redirection(frame);
      return;
    }
    const inPattern = frame.cases.at(-1) === "pattern";
    if (c === "|" && inPattern) {
      this.endWord(frame);
      this.copy(1);
      return;
    }
    const piped = c === "|" && this.peek(1) !== "|";
    this.endCommand(frame, piped);
    if (c === ";" && (this.peek(1) === ";" || this.peek(1) === "&")) {
      this.copy(this.peek(2) === "&" ? 3 : 2);
      if (frame.cases.length > 0) frame.cases[frame.cases.length - 1] = "pattern";
      return;
    }
    this.copy(this.peek(1) === c || (piped && this.peek(1) === "&") ? 2 : 1);
  }

  private redirection(frame: Frame): void {
    const c = this.peek();
    if (c !== "&" && this.peek(1) === "(") {
      const word = this.open(frame);
      word.text += c;
      this.copy(1);
      this.group(false);
      return;
    }
    if (frame.word !== null && /^\d+$/.test(frame.word.text)) this.dropWord(frame);
    else this.endWord(frame);
    const operator = /^(?:&>>?|<<<|<<-?|<>|<&|>>|>&|>\||<|>)/.exec(
      this.text.slice(this.position, this.position + 3),
    )?.[0];
    this.copy(operator?.length ?? 1);
    if (operator === "<<" || operator === "<<-") this.heredocStart(operator === "<<-");
    else if (!frame.test) frame.next = operator === "<<<" ? "hereString" : "redirect";
  }

  private heredocStart(tabs: boolean): void {
    const blank = /[ \t]*/y;
    blank.lastIndex = this.position;
    this.copy(blank.exec(this.text)?.[0].length ?? 0);
    const pattern = /(?:'[^'\0]*'|"[^"\0]*"|\\[^\0]|[^\s;&|<>()'"\\\0])+/y;
    pattern.lastIndex = this.position;
    const raw = pattern.exec(this.text)?.[0] ?? "";
    this.copy(raw.length);
    const delimiter = raw.replace(/'([^']*)'|"([^"]*)"|\\(.)/gs, "$1$2$3");
    this.heredocs.push({ delimiter, quoted: delimiter !== raw, tabs });
  }

  private heredocBody(heredoc: { delimiter: string; quoted: boolean; tabs: boolean }): void {
    while (this.position < this.limit) {
      const found = this.text.indexOf("\n", this.position);
      const end = found < 0 || found > this.limit ? this.limit : found;
      const line = this.text.slice(this.position, end);
      while (this.position < end) {
        if (this.peek() !== "\0") this.copy(1);
        else if (this.current().kind === "reference") this.misplace("heredoc");
        else this.emitLiteral(heredoc.quoted ? "single" : "double");
      }
      if (this.position < this.limit) this.copy(1);
      if ((heredoc.tabs ? line.replace(/^\t+/, "") : line) === heredoc.delimiter) return;
    }
    this.complete = false;
  }

  private open(frame: Frame): ShellWord {
    if (frame.word === null) {
      frame.word = {
        text: "",
        markers: [],
        quoted: false,
        hereString: frame.next === "hereString",
        redirect: frame.next === "redirect",
      };
      frame.next = "word";
      this.openWords.push(frame.word);
    }
    return frame.word;
  }

  private dropWord(frame: Frame): void {
    if (frame.word !== null) this.openWords.splice(this.openWords.indexOf(frame.word), 1);
    frame.word = null;
  }

  private endWord(frame: Frame): void {
    const word = frame.word;
    if (word === null) return;
    this.dropWord(frame);
    frame.globDepth = 0;
    if (frame.test && word.text === "]]" && !word.quoted) {
      this.finish(frame, "test");
      frame.test = false;
      return;
    }
    if (frame.array || frame.test || word.quoted || word.redirect || word.hereString) {
      frame.words.push(word);
      return;
    }
    this.keyword(frame, word);
  }

  private keyword(frame: Frame, word: ShellWord): void {
    const first = frame.words.length === 0;
    const state = frame.cases.at(-1);
    if (first && word.text === "esac" && state !== undefined) frame.cases.pop();
    else if (state === "subject" && word.text === "in") {
      frame.words = [];
      frame.cases[frame.cases.length - 1] = "pattern";
    } else if (state === "pattern") frame.words.push(word);
    else if (first && word.text === "case") frame.cases.push("subject");
    else if (first && word.text === "[[") frame.test = true;
    else if (word.text === "{" && frame.words[0]?.text === "function") frame.words = [];
    else if (!(first && RESERVED.has(word.text))) frame.words.push(word);
  }

  private endCommand(frame: Frame, pipes = false): void {
    this.endWord(frame);
    const markers = frame.words.flatMap((word) => word.markers);
    this.finish(frame, frame.array ? "array" : "simple");
    frame.piped = pipes ? markers : [];
  }

  private finish(frame: Frame, kind: ShellCommand["kind"]): void {
    if (frame.words.length > 0)
      this.commands.push({ kind, words: frame.words, piped: frame.piped });
    frame.words = [];
    frame.next = "word";
  }
}
