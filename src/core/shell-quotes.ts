// Reads what bash quotes and expands: '…', $'…', "…", `…`, $(…), ${…}, $((…)). Knows nothing of commands, which the
// scanner built on it reads.

import { ShellCursor, type ShellWord } from "./shell-cursor.ts";

export abstract class ShellQuotes extends ShellCursor {
  /** A list of commands up to `)` (left unread) or the end. */
  protected abstract code(closer: ")" | null, array: boolean): void;

  /** `( … )`, both parentheses included. */
  protected group(array: boolean): void {
    this.copy(1);
    this.code(")", array);
    if (this.peek() === ")") this.copy(1);
  }

  protected escape(word: ShellWord): void {
    if (this.peek(1) === "\0") {
      this.copy(1);
      this.misplace("escaped");
      return;
    }
    word.quoted = true;
    word.text += this.peek(1);
    this.copy(2);
  }

  protected single(word: ShellWord): void {
    this.copy(1);
    while (this.position < this.limit) {
      const c = this.peek();
      if (c === "'") {
        this.copy(1);
        return;
      }
      word.text += c;
      if (c === "\0") this.mark("single");
      else this.copy(1);
    }
    this.complete = false;
  }

  protected ansi(word: ShellWord): void {
    this.copy(2);
    while (this.position < this.limit) {
      const c = this.peek();
      if (c === "'") {
        this.copy(1);
        return;
      }
      if (c === "\\") this.escape(word);
      else {
        word.text += c;
        if (c === "\0") this.mark("ansi");
        else this.copy(1);
      }
    }
    this.complete = false;
  }

  protected double(word: ShellWord): void {
    this.copy(1);
    while (this.position < this.limit) {
      const c = this.peek();
      if (c === '"') {
        this.copy(1);
        return;
      }
      if (c === "\\") this.escape(word);
      else if (c === "$") this.dollar(word, "double");
      else if (c === "`") this.backticks(word);
      else {
        word.text += c;
        if (c === "\0") this.mark("double");
        else this.copy(1);
      }
    }
    this.complete = false;
  }

  protected backticks(word: ShellWord): void {
    let end = this.position + 1;
    while (end < this.limit && this.text[end] !== "`") end += this.text[end] === "\\" ? 2 : 1;
    if (end >= this.limit) this.complete = false;
    const outer = { limit: this.limit, unescaped: this.unescaped };
    word.text += "`";
    this.copy(1);
    this.unescaped = this.text.slice(this.position, end).includes("\\");
    this.limit = Math.min(end, outer.limit);
    this.code(null, false);
    this.limit = outer.limit;
    this.unescaped = outer.unescaped;
    if (this.position < this.limit) this.copy(1);
  }

  protected dollar(word: ShellWord, quoting: "code" | "double"): void {
    const next = this.peek(1);
    word.text += "$";
    if (next === "\0") {
      this.copy(1);
      this.misplace("after_dollar");
    } else if (next === "(") {
      this.copy(1);
      if (this.peek(1) === "(" && this.isArithmetic(this.position + 2)) {
        this.copy(2);
        this.arithmetic("))");
      } else this.group(false);
    } else if (next === "[") {
      this.copy(2);
      this.arithmetic("]");
    } else if (next === "{") this.brace(word, quoting);
    else if (next === "'" && quoting === "code") this.ansi(word);
    else if (next === '"' && quoting === "code") {
      this.copy(1);
      this.double(word);
    } else this.copy(/[#$?!*@-]/.test(next) ? 2 : 1);
  }

  /** `${name…}`: a reference may stand in its word or pattern, not in its name, subscript or offset. */
  protected brace(word: ShellWord, quoting: "code" | "double"): void {
    this.copy(2);
    const name = /[!#]?(?:\w+|[@*#?$!-])/y;
    name.lastIndex = this.position;
    this.copy(name.exec(this.text)?.[0].length ?? 0);
    if (this.peek() === "[") {
      this.copy(1);
      this.arithmetic("]");
    }
    const isWord = /^:?[-=?+]/.test(this.text.slice(this.position, this.position + 2));
    const allowed = isWord || /[#%/^,]/.test(this.peek());
    const literalQuotes = quoting === "double" && isWord;
    while (this.position < this.limit) {
      const c = this.peek();
      if (c === "}") {
        this.copy(1);
        return;
      }
      if (c === "\0" && !allowed) this.misplace("expansion");
      else if (c === "\0") this.mark(literalQuotes ? "double" : "code");
      else if (c === "\\") this.escape(word);
      else if (c === "'" && !literalQuotes) this.single(word);
      else if (c === '"') this.double(word);
      else if (c === "$") this.dollar(word, quoting);
      else if (c === "`") this.backticks(word);
      else this.copy(1);
    }
    this.complete = false;
  }

  /** Does `((` close with `))`? Otherwise it is a subshell in a subshell. */
  protected isArithmetic(from: number): boolean {
    let depth = 0;
    for (let at = from; at < this.limit; at += 1) {
      const c = this.text[at];
      if (c === "(") depth += 1;
      else if (c === ")" && depth > 0) depth -= 1;
      else if (c === ")") return this.text[at + 1] === ")";
    }
    return false;
  }

  /** Every reference in arithmetic is misplaced: bash evaluates the value, subscripts and all. */
  protected arithmetic(closer: "))" | "]"): void {
    let depth = 0;
    const [opening, closing] = closer === "]" ? ["[", "]"] : ["(", ")"];
    while (this.position < this.limit) {
      const c = this.peek();
      if (depth === 0 && this.text.startsWith(closer, this.position)) {
        this.copy(closer.length);
        return;
      }
      if (c === opening) depth += 1;
      else if (c === closing) depth -= 1;
      if (c === "\0") this.misplace("arithmetic");
      else this.copy(1);
    }
    this.complete = false;
  }
}
