"""Runs a command and prints wall seconds, cpu seconds of all reaped descendants, the largest process in MB, and what the
command wrote to stdout."""
import json
import resource
import subprocess
import sys
import time

# Whatever stood before this program under its number (a shim that looked for a Python) is none of what is measured.
before = resource.getrusage(resource.RUSAGE_CHILDREN)
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
figures = {
    "wall": wall,
    "cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
    "rssMb": used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024),
    "code": done.returncode,
    "stdout": done.stdout[-2000:],
}
print(json.dumps(figures))
