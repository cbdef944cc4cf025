// Runs a program with a limit of time and ends everything that it started. Does not know what it runs.

import { spawn } from "node:child_process";

/** Between the end of a program and that of what it says. */
const LAST_WORDS_MS = 5_000;

/** `{code, output}`, both streams as they came; `code` is null when the time was up. */
export function runBounded(words, { cwd, env, limitMs }) {
  return new Promise((resolve) => {
    const [program = "", ...rest] = words;
    const child = spawn(program, rest, {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let late = false;
    const take = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    const timer = setTimeout(() => {
      late = true;
      endGroup(child.pid);
    }, limitMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: error.message });
    });
    child.on("exit", (code) => {
      clearTimeout(timer);
      // A server that the program left behind holds the pipes open; one in a session of its own still does.
      endGroup(child.pid);
      const end = () => resolve({ code: late ? null : code, output });
      child.once("close", end);
      setTimeout(end, LAST_WORDS_MS).unref();
    });
  });
}

function endGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}
