"""What it costs a Python that it is watched: one event of the interpreter, one file opened, and the start. Each is the
least of its repetitions with and without our sitecustomize. Prints one JSON object, in nanoseconds of cpu."""
import json
import os
import resource
import subprocess
import sys
import tempfile


def used():
    figures = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in figures) * 1e9


def least(work, repetitions=9):
    figures = []
    for _ in range(repetitions):
        start = used()
        work()
        figures.append(used() - start)
    return min(figures)


def events(count=200000):
    thing = object()
    for _ in range(count):
        id(thing)


def opens(path, count=5000):
    for _ in range(count):
        open(path).close()


def start(variables):
    subprocess.run([sys.executable, "-c", "pass"], env={**os.environ, **variables}, check=True)


hook = sys.argv[1]
folder = tempfile.mkdtemp()
path = os.path.join(folder, "input")
open(path, "w").close()
other = path + ".other"
open(other, "w").close()
watched = {
    "PYTHONPATH": hook,
    "PYTHONDONTWRITEBYTECODE": "1",
    "STEPWELL_WATCH": os.path.join(folder, "reads") + "\n" + path,
    "STEPWELL_WATCH_RULES": folder + "/\n\n/usr/\n/tmp/",
}


def figures():
    return [least(events) / 200000, least(lambda: opens(path)) / 5000, least(lambda: opens(other)) / 5000]


before = figures()
starts = [least(lambda: start({}), 25), least(lambda: start(watched), 25)]
os.environ.update(watched)
sys.path.insert(0, hook)
sys.modules.pop("sitecustomize", None)
import sitecustomize  # noqa: E402, F401

after = figures()
names = ["event", "input", "other"]
print(json.dumps({**{name: [a, b] for name, a, b in zip(names, before, after)}, "start": starts}))
