// aml-pipelines-with-commandstep-r: a step in R.
import { input, output, pipeline, rscript } from "stepwell";

const summary = rscript({
  name: "summary",
  file: "./r/summary.R",
  inputs: { data: input.file() },
  outputs: { table: output.file() },
});

export default pipeline({ name: "r" }, () => summary({ data: "./colours.txt" }).outputs);
