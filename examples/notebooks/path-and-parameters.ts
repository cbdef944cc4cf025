// aml-pipelines-showcasing-datapath-and-pipelineparameter: a path and a number that each run may set:
//   stepwell run path-and-parameters.ts --input words=other.txt --input copies=3
import { command, input, output, pipeline, sh } from "stepwell";

const repeat = command({
  name: "repeat",
  inputs: { words: input.file(), copies: input.integer(), prefix: input.string() },
  outputs: { text: output.file() },
  run: ({ inputs, outputs }) =>
    sh`for i in $(seq ${inputs.copies}); do awk -v p=${inputs.prefix} ${"{ print p $0 }"} ${inputs.words}; done > ${outputs.text}`,
});

export default pipeline(
  {
    name: "path-and-parameters",
    inputs: {
      words: input.file({ path: "./colours.txt" }),
      copies: input.integer({ default: 2, min: 1 }),
      prefix: input.string({ default: "- " }),
    },
  },
  ({ inputs }) => repeat(inputs).outputs,
);
