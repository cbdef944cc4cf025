"""The typed module over the real command line, as an installed package: runs, steps, outputs, reasons, mistakes."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import stepwell

PIPELINE = """
type: pipeline
display_name: words
settings: {default_compute: azureml:local}
inputs:
  count: 3
jobs:
  make:
    command: "for i in $(seq ${{inputs.count}}); do echo $i,$((i * i)); done > ${{outputs.table}}"
    inputs: {count: "${{parent.inputs.count}}"}
    outputs: {table: "${{parent.outputs.table}}"}
  measure:
    command: "echo measuring; echo '{\\"name\\": \\"rows\\", \\"value\\": '$(wc -l < ${{inputs.table}})'}' >> \\"$STEPWELL_METRICS\\""
    inputs: {table: "${{parent.jobs.make.outputs.table}}"}
outputs:
  table: {type: uri_file}
"""


def remove(folder):
    """A process of Stepwell that outlives its run (it measures the workspace, or leaves) may still write there."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            return
        time.sleep(0.1)
    shutil.rmtree(folder)


class Module(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(prefix="stepwell module ü ")
        self.addCleanup(remove, folder)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder)
        Path("pipeline.yml").write_text(PIPELINE)

    def test_a_run_has_steps_metrics_outputs_and_logs(self):
        run = stepwell.run("pipeline.yml", inputs={"count": 4}, tags={"team": "x"})
        self.assertEqual((run.name, run.status), ("words-1", "Completed"))
        self.assertEqual(run["measure"].metrics, {"rows": 4})
        self.assertEqual(run.metrics, {"measure.rows": 4})
        self.assertEqual(run["make"].outputs["table"].path.read_text().splitlines()[3], "4,16")
        self.assertEqual(run.outputs["table"].id, run["make"].outputs["table"].id)
        self.assertEqual(run["measure"].log, "measuring\n")
        self.assertGreater(run["make"].duration, 0)
        self.assertEqual([step.name for step in run], ["make", "measure"])

    def test_a_name_that_is_not_there_is_told_with_those_that_are(self):
        run = stepwell.run("pipeline.yml")
        with self.assertRaisesRegex(stepwell.NotFound, "step make has no output nope\n.*it has table"):
            run["make"].outputs["nope"]
        with self.assertRaisesRegex(KeyError, "words-1 has no output nope"):
            run.outputs["nope"]
        with self.assertRaisesRegex(KeyError, "step make has no metric rows\n.*it has no metrics"):
            run["make"].metrics["rows"]
        self.assertIsNone(run.outputs.get("nope"))
        run.outputs["table"].path.unlink()
        with self.assertRaisesRegex(stepwell.StepwellError, "table is not there any more"):
            run.outputs["table"].df()
        self.assertEqual(run["make"].metrics, {})

    def test_it_says_why_a_step_ran_and_what_would_run_again(self):
        stepwell.run()
        run = stepwell.run(set={"jobs.make.inputs.count": 5})
        why = run.why("make")
        self.assertEqual((why.decision, why.against), ("ran", "words-1"))
        self.assertIn("3 → 5", str(why))
        self.assertEqual(run.plan().counts["reuse"], 2)
        plan = stepwell.plan(inputs={"count": 6})
        self.assertEqual((plan["make"].decision, plan["measure"].decision), ("run", "depends"))
        self.assertIn("make", plan._repr_html_())
        self.assertEqual(plan.warnings, [])
        plan = stepwell.plan(set={"jobs.make.inputs.coun": 6})
        self.assertEqual([text.split("`")[1] for text in plan.warnings], ["make"])

    def test_an_unchanged_run_reuses_everything_and_force_runs_it(self):
        stepwell.run()
        self.assertEqual({step.decision for step in stepwell.run()}, {"reused"})
        self.assertEqual(stepwell.run(force=["make"])["make"].decision, "ran")
        self.assertEqual(stepwell.plan(force="make")["make"].decision, "run")
        taken = stepwell.plan(from_="measure", inputs={"count": 9})
        self.assertIn("taken from", taken["make"].reason)
        self.assertEqual({step.decision for step in stepwell.run(force=True)}, {"ran"})

    def test_runs_are_listed_and_found_by_short_names(self):
        stepwell.run(tags={"team": "x"})
        stepwell.run(experiment="other")
        self.assertEqual([one.name for one in stepwell.runs()], ["words-2", "words-1"])
        self.assertEqual([one.tags for one in stepwell.runs(tag="team=x")], [{"team": "x"}])
        self.assertEqual(stepwell.runs(experiment="other")[0].reused, 2)
        self.assertEqual(stepwell.show("last~1").name, "words-1")
        self.assertIn("words-2", stepwell.runs()._repr_html_())

    def test_a_run_that_is_not_waited_for_goes_on_and_can_be_cancelled(self):
        Path("slow.yml").write_text(
            "type: command\ncompute: local\ncommand: 'while true; do sleep 0.1; done'\n"
        )
        run = stepwell.run("slow.yml", wait=False)
        self.assertFalse(run.ended)
        run.cancel()
        self.assertEqual(run.status, "Canceled")
        with self.assertRaises(stepwell.RunCanceled) as canceled:
            run.wait()
        self.assertEqual(canceled.exception.code, "run_canceled")

    def test_a_run_whose_engine_was_killed_is_seen_to_its_end(self):
        Path("slow.yml").write_text(
            "type: pipeline\nsettings: {default_compute: azureml:local}\njobs:\n"
            "  first: {command: 'until [ -e \"${{inputs.go}}\" ]; do sleep 0.1; done', inputs: {go: %s}}\n"
            "  second: {command: echo done, depends_on: [first]}\n" % (Path.cwd() / "go")
        )
        run = stepwell.run("slow.yml", wait=False)
        engine = None
        while engine is None or run.refresh()["first"].status != "Running":
            with contextlib.closing(sqlite3.connect(".stepwell/stepwell.db")) as records:
                engine = records.execute("select pid from engine").fetchone()
        os.kill(engine[0], signal.SIGKILL)
        while run.refresh().status != "Interrupted":
            pass
        self.assertTrue(run.ended)
        threading.Timer(0.5, Path("go").touch).start()
        self.assertEqual(stepwell.show(run.name).wait()["second"].log, "done\n")

    def test_a_run_stays_where_it_was_started_when_the_program_changes_its_folder(self):
        run = stepwell.run(wait=False)
        plan = stepwell.plan()
        Path("elsewhere/.git").mkdir(parents=True)
        os.chdir("elsewhere")
        Path("pipeline.yml").write_text("type: command\ncompute: local\ncommand: 'true'\n")
        self.assertEqual(run.wait().status, "Completed")
        self.assertEqual(list(run.plan().steps), list(plan.steps))
        self.assertEqual(run.why("make").decision, "ran")
        self.assertEqual(run.cancel().status, "Completed")

    def test_an_interrupt_before_the_wait_cancels_the_run_too(self):
        Path("slow.yml").write_text(
            "type: command\ncompute: local\ncommand: 'while true; do sleep 0.1; done'\n"
        )
        node = Path("node")
        node.write_text(
            "#!/bin/sh\n"
            'case " $* " in *" show "*) kill -INT $PPID;; esac\n'
            f'exec "{stepwell._program.node()}" "$@"\n'
        )
        node.chmod(0o755)
        program = "import signal, stepwell\nsignal.signal(2, signal.default_int_handler)\n"
        done = subprocess.run(
            [sys.executable, "-c", program + "stepwell.run('slow.yml')"],
            env={**os.environ, "STEPWELL_NODE": str(node.resolve())},
            capture_output=True,
            text=True,
        )
        self.assertIn("KeyboardInterrupt", done.stderr)
        self.assertEqual(stepwell.show().status, "Canceled")

    def test_html_is_escaped(self):
        Path("page.yml").write_text("type: command\ncompute: local\ncommand: 'true'\n")
        run = stepwell.run("page.yml")
        run.name = "<script>"
        self.assertIn("&lt;script&gt;", run._repr_html_())

    def test_mistakes_are_exceptions_that_say_what_to_do(self):
        with self.assertRaises(stepwell.InvalidDefinition) as invalid:
            stepwell.run(inputs={"coutn": 1})
        self.assertEqual(invalid.exception.problems[0].code, "unknown_input")
        self.assertIn("Did you mean `count`?", str(invalid.exception))
        run = stepwell.run()
        with self.assertRaisesRegex(stepwell.NotFound, "words-1 has no step maek"):
            run["maek"]
        with self.assertRaisesRegex(stepwell.NotFound, "stepwell runs"):
            stepwell.show("nobody")
        with self.assertRaisesRegex(stepwell.StepwellError, "cannot be the name of a step"):
            stepwell._magic.step("../outside", "print(1)")
        self.assertFalse(Path("../outside").exists())
        with self.assertRaisesRegex(stepwell.StepwellError, "No closing quotation\n.*%%step NAME"):
            stepwell._magic.step("make --title 'so", "print(1)")
        with self.assertRaises(stepwell.StepwellError) as unknown:
            stepwell.show().plan()
        self.assertEqual(unknown.exception.code, "unknown_file")

    def test_a_failed_run_is_an_exception_with_the_end_of_its_log_and_the_run(self):
        words = {"jobs.measure.command": "echo the reason; exit 3"}
        with self.assertRaises(stepwell.RunFailed) as failed:
            stepwell.run(set=words)
        self.assertRegex(str(failed.exception), "exit code 3\n.*the reason")
        self.assertEqual(failed.exception.run["make"].status, "Completed")
        self.assertEqual(stepwell.run(set=words, check=False).status, "Failed")

    def test_a_mistake_in_another_process_is_told_here(self):
        import pickle

        for call, code in (
            (lambda: stepwell.run(inputs={"coutn": 1}), "invalid_definition"),
            (lambda: stepwell.run(set={"jobs.measure.command": "exit 3"}), "run_failed"),
            (lambda: stepwell.show("nobody"), "unknown_run"),
        ):
            with self.assertRaises(stepwell.StepwellError) as raised:
                call()
            error = raised.exception
            handed = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(handed), handed.code, str(handed)), (type(error), code, str(error)))

    def test_a_failed_step_names_the_line_of_its_own_code(self):
        Path("code").mkdir()
        Path("code/train.py").write_text("import sys\n\n1 / 0\n")
        Path("train.yml").write_text(
            "type: command\ncompute: local\ncode: ./code\ncommand: python3 train.py\n"
        )
        with self.assertRaises(stepwell.RunFailed) as failed:
            stepwell.run("train.yml")
        train = Path("code/train.py").resolve()
        self.assertIn(f"at {train}:3", str(failed.exception))
        self.assertEqual(failed.exception.run["."].error.location, (train, 3))

    def test_paths_start_from_here_and_values_are_read_as_yaml_reads_them(self):
        from stepwell import _call

        self.assertEqual(_call.text(Path("x.csv")), os.path.abspath("x.csv"))
        self.assertEqual(
            [_call.text(one) for one in (True, None, 0.1, "a b")], ["true", "null", "0.1", "a b"]
        )

    def test_a_mapping_or_a_list_is_set_as_it_is(self):
        from stepwell import _call

        self.assertEqual(
            _call.text({"a": [1, 1e-05, None, True], "b": {"c": "it's \"ü\"\n"}}),
            '{"a": [1, 1.0e-05, null, true], "b": {"c": "it\'s \\"ü\\"\\n"}}',
        )
        run = stepwell.run(
            set={
                "jobs.measure.environment_variables": {"LINES": "one\ntwo", "EMPTY": None},
                "jobs.measure.command": "echo \"$LINES\"",
            }
        )
        self.assertEqual(run["measure"].log, "one\ntwo\n")

    def test_a_number_is_the_same_number_as_in_a_file(self):
        from decimal import Decimal
        from stepwell import _call

        numbers = (1e-05, -2e22, 1.5e-07, 3.0, 10**20, float("nan"), float("-inf"), Decimal("1E-9"))
        expected = "1.0e-05 -2.0e+22 1.5e-07 3.0 100000000000000000000 .nan -.inf 1.0e-9"
        self.assertEqual(" ".join(_call.text(one) for one in numbers), expected)
        text = PIPELINE.replace("count: 3", "count: 1.0e-05").replace("seq", "echo").replace("$((i * i))", "1")
        Path("pipeline.yml").write_text(text)
        stepwell.run()
        self.assertEqual(stepwell.plan(inputs={"count": 1e-05})["make"].decision, "reuse")


if __name__ == "__main__":
    unittest.main()
