"""Runs the attempts of one slot, one at a time, and outlives the engine that ordered them.

Knows orders, time and the life of an attempt; knows nothing of pipelines, reuse or records. Orders come in as NUL-framed
fields on stdin, reports go out as JSON lines on stdout; docs/reference/computes.md describes both. Only modules that
load in a millisecond are imported at the top: the start of the first step waits for them.
"""

import _signal
import os
import select
import time

from . import files
from .memory import MemoryGroups
from .order import Order
from .processes import Processes, identity_text, watch_children

# What a step leaves behind may end by itself for so long (`> >(tee log)` does) before it is stopped.
SETTLE_S = 0.5
# Leftovers of a step that has ended get at most this much time between TERM and KILL.
LEFTOVER_GRACE_S = 2.0
# Starts, and ends while enough orders wait here, are told together: short steps wake the engine less often.
HOLD_S = 0.008
ENOUGH = 2
# Processes of another user (sudo) cannot be signalled; after this long they are named and left.
GIVE_UP_S = 30.0


class Supervisor:
    def __init__(self, arguments):
        self.state, bash, boot_id, mode = arguments[:4]
        self.processes = Processes(bash, boot_id, mode)
        self.memory = MemoryGroups(*arguments[4:7]) if len(arguments) > 4 else None
        self.queue = []
        self.variables = {}
        self.current = None
        self.engine_gone = False
        self.input = b""
        self.output = b""
        self.hold_until = None
        self.unwritten = []
        self.poll = select.poll()
        self.wake = watch_children()
        self.poll.register(0, select.POLLIN)
        self.poll.register(self.wake, select.POLLIN)
        self.wants_output = False

    def run(self):
        os.set_blocking(1, False)
        os.chdir("/")
        while self.current or self.unwritten or not self.engine_gone:
            for fd, _ in self.poll.poll(self.patience()):
                if fd == 0:
                    self.receive()
                elif fd == self.wake:
                    os.read(self.wake, 512)
            self.attend()
            while self.current is None and self.queue:
                self.start(self.queue.pop(0))
            self.flush()

    def patience(self):
        """Milliseconds until something must be done unasked, or None."""
        moments = []
        order = self.current
        if order:
            moments = [t for t in (order.deadline, order.kill_at, order.settle_at) if t is not None]
            if order.killing_since is not None:
                moments.append(time.monotonic() + 0.02)
            elif not self.processes.subreaper and order.all_ended():
                moments.append(time.monotonic() + 0.02)
        if self.hold_until is not None:
            moments.append(self.hold_until)
        if self.unwritten:
            moments.append(time.monotonic() + 0.5)
        if not moments:
            return None
        # poll takes no more than 2^31 ms, which is less than some time limits of steps.
        return max(0, min(3600000, int((min(moments) - time.monotonic()) * 1000) + 1))

    # Orders and reports.

    def receive(self):
        data = os.read(0, 1 << 20)
        if not data:
            # The engine is gone: what runs goes on, what only waits is for the next engine to order again.
            self.engine_gone = True
            self.queue = []
            self.poll.unregister(0)
            return
        self.input += data
        while True:
            mark = self.input.find(b"\0")
            if mark < 0:
                return
            end = mark + 1 + int(self.input[:mark])
            if len(self.input) < end:
                return
            fields = self.input[mark + 1 : end].split(b"\0")
            self.input = self.input[end:]
            self.obey(fields)

    def obey(self, fields):
        if fields[0] == b"start":
            order = Order(fields, self.variables)
            self.variables = order.variables
            self.queue.append(order)
            return
        waiting = next((order for order in self.queue if order.id == fields[1]), None)
        if waiting:
            self.queue.remove(waiting)
            if fields[0] == b"withdraw":
                self.say('{"kind":"withdrawn","attemptId":%s}' % files.text(waiting.id))
                self.hold_until = None
            else:
                waiting.reason = "cancelled"
                self.end(waiting)
        elif fields[0] == b"cancel" and self.current and self.current.id == fields[1]:
            if self.current.reason is None and not self.current.all_ended():
                self.stop(self.current, "cancelled")

    def say(self, line):
        self.output += line.encode() + b"\n"

    def hold(self):
        """Lets what has been said wait for more, but not for long."""
        if self.hold_until is None:
            self.hold_until = time.monotonic() + HOLD_S

    def flush(self):
        if self.hold_until is not None and not self.engine_gone:
            if time.monotonic() < self.hold_until:
                return
            self.hold_until = None
        while self.output:
            try:
                self.output = self.output[os.write(1, self.output) :]
            except BlockingIOError:
                break
            except OSError:
                self.output = b""
        if self.wants_output != bool(self.output):
            self.wants_output = bool(self.output)
            if self.wants_output:
                self.poll.register(1, select.POLLOUT)
            else:
                self.poll.unregister(1)

    # Starting.

    def start(self, order):
        newest = files.newest_epoch(self.state)
        if newest > order.epoch:
            older = "another engine has taken over (epoch %d, this order is of %d)" % (newest, order.epoch)
            self.refuse(order, older)
            return
        try:
            # The file is the claim: whoever creates it owns the attempt, so that nothing starts twice.
            files.claim(order)
        except FileExistsError:
            self.refuse(order, "this attempt was already started once")
            return
        except OSError as error:
            detail = "cannot write in the attempt's folder: %s" % files.reason_of(error, order.folder)
            self.refuse(order, detail, files.unwritable(error))
            return
        self.launch(order)

    def launch(self, order):
        order.begin()
        self.current = order
        try:
            log = files.open_log(order.log)
        except OSError as error:
            detail = "cannot write the log: %s" % files.reason_of(error, order.log)
            self.not_started(order, detail, files.unwritable(error))
            return
        try:
            os.chdir(order.work)
        except OSError as error:
            os.close(log)
            self.not_started(order, "the work folder cannot be entered: %s" % files.reason_of(error, order.work))
            return
        try:
            self.enter_memory_group(order)
            for environment in order.environments:
                order.mains[self.processes.spawn(order.script, environment, log)] = None
        except OSError as error:
            order.details.append("bash could not be started: %s" % files.reason_of(error, self.processes.bash.encode()))
            order.reason = "not_started"
        finally:
            if order.group:
                self.memory.leave()
            os.close(log)
            os.chdir("/")
        if order.mains:
            self.announce(order)
        if order.reason == "not_started":
            order.failed = True
            self.stop(order, "not_started")

    def announce(self, order):
        names = [identity_text(self.processes.identify(pid)) for pid in order.mains]
        me = self.processes.me_text
        content = '{"process":%s,"supervisor":%s,"others":[%s]}' % (names[0], me, ",".join(names[1:]))
        try:
            files.write_line(order, content)
        except OSError as error:
            order.details.append("its start could not be written down: %s" % files.reason_of(error, order.folder))
        if order.timeout is not None:
            order.deadline = time.monotonic() + order.timeout
        self.say(
            '{"kind":"started","attemptId":%s,"at":%d,"process":%s}'
            % (files.text(order.id), order.started_at, names[0])
        )
        self.hold()

    def enter_memory_group(self, order):
        if order.memory is not None and self.memory:
            order.group = self.memory.make(order.id.decode(), order.memory)
            if order.group:
                self.memory.enter(order.group)

    def refuse(self, order, detail, reason="not_started"):
        """An order that is not ours to run: its files belong to somebody else and stay as they are."""
        order.reason = reason
        order.details.append(detail)
        self.say('{"kind":"ended","attemptId":%s,"end":%s}' % (files.text(order.id), files.end_of(order)))

    def not_started(self, order, detail, reason="not_started"):
        order.reason = reason
        order.details.append(detail)
        self.current = None
        self.end(order)

    # Watching and ending.

    def attend(self):
        for late in self.unwritten[:]:
            if files.write_end(late):
                self.unwritten.remove(late)
        order = self.current
        if order is None:
            return
        childless = self.reap(order)
        now = time.monotonic()
        if order.deadline is not None and now >= order.deadline and not order.all_ended():
            order.details.extend(still_running(list(order.mains.values())))
            self.stop(order, "timeout")
        if order.all_ended() and self.is_gone(order, childless, now):
            self.current = None
            self.end(order)
        elif order.kill_at is not None and now >= order.kill_at:
            order.kill_at = None
            order.killing_since = now
            self.processes.signal_tree(order, _signal.SIGKILL)
        elif order.killing_since is not None:
            self.processes.signal_tree(order, _signal.SIGKILL)

    def reap(self, order):
        """Takes the status of whatever has ended; True when no child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if pid in order.mains:
                order.mains[pid] = status
                self.note(order, pid, status)

    def note(self, order, pid, status):
        order.leftovers.discard(pid)
        if status == 0 or order.failed:
            return
        order.failed = True
        if os.WIFSIGNALED(status):
            order.signal = self.processes.signal_name(os.WTERMSIG(status))
        else:
            order.exit_code = os.WEXITSTATUS(status)
        if len(order.mains) > 1 and not order.all_ended() and order.reason is None:
            index = list(order.mains).index(pid)
            order.details.append("process %d of %d failed; the others were stopped" % (index, len(order.mains)))
            self.stop(order, None)

    def is_gone(self, order, childless, now):
        """True when nothing of the tree is left; else sees to it that it goes."""
        order.deadline = None
        if childless and self.processes.subreaper:
            return True
        rest = self.processes.survivors(order)
        if not rest:
            return True
        if order.killing_since is not None and now - order.killing_since > GIVE_UP_S:
            order.details.append("%s could not be stopped" % counted(len(rest)))
            return True
        if order.kill_at is not None or order.killing_since is not None:
            return False
        if order.settle_at is None:
            order.settle_at = now + SETTLE_S
        elif now >= order.settle_at:
            order.settle_at = None
            order.leftovers.update(rest)
            self.processes.signal_tree(order, _signal.SIGTERM)
            order.kill_at = now + min(order.grace, LEFTOVER_GRACE_S)
        return False

    def stop(self, order, reason):
        order.reason = order.reason or reason
        order.deadline = None
        order.settle_at = None
        if order.kill_at is None and order.killing_since is None:
            order.kill_at = time.monotonic() + order.grace
            self.processes.signal_tree(order, _signal.SIGTERM)

    def end(self, order):
        if order.leftovers:
            count = len(order.leftovers)
            were = "was" if count == 1 else "were"
            order.details.append("%s %s still running and %s stopped" % (counted(count), were, were))
        if order.group and self.memory.close(order.group) and order.failed and order.reason is None:
            order.reason = "out_of_memory"
            order.details.append("more than its memory limit of %d MiB was needed" % (order.memory >> 20))
        if order.reason is None:
            # Another engine that adopted the attempt may have signalled its processes itself.
            asked = order.failed and os.path.exists(order.folder + b"/cancel")
            order.reason = "cancelled" if asked else "exited"
        if order.reason == "exited" and not order.failed:
            order.exit_code = 0
        order.finished = order.moment()
        if not files.write_end(order):
            self.unwritten.append(order)
        self.say('{"kind":"ended","attemptId":%s,"end":%s}' % (files.text(order.id), files.end_of(order)))
        if len(self.queue) < ENOUGH:
            self.hold_until = None
        else:
            self.hold()
        self.flush()


def still_running(statuses):
    """Of several processes, which have no end yet."""
    total = len(statuses)
    running = [str(index) for index, status in enumerate(statuses) if status is None]
    if total == 1:
        return []
    if len(running) == total:
        return ["all %d processes were still running" % total]
    which = "process %s of %d was" if len(running) == 1 else "processes %s of %d were"
    return [which % (", ".join(running), total) + " still running"]


def counted(count):
    return "1 process" if count == 1 else "%d processes" % count
