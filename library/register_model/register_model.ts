// Hands a model on unchanged: what registers it is the name of its output.

import fs from "node:fs";
import path from "node:path";
import { runProgram, StepFailure } from "../runtime/program.ts";

runProgram(async (program) => {
  const [from, to] = [program.needed("model"), program.output("model")];
  const isFolder = fs.statSync(from).isDirectory();
  if (isFolder && fs.readdirSync(from).length === 0)
    throw new StepFailure("the model is an empty folder", "give the folder or file that holds it");
  const target = isFolder ? to : path.join(to, path.basename(from));
  fs.cpSync(from, target, {
    recursive: true,
    verbatimSymlinks: true,
    mode: fs.constants.COPYFILE_FICLONE,
  });
  const version = program.input("version");
  program.say(
    `registered when the step has ended: model ${program.needed("name")}${version === null ? "" : `:${version}`}`,
  );
});
