"""One attempt, from the frame that ordered it to its end. Holds what is known about it; does nothing by itself."""

import time


class Order:
    """One attempt, from the frame that ordered it to the line that says how it ended."""

    def __init__(self, fields, before):
        """`before`: the variables of the start that came before this one; the frame says how ours differ."""
        self.id, epoch, self.folder, self.work, self.script, self.log = fields[1:7]
        self.epoch = int(epoch)
        self.timeout = int(fields[7]) / 1000 if fields[7] else None
        self.grace = int(fields[8]) / 1000
        self.memory = int(fields[9]) if fields[9] else None
        at = 11 + int(fields[10])
        self.variables = before.copy()
        for pair in fields[11:at]:
            name, equals, value = pair.partition(b"=")
            if equals:
                self.variables[name] = value
            else:
                self.variables.pop(name, None)
        self.environments = []
        for _ in range(int(fields[at])):
            end = at + 2 + int(fields[at + 1])
            own = dict(pair.split(b"=", 1) for pair in fields[at + 2 : end])
            self.environments.append({**self.variables, **own} if own else self.variables)
            at = end - 1
        # What is written about it, from the claim to the end.
        self.file = None
        self.is_torn = False
        self.mains = {}
        self.started_at = None
        self.began = None
        self.finished = None
        self.deadline = None
        self.exit_code = None
        self.signal = None
        self.failed = False
        self.reason = None
        self.details = []
        self.group = None
        # Stopping: when to KILL what is left, and since when nothing but survivors of the mains is left.
        self.kill_at = None
        self.killing_since = None
        self.settle_at = None
        self.leftovers = set()

    def begin(self):
        self.started_at = int(time.time() * 1000)
        self.began = time.monotonic()

    def moment(self):
        """Now. The clock of the machine may have been set back since it began: what it took is not less for that."""
        now = int(time.time() * 1000)
        if self.began is None:
            return now
        return max(now, self.started_at + int((time.monotonic() - self.began) * 1000))

    def all_ended(self):
        return None not in self.mains.values()
