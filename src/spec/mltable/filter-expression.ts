// Reads the filter of an MLTable: comparisons of columns with literals, joined by `and`, `or` and `not`. A Python expression
// in Azure's file; here a closed little language, so that nothing in a data file is ever run.

export type FilterExpression =
  | {
      readonly kind: "compare";
      readonly column: string;
      readonly operator: "==" | "!=" | "<" | "<=" | ">" | ">=";
      readonly value: string | number | boolean | null;
    }
  | { readonly kind: "and" | "or"; readonly parts: readonly FilterExpression[] }
  | { readonly kind: "not"; readonly part: FilterExpression };

/** The expression, or what is wrong with the text. */
export function parseFilter(text: string): FilterExpression | { readonly mistake: string } {
  const tokens = tokensOf(text);
  if (typeof tokens === "string") return { mistake: tokens };
  try {
    const reader = new FilterReader(tokens);
    const expression = reader.either(0);
    reader.end();
    return expression;
  } catch (error) {
    if (error instanceof FilterMistake) return { mistake: error.message };
    throw error;
  }
}

class FilterMistake extends Error {}

interface Token {
  readonly kind: "word" | "text" | "number" | "sign";
  readonly text: string;
}

const TOKEN =
  /\s*(?:(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<word>[A-Za-z_][A-Za-z0-9_.]*)|(?<sign>==|!=|<=|>=|[<>()&|~,[\]]))/y;

function tokensOf(text: string): readonly Token[] | string {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) return `\`${text.slice(at).trim().slice(0, 20)}\` is not understood`;
    const kind = (["text", "number", "word", "sign"] as const).find(
      (one) => groups[one] !== undefined,
    );
    tokens.push({ kind: kind as Token["kind"], text: groups[kind as string] as string });
  }
  return tokens;
}

/** Deeper ones are nobody's. */
const DEEPEST = 100;

const OPERATORS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

class FilterReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  either(depth: number): FilterExpression {
    return this.#joined("or", ["or", "|"], () => this.#both(depth));
  }

  end(): void {
    const token = this.#tokens[this.#at];
    if (token !== undefined)
      throw new FilterMistake(`\`${token.text}\` stands where the filter should end`);
  }

  #both(depth: number): FilterExpression {
    return this.#joined("and", ["and", "&"], () => this.#negated(depth));
  }

  #joined(
    kind: "and" | "or",
    words: readonly string[],
    next: () => FilterExpression,
  ): FilterExpression {
    const parts = [next()];
    while (words.some((word) => this.#takes(word))) parts.push(next());
    return parts.length === 1 ? (parts[0] as FilterExpression) : { kind, parts };
  }

  #negated(depth: number): FilterExpression {
    if (depth > DEEPEST) throw new FilterMistake("it is nested too deep");
    if (this.#takes("not") || this.#takes("~"))
      return { kind: "not", part: this.#negated(depth + 1) };
    if (!this.#takes("(")) return this.#comparison();
    const inside = this.either(depth + 1);
    this.#expect(")");
    return inside;
  }

  #comparison(): FilterExpression {
    const column = this.#column();
    const token = this.#next("a comparison such as `>`");
    if (token.kind !== "sign" || !OPERATORS.has(token.text))
      throw new FilterMistake(`\`${token.text}\` is not a comparison`);
    const operator = token.text as "==";
    return { kind: "compare", column, operator, value: this.#literal() };
  }

  /** `col("x")`, or the bare name of a column. */
  #column(): string {
    const token = this.#next("a column");
    if (token.kind !== "word")
      throw new FilterMistake(`\`${token.text}\` is not a column: write col("name")`);
    if (token.text !== "col" || !this.#takes("(")) return token.text;
    const name = this.#next("the name of a column");
    if (name.kind !== "text") throw new FilterMistake("col(…) needs a name in quotes");
    this.#expect(")");
    return unquoted(name.text);
  }

  #literal(): string | number | boolean | null {
    const token = this.#next("a value");
    if (token.kind === "text") return unquoted(token.text);
    if (token.kind === "number") return Number(token.text);
    if (/^(?:true|false)$/i.test(token.text)) return token.text.toLowerCase() === "true";
    if (/^(?:none|null)$/i.test(token.text)) return null;
    throw new FilterMistake(
      `\`${token.text}\` is not a value: write a number, true, false or a text in quotes`,
    );
  }

  #next(wanted: string): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new FilterMistake(`it ends where ${wanted} should stand`);
    this.#at += 1;
    return token;
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === "text" || token.text.toLowerCase() !== text)
      return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw new FilterMistake(`\`${text}\` is missing`);
  }
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}
