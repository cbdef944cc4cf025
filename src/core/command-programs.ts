// Which programs a command names whose versions are part of the environment's identity. Knows the names only; whether
// they exist on a machine is not its affair.

/** Programs that bring a language runtime; what they read of Python is known otherwise. */
const COUNTED = new Set(["R", "Rscript", "node", "npx", "npm", "deno", "bun", "julia", "java"]);

/** Most commands of ten thousand do not: they are not looked into. */
const MAY_NAME_ONE = new RegExp(`\\b(?:${[...COUNTED].join("|")})\\b`);
const NONE: readonly string[] = [];

/** The counted programs that stand where a command starts, sorted. Steps with equal lists have equal programs. */
export function commandPrograms(command: string | null): readonly string[] {
  if (command === null || !MAY_NAME_ONE.test(command)) return NONE;
  const found = new Set<string>();
  for (const match of command.matchAll(COMMAND_START)) {
    const name = match[1] ?? "";
    if (COUNTED.has(name)) found.add(name);
  }
  return [...found].sort();
}

/** True when the command calls `python3` and nowhere plain `python`. */
export function asksForPython3(command: string | null): boolean {
  if (command?.includes("python3") !== true) return false;
  const names = [...command.matchAll(COMMAND_START)].map((match) => match[1]);
  return names.includes("python3") && !names.includes("python");
}

/** Words that a command may follow, with options and numbers of theirs in between: `timeout -k 5 60s node`. */
const BEFORE =
  "then|do|else|elif|if|while|until|exec|command|time|env|nohup|nice|ionice|timeout|stdbuf|taskset|xargs|sudo|mpirun|srun";

/** `A=x`, but not `A=$(node`, where a command starts. */
const ASSIGNMENT = "[A-Za-z_]\\w*=(?:[^\\s$`]|\\$(?!\\())*";

const COMMAND_START = new RegExp(
  `(?<=^|[;&|(\\n\`{!]|\\b(?:${BEFORE})\\s|\\s-[a-z]*c\\s+["'])\\s*(?:(?:-\\S+|\\d\\S*|${ASSIGNMENT})\\s+)*([\\w.-]+)`,
  "g",
);
