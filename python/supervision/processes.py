"""The processes of this machine as a supervisor sees them: starting, naming, finding and signalling. Knows no orders
beyond the name of an attempt and the pids it began with.
"""

import _signal
import os
import sys
import time

from . import direct, files

# Dispositions that a Python parent changes and a step must not inherit.
DEFAULT_SIGNALS = [
    _signal.SIGPIPE, _signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM, _signal.SIGCHLD,
] + ([_signal.SIGXFSZ] if hasattr(_signal, "SIGXFSZ") else [])


class Processes:
    def __init__(self, bash, boot_id, mode):
        self.bash = bash
        self.boot_id = boot_id
        self.has_proc = mode == "linux"
        self.subreaper = self.has_proc and become_subreaper()
        self.null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        # Asked once: what is written about every attempt is who supervises it.
        me = self.identify(os.getpid()) if self.has_proc else (boot_id, os.getpid(), asked_start(os.getpid()))
        self.me_text = identity_text(me)

    def spawn(self, script, environment, log):
        try:
            plain = direct.command_of(script, environment)
            if plain:
                return self.begin(*plain, log)
        except OSError:
            # Bash knows what to say of it, or how to run it.
            pass
        return self.begin(self.bash, [b"bash", b"-c", script], environment, log)

    def begin(self, program, arguments, environment, log):
        try:
            return os.posix_spawn(
                program,
                arguments,
                environment,
                setsid=True,
                setsigdef=DEFAULT_SIGNALS,
                setsigmask=[],
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, self.null, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
            )
        except (NotImplementedError, AttributeError):
            # An old C library has no posix_spawn with a new session.
            import subprocess

            child = subprocess.Popen(
                arguments,
                executable=program,
                env=environment,
                stdin=self.null,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            # The loop reaps it; the object must not.
            child.returncode = 0
            return child.pid

    def identify(self, pid):
        """(boot id, pid, start time); the start time is that of /proc, or this second in UTC as `ps` prints it: it must have just begun."""
        if self.has_proc:
            return self.boot_id, pid, proc_fields(pid)[19].decode()
        return self.boot_id, pid, clock_text()

    def survivors(self, order):
        """Living processes of the attempt, those that it began with included."""
        return descendants(os.getpid()) if self.subreaper else marked(order)

    def signal_tree(self, order, number):
        for pid in self.survivors(order):
            try:
                os.kill(pid, number)
                if number != _signal.SIGKILL:
                    # A stopped process sees the signal only when it goes on.
                    os.kill(pid, _signal.SIGCONT)
            except OSError:
                pass

    def signal_name(self, number):
        import signal

        try:
            return signal.Signals(number).name
        except ValueError:
            return "SIG%d" % number


def become_subreaper():
    """Orphans of a step become our children, so that none can escape. ctypes would cost 5 ms; its C part does not."""
    try:
        import _ctypes

        prctl = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")
        return _ctypes.call_function(prctl, (36, 1, 0, 0, 0)) == 0
    except Exception:
        return False


def watch_children():
    """A descriptor that becomes readable when a child has ended."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    os.set_blocking(read, False)
    _signal.set_wakeup_fd(write)
    _signal.signal(_signal.SIGCHLD, lambda *_: None)
    for number in (_signal.SIGINT, _signal.SIGHUP):
        _signal.signal(number, _signal.SIG_IGN)
    return read


def identity_text(identity):
    return '{"bootId":"%s","pid":%d,"startTime":"%s"}' % identity


def asked_start(pid):
    """The start time by `ps`, for a process that began some time ago."""
    import subprocess

    asked = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        stdout=subprocess.PIPE,
        env=plain_environment(),
    )
    return " ".join(asked.stdout.decode().split()) or clock_text()


def plain_environment():
    """For `ps`, which a PATH may lack: start times in UTC, as the engine asks for them."""
    return {"PATH": (os.environ.get("PATH") or "/bin") + ":/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC0"}


def clock_text():
    return time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime())


def proc_fields(pid):
    """What stands behind the name in /proc/PID/stat; the name may hold anything."""
    return files.read("/proc/%d/stat" % pid).rpartition(b")")[2].split()


def is_running(state, threads):
    """A process whose first thread alone has ended looks like a zombie and runs on."""
    return state != b"X" and (state != b"Z" or threads > 1)


def descendants(root):
    children = {}
    running = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = proc_fields(int(name))
            except OSError:
                continue
            if is_running(fields[0], int(fields[17])):
                running.add(int(name))
            children.setdefault(int(fields[1]), []).append(int(name))
    found = []
    unvisited = [root]
    while unvisited:
        for pid in children.get(unvisited.pop(), ()):
            unvisited.append(pid)
            if pid in running:
                found.append(pid)
    return found


def marked(order):
    """Without a subreaper: the tree below the first processes, their groups, and who carries the attempt's name."""
    import subprocess

    show = ["-axww", "-E"] if sys.platform == "darwin" else ["axeww"]
    listing = subprocess.run(
        ["ps"] + show + ["-o", "pid=,ppid=,pgid=,stat=,command="],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=plain_environment(),
    ).stdout
    marker = b"STEPWELL_ATTEMPT=" + order.id
    rows = [line.split(None, 4) for line in listing.splitlines()]
    # `Zl`: its first thread has ended, others run on.
    rows = [row for row in rows if len(row) == 5 and (not row[3].startswith(b"Z") or b"l" in row[3])]
    found = set()
    grown = True
    while grown:
        grown = False
        for row in rows:
            pid, parent, group = int(row[0]), int(row[1]), int(row[2])
            if pid in found or pid == os.getpid():
                continue
            named = marker in row[4].split()
            if named or pid in order.mains or group in order.mains or parent in found:
                found.add(pid)
                grown = True
    return sorted(found)
