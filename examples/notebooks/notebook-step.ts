// aml-pipelines-with-notebook-runner-step: a notebook with parameters is a step; what it looked like when it ran is kept.
import { input, notebook, output, pipeline, python } from "stepwell";

const explore = notebook({
  name: "explore",
  file: "./explore.ipynb",
  environment: python("3.11"),
  inputs: { data: input.file(), times: input.integer({ default: 2 }), title: input.string({ default: "it's" }) },
  outputs: { result: output.file() },
});

export default pipeline({ name: "notebook-step" }, () => explore({ data: "./colours.txt" }).outputs);
