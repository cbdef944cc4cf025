// aml-pipelines-with-data-dependency-steps: what one step makes another takes; the order follows from it.
import { input, output, pipeline, script } from "stepwell";

const work = {
  file: "./scripts/step.py",
  inputs: { data: input.file(), more: input.file({ optional: true }) },
  outputs: { made: output.file() },
} as const;

const train = script({ ...work, name: "train" });
const extract = script({ ...work, name: "extract" });
const compare = script({ ...work, name: "compare" });

export default pipeline({ name: "data-dependency" }, () => {
  const data = "./colours.txt";
  const trained = train({ data }).outputs.made;
  const extracted = extract({ data: trained }).outputs.made;
  return { compared: compare({ data: trained, more: extracted }).outputs.made };
});
