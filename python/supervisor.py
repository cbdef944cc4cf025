"""Runs the attempts of one slot of the local compute, one at a time, and outlives the engine that ordered them.

It knows processes, files and time; it knows nothing of pipelines, reuse or records. Orders come in as NUL-framed
fields on stdin, reports go out as JSON lines on stdout; docs/reference/computes.md describes both. Started as
`python3 -I -S supervisor.py STATE BASH BOOT_ID linux|posix [MEMORY_VERSION MEMORY_PARENT MEMORY_HOME]`. Only modules
that load in a millisecond are imported at the top: the start of the first step waits for this file.
"""

import _signal
import os
import select
import sys
import time

STATE, BASH, BOOT_ID, MODE = sys.argv[1:5]
MEMORY = sys.argv[5:8]

# What a step leaves behind may end by itself for so long (`> >(tee log)` does) before it is stopped.
SETTLE_S = 0.5
# Leftovers of a step that has ended get at most this much time between TERM and KILL.
LEFTOVER_GRACE_S = 2.0
# A start is reported together with the end when the step is shorter than this: half the wake-ups of the engine.
HOLD_S = 0.004
# Processes of another user (sudo) cannot be signalled; after this long they are named and left.
GIVE_UP_S = 30.0
# Dispositions that a Python parent changes and a step must not inherit.
DEFAULT_SIGNALS = [
    _signal.SIGPIPE, _signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM, _signal.SIGCHLD,
] + ([_signal.SIGXFSZ] if hasattr(_signal, "SIGXFSZ") else [])


class Order:
    """One attempt, from the frame that ordered it to its exit file."""

    def __init__(self, fields):
        self.id, epoch, self.folder, self.work, self.script, self.log = fields[1:7]
        self.epoch = int(epoch)
        self.timeout = int(fields[7]) / 1000 if fields[7] else None
        self.grace = int(fields[8]) / 1000
        self.memory = int(fields[9]) if fields[9] else None
        at = 11 + int(fields[10])
        shared = fields[11:at]
        self.environments = []
        for _ in range(int(fields[at])):
            end = at + 2 + int(fields[at + 1])
            self.environments.append(dict(pair.split(b"=", 1) for pair in shared + fields[at + 2 : end]))
            at = end - 1
        self.mains = {}
        self.started_at = None
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


class Supervisor:
    def __init__(self):
        self.queue = []
        self.current = None
        self.engine_gone = False
        self.input = b""
        self.output = b""
        self.hold_until = None
        self.unwritten = []
        self.subreaper = MODE == "linux" and become_subreaper()
        self.null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
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
            elif not self.subreaper and all_ended(order):
                moments.append(time.monotonic() + 0.02)
        if self.hold_until is not None:
            moments.append(self.hold_until)
        if self.unwritten:
            moments.append(time.monotonic() + 0.5)
        if not moments:
            return None
        return max(0, int((min(moments) - time.monotonic()) * 1000) + 1)

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
            self.queue.append(Order(fields))
            return
        waiting = next((order for order in self.queue if order.id == fields[1]), None)
        if waiting:
            self.queue.remove(waiting)
            if fields[0] == b"withdraw":
                self.say('{"kind":"withdrawn","attemptId":%s}' % text(waiting.id))
            else:
                waiting.reason = "cancelled"
                self.end(waiting)
        elif fields[0] == b"cancel" and self.current and self.current.id == fields[1]:
            if self.current.reason is None and not all_ended(self.current):
                self.stop(self.current, "cancelled")

    def say(self, line):
        self.hold_until = None
        self.output += line.encode() + b"\n"

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
        newest = newest_epoch()
        if newest > order.epoch:
            self.refuse(order, "another engine has taken over (epoch %d, this order is of %d)" % (newest, order.epoch))
            return
        try:
            # The file is the claim: whoever creates it owns the attempt, so that nothing starts twice.
            claim = os.open(
                order.folder + b"/process.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644
            )
        except FileExistsError:
            self.refuse(order, "this attempt was already started once")
            return
        except OSError as error:
            self.refuse(order, "cannot write in the attempt's folder: %s" % reason_of(error, order.folder))
            return
        try:
            self.launch(order, claim)
        finally:
            os.close(claim)

    def launch(self, order, claim):
        order.started_at = int(time.time() * 1000)
        self.current = order
        try:
            log = open_log(order.log)
        except OSError as error:
            self.not_started(order, "cannot write the log: %s" % reason_of(error, order.log))
            return
        try:
            os.chdir(order.work)
        except OSError as error:
            os.close(log)
            self.not_started(order, "the work folder cannot be entered: %s" % reason_of(error, order.work))
            return
        try:
            enter_memory_group(order)
            for environment in order.environments:
                order.mains[spawn(order.script, environment, self.null, log)] = None
        except OSError as error:
            order.details.append("bash could not be started: %s" % reason_of(error, BASH.encode()))
            order.reason = "not_started"
        finally:
            leave_memory_group(order)
            os.close(log)
            os.chdir("/")
        if order.mains:
            self.announce(order, claim)
        if order.reason == "not_started":
            order.failed = True
            self.stop(order, "not_started")

    def announce(self, order, claim):
        identity = '{"bootId":"%s","pid":%d,"startTime":"%s"}' % identify(next(iter(order.mains)))
        me = '{"bootId":"%s","pid":%d,"startTime":"%s"}' % identify(os.getpid())
        others = ",".join('{"bootId":"%s","pid":%d,"startTime":"%s"}' % identify(p) for p in list(order.mains)[1:])
        content = '{"process":%s,"supervisor":%s,"others":[%s]}\n' % (identity, me, others)
        try:
            os.write(claim, content.encode())
        except OSError as error:
            order.details.append("process.json could not be written: %s" % reason_of(error, order.folder))
        if order.timeout is not None:
            order.deadline = time.monotonic() + order.timeout
        self.say(
            '{"kind":"started","attemptId":%s,"at":%d,"process":%s}' % (text(order.id), order.started_at, identity)
        )
        self.hold_until = time.monotonic() + HOLD_S

    def refuse(self, order, detail):
        """An order that is not ours to run: its files belong to somebody else and stay as they are."""
        order.reason = "not_started"
        order.details.append(detail)
        self.say('{"kind":"ended","attemptId":%s,"end":%s}' % (text(order.id), end_of(order)))

    def not_started(self, order, detail):
        order.reason = "not_started"
        order.details.append(detail)
        self.current = None
        self.end(order)

    # Watching and ending.

    def attend(self):
        for late in self.unwritten[:]:
            if write_exit(late):
                self.unwritten.remove(late)
        order = self.current
        if order is None:
            return
        childless = self.reap(order)
        now = time.monotonic()
        if order.deadline is not None and now >= order.deadline and not all_ended(order):
            self.stop(order, "timeout")
        if all_ended(order) and self.is_gone(order, childless, now):
            self.current = None
            self.end(order)
        elif order.kill_at is not None and now >= order.kill_at:
            order.kill_at = None
            order.killing_since = now
            signal_tree(self, order, _signal.SIGKILL)
        elif order.killing_since is not None:
            signal_tree(self, order, _signal.SIGKILL)

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
            order.signal = signal_name(os.WTERMSIG(status))
        else:
            order.exit_code = os.WEXITSTATUS(status)
        if len(order.mains) > 1 and not all_ended(order) and order.reason is None:
            index = list(order.mains).index(pid)
            order.details.append("process %d of %d failed; the others were stopped" % (index, len(order.mains)))
            self.stop(order, None)

    def is_gone(self, order, childless, now):
        """True when nothing of the tree is left; else sees to it that it goes."""
        order.deadline = None
        if childless and self.subreaper:
            return True
        rest = survivors(self, order)
        if not rest:
            return True
        if order.killing_since is not None and now - order.killing_since > GIVE_UP_S:
            order.details.append("%s could not be stopped" % processes(len(rest)))
            return True
        if order.kill_at is not None or order.killing_since is not None:
            return False
        if order.settle_at is None:
            order.settle_at = now + SETTLE_S
        elif now >= order.settle_at:
            order.settle_at = None
            order.leftovers.update(rest)
            signal_tree(self, order, _signal.SIGTERM)
            order.kill_at = now + min(order.grace, LEFTOVER_GRACE_S)
        return False

    def stop(self, order, reason):
        order.reason = order.reason or reason
        order.deadline = None
        order.settle_at = None
        if order.kill_at is None and order.killing_since is None:
            order.kill_at = time.monotonic() + order.grace
            signal_tree(self, order, _signal.SIGTERM)

    def end(self, order):
        if order.leftovers:
            count = len(order.leftovers)
            order.details.append("%s still running and %s stopped" % (
                processes(count) + (" was" if count == 1 else " were"), "was" if count == 1 else "were"))
        close_memory_group(order)
        if order.reason is None:
            if order.failed and order.signal and os.path.exists(order.folder + b"/cancel"):
                order.reason = "cancelled"
            else:
                order.reason = "exited"
        if order.reason == "exited" and not order.failed:
            order.exit_code = 0
        order.finished = int(time.time() * 1000)
        if not write_exit(order):
            self.unwritten.append(order)
        self.say('{"kind":"ended","attemptId":%s,"end":%s}' % (text(order.id), end_of(order)))
        self.flush()


# Processes.


def become_subreaper():
    """Orphans of a step become our children, so that none can escape. ctypes would cost 5 ms; its C part does not."""
    try:
        import _ctypes

        prctl = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")
        return _ctypes.call_function(prctl, (36, 1, 0, 0, 0)) == 0
    except Exception:
        return False


def watch_children():
    read, write = os.pipe()
    os.set_blocking(write, False)
    os.set_blocking(read, False)
    _signal.set_wakeup_fd(write)
    _signal.signal(_signal.SIGCHLD, lambda *_: None)
    for number in (_signal.SIGINT, _signal.SIGHUP):
        _signal.signal(number, _signal.SIG_IGN)
    return read


def spawn(script, environment, null, log):
    arguments = [b"bash", b"-c", script]
    try:
        return os.posix_spawn(
            BASH, arguments, environment, setsid=True, setsigdef=DEFAULT_SIGNALS, setsigmask=[],
            file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)
            ],
        )
    except (NotImplementedError, AttributeError):
        import subprocess

        child = subprocess.Popen(
            arguments, executable=BASH, env=environment, stdin=null, stdout=log, stderr=log, start_new_session=True
        )
        # We reap by waitpid(-1); the object must not.
        child.returncode = 0
        return child.pid


def all_ended(order):
    return None not in order.mains.values()


def survivors(supervisor, order):
    """Living processes of the attempt, the mains included."""
    if supervisor.subreaper:
        return descendants(os.getpid())
    return marked(order)


def descendants(root):
    children = {}
    states = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            states[int(name)] = fields[0]
            children.setdefault(int(fields[1]), []).append(int(name))
    found = []
    open_pids = [root]
    while open_pids:
        for pid in children.get(open_pids.pop(), ()):
            open_pids.append(pid)
            if states[pid] not in (b"Z", b"X"):
                found.append(pid)
    return found


def marked(order):
    """Without a subreaper: the tree below the mains, their groups, and who carries the attempt's name."""
    import subprocess

    show = ["-axww", "-E"] if sys.platform == "darwin" else ["axeww"]
    listing = subprocess.run(
        ["ps"] + show + ["-o", "pid=,ppid=,pgid=,stat=,command="], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
    ).stdout
    marker = b"STEPWELL_ATTEMPT=" + order.id
    rows = [line.split(None, 4) for line in listing.splitlines()]
    found = set()
    grown = True
    while grown:
        grown = False
        for row in rows:
            if len(row) < 4 or row[3].startswith(b"Z") or int(row[0]) in found or int(row[0]) == os.getpid():
                continue
            parent, group = int(row[1]), int(row[2])
            named = len(row) > 4 and marker in row[4].split()
            if named or group in order.mains or parent in found or int(row[0]) in order.mains:
                found.add(int(row[0]))
                grown = True
    return sorted(found)


def signal_tree(supervisor, order, number):
    for pid in survivors(supervisor, order):
        try:
            os.kill(pid, number)
            if number != _signal.SIGKILL:
                os.kill(pid, _signal.SIGCONT)
        except OSError:
            pass


def identify(pid):
    if MODE == "linux":
        try:
            with open("/proc/%d/stat" % pid, "rb") as file:
                return BOOT_ID, pid, file.read().rpartition(b")")[2].split()[19].decode()
        except OSError:
            return BOOT_ID, pid, "0"
    if pid == os.getpid():
        return BOOT_ID, pid, ME_STARTED
    return BOOT_ID, pid, time.strftime("%a %b %e %H:%M:%S %Y")


ME_STARTED = time.strftime("%a %b %e %H:%M:%S %Y")


def signal_name(number):
    import signal

    try:
        return signal.Signals(number).name
    except ValueError:
        return "SIG%d" % number


def processes(count):
    return "1 process" if count == 1 else "%d processes" % count


# Memory limits by control groups: the supervisor steps in, starts the step, and steps out again.


def enter_memory_group(order):
    if order.memory is None or not MEMORY:
        return
    version, parent, _ = MEMORY
    group = os.path.join(parent, "stepwell-" + order.id.decode())
    try:
        os.mkdir(group)
        if version == "1":
            write(group + "/memory.limit_in_bytes", order.memory)
            write(group + "/memory.memsw.limit_in_bytes", order.memory, optional=True)
        else:
            write(group + "/memory.max", order.memory)
            write(group + "/memory.swap.max", 0, optional=True)
        write(group + "/cgroup.procs", os.getpid())
        order.group = group
    except OSError:
        try:
            os.rmdir(group)
        except OSError:
            pass


def leave_memory_group(order):
    if order.group:
        write(MEMORY[2] + "/cgroup.procs", os.getpid(), optional=True)


def close_memory_group(order):
    if not order.group:
        return
    file = "/memory.oom_control" if MEMORY[0] == "1" else "/memory.events"
    try:
        with open(order.group + file) as content:
            kills = [line.split()[1] for line in content if line.startswith("oom_kill ")]
        if kills and kills[0] != "0" and order.failed and order.reason is None:
            order.reason = "out_of_memory"
            order.details.append("more than its memory limit of %d MiB was needed" % (order.memory >> 20))
    except OSError:
        pass
    for _ in range(20):
        try:
            os.rmdir(order.group)
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.005)


def write(path, value, optional=False):
    try:
        with open(path, "w") as file:
            file.write(str(value))
    except OSError:
        if not optional:
            raise


# Files.


def newest_epoch():
    try:
        with open(STATE + "/epoch", "rb", 0) as file:
            return int(file.read() or 0)
    except (OSError, ValueError):
        return 0


def open_log(path):
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o644)


def write_exit(order):
    """False when the disk is full: the caller tries again as long as it lives."""
    path = order.folder + b"/exit.json"
    try:
        with open(path + b".tmp", "wb", 0) as file:
            file.write(end_of(order).encode())
        os.rename(path + b".tmp", path)
        return True
    except FileNotFoundError:
        return True
    except OSError:
        return False


def end_of(order):
    finished = getattr(order, "finished", None) or int(time.time() * 1000)
    return '{"exitCode":%s,"signal":%s,"reason":"%s","detail":%s,"startedAt":%s,"finishedAt":%d}' % (
        "null" if order.exit_code is None else order.exit_code,
        text(order.signal),
        order.reason,
        text("; ".join(order.details) or None),
        "null" if order.started_at is None else order.started_at,
        finished,
    )


def text(value):
    if value is None:
        return "null"
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if value.isascii() and value.replace("-", "").replace("_", "").replace(".", "").isalnum():
        return '"%s"' % value
    import json

    return json.dumps(value)


def reason_of(error, path):
    return "%s: %s" % (os.fsdecode(path), error.strerror or error)


Supervisor().run()
