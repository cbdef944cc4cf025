/** A line, as people write it. */
export function inWords(line: { readonly slope: number; readonly intercept: number }, digits: number): string {
  return `y = ${line.slope.toFixed(digits)} x + ${line.intercept.toFixed(digits)}\n`;
}
