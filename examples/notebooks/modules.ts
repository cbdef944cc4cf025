// aml-pipelines-how-to-use-modulestep: a step that is defined once, apart, and used by name and version. Register it first:
//   stepwell component create component.yml
import { component, input, output, pipeline, script } from "stepwell";

const summarize = component("summarize@latest");

const show = script({
  name: "show",
  file: "./scripts/step.py",
  inputs: { data: input.file() },
  outputs: { made: output.file() },
});

export default pipeline({ name: "modules" }, () => {
  const words = summarize({ data: "./colours.txt", top: 2 });
  const colours = summarize({ data: "./colours.txt" }, { name: "all_of_them" });
  return { shown: show({ data: words.outputs.summary }).outputs.made, all: colours.outputs.summary };
});
