// Asks a person yes or no. Only where stdin and stdout are both terminals; elsewhere nothing is ever asked.

import { nodeModule } from "../ports/node-module.ts";

export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Enter alone means yes; the end of the input means no. */
export async function confirm(question: string): Promise<boolean> {
  const { createInterface } = nodeModule("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("n")));
  const answer = await Promise.race([lines.question(`${question} [Y/n] `), ended]);
  lines.close();
  return /^(?:y(?:es)?)?$/i.test(answer.trim());
}
