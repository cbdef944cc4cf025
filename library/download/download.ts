// Downloads files over HTTP and HTTPS: checked, tried again, and going on where an earlier attempt stopped. Nothing is in the
// output before all of it has arrived and is what it should be.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { runProgram, StepFailure } from "../runtime/program.ts";
import { fetchFile } from "./fetch-file.ts";
import { type Wanted, wantedFiles } from "./wanted-files.ts";

runProgram(async (program) => {
  const list = program.input("list");
  const wanted = wantedFiles({
    urls: program.input("urls") ?? "",
    sha256: program.input("sha256") ?? "",
    list: list === null ? "" : fs.readFileSync(list, "utf8"),
  });
  const waiting = process.env.STEPWELL_CHECKPOINT_DIR ?? path.resolve("partial");
  fs.mkdirSync(waiting, { recursive: true });
  let bytes = 0;
  for (const one of wanted) {
    bytes += await download(one, place(waiting, one), program.number("retries"), program.say);
  }
  for (const one of wanted) {
    const target = path.join(program.output("files"), one.name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    moveFile(place(waiting, one), target);
  }
  program.metric("files", wanted.length);
  program.metric("bytes", bytes);
});

/** By what it is to be: another checksum is another file. */
function place(folder: string, { url, sha256 }: Wanted): string {
  return path.join(folder, createHash("sha256").update(`${url.href}\n${sha256}`).digest("hex"));
}

/** Gives its size. */
async function download(
  { url, sha256, name }: Wanted,
  file: string,
  retries: number,
  say: (line: string) => void,
): Promise<number> {
  if (!fs.existsSync(file)) {
    const part = `${file}.part`;
    await fetchFile(url, part, { retries, say });
    const found = await hashOf(part);
    if (sha256 !== null && found !== sha256) {
      fs.rmSync(part);
      throw new StepFailure(
        `${name} is not what it should be: its SHA-256 is ${found}, and not ${sha256}`,
        "look whether the address or the checksum is the wrong one; nothing of it was kept",
      );
    }
    fs.renameSync(part, file);
    say(`${name}: SHA-256 ${found}${sha256 === null ? "" : ", as it should be"}`);
  } else say(`${name}: arrived in an earlier attempt`);
  return fs.statSync(file).size;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function moveFile(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    fs.copyFileSync(from, to);
    fs.rmSync(from);
  }
}
