"""Memory limits by control groups: the supervisor steps into a group, starts the step, and steps out again, so that it
stands outside the limit itself. Where groups cannot be written there is no limit.
"""

import os
import time


class MemoryGroups:
    def __init__(self, version, parent, home):
        self.version = version
        self.parent = parent
        self.home = home

    def make(self, attempt_id, limit):
        """The folder of a new group, or None."""
        group = os.path.join(self.parent, "stepwell-" + attempt_id)
        try:
            os.mkdir(group)
            if self.version == "1":
                put(group + "/memory.limit_in_bytes", limit)
                put(group + "/memory.memsw.limit_in_bytes", limit, optional=True)
            else:
                put(group + "/memory.max", limit)
                put(group + "/memory.swap.max", 0, optional=True)
            return group
        except OSError:
            remove(group)
            return None

    def enter(self, group):
        put(group + "/cgroup.procs", os.getpid(), optional=True)

    def leave(self):
        put(self.home + "/cgroup.procs", os.getpid(), optional=True)

    def close(self, group):
        """Removes the group; True when the kernel has killed something in it for want of memory."""
        name = "/memory.oom_control" if self.version == "1" else "/memory.events"
        kills = 0
        try:
            with open(group + name) as file:
                for line in file:
                    if line.startswith("oom_kill "):
                        kills = int(line.split()[1])
        except OSError:
            pass
        remove(group)
        return kills > 0


def remove(group):
    # The last process may still be leaving.
    for _ in range(20):
        try:
            os.rmdir(group)
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.005)


def put(path, value, optional=False):
    try:
        with open(path, "w") as file:
            file.write(str(value))
    except OSError:
        if not optional:
            raise
