// A line that a step printed, as it is shown among our own: it may be coloured and nothing else. What would move the
// cursor, clear the screen or rename the window is taken out, and of what was written over itself the last state is
// shown. The log keeps every byte.

const ESC = "\u001b";
/** The title of a window and its like, to the bell or the end mark. */
const COMMANDS = new RegExp(String.raw`${ESC}\][^\p{Cc}]*(?:${"\u0007"}|${ESC}\\)?`, "gu");
const SEQUENCES = new RegExp(String.raw`${ESC}\[[0-?]*[ -\/]*[@-~]`, "g");
const COLOR = new RegExp(String.raw`^${ESC}\[[\d;:]*m$`);
const OTHERS = new RegExp(String.raw`${ESC}[@-Z\\^_]|(?!\t|${ESC}\[[\d;:]*m)\p{Cc}`, "gu");
const RESET = `${ESC}[0m`;

export function shownLine(line: string, hasColors: boolean): string {
  const last = line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  const bare = last
    .replaceAll(COMMANDS, "")
    .replaceAll(SEQUENCES, (one) => (hasColors && COLOR.test(one) ? one : ""))
    .replaceAll(OTHERS, "");
  return bare.includes(ESC) ? `${bare}${RESET}` : bare;
}
