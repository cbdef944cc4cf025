// aml-pipelines-getting-started: three scripts without data between them, side by side, then in an order of one's own.
import { pipeline, script, sequence, together } from "stepwell";

const train = script({ name: "train", file: "./scripts/train.py" });
const compare = script({ name: "compare", file: "./scripts/compare.py" });
const extract = script({ name: "extract", file: "./scripts/extract.py" });

/** What StepSequence of the first SDK did: compare after train, extract after both. */
export default pipeline({ name: "getting-started" }, () => {
  sequence(together(train(), compare()), extract());
});
