// How a notebook shows what the SDK gives: a value carries a method under a symbol that Jupyter's kernels for this language
// know (Deno's). Elsewhere nothing of it is seen.

/** By MIME type, the richest last. */
export type Shown = Readonly<Record<string, string>>;

const DISPLAY = Symbol.for("Jupyter.display");

/** The same value, with a picture for notebooks. */
export function shownAs<T extends object>(value: T, shown: () => Shown | Promise<Shown>): T {
  Object.defineProperty(value, DISPLAY, { value: shown, enumerable: false, configurable: true });
  return value;
}

/** A drawing; a notebook shows it. */
export interface Picture {
  /** As SVG. */
  readonly svg: string;
}

export function pictureOf(svg: string, text: string): Picture {
  return shownAs({ svg }, () => ({ "text/plain": text, "image/svg+xml": svg }));
}
