"""Starts the supervisor of one slot of the local compute; the work is done in supervision/.

Started as `python3 -I -S supervisor.py STATE BASH BOOT_ID linux|posix [MEMORY_VERSION MEMORY_PARENT MEMORY_HOME]`.
Compiled modules are kept in the state folder: compiling them again would make the first step wait for 10 ms.
"""

import sys

sys.path.insert(0, __file__.rpartition("/")[0] or ".")
sys.pycache_prefix = sys.argv[1] + "/pycache"

from supervision.loop import Supervisor  # noqa: E402

# What is imported later is left alone: by then the folder may have been moved, and would be made again in its old place.
sys.pycache_prefix = None
sys.dont_write_bytecode = True

Supervisor(sys.argv[1:]).run()
