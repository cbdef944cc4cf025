"""Runs a command and prints wall seconds, cpu seconds of all reaped descendants, and the largest process in MB."""
import json
import resource
import subprocess
import sys
import time

start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
figures = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "rssMb": used.ru_maxrss / 1024, "code": done.returncode}
print(json.dumps(figures))
