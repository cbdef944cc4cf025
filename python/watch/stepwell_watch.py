"""Writes down which files a step's Python opens, which folders it lists and which hosts it connects to, outside of what is
known to belong to the step. It must never fail a step, and costs next to nothing: a look at an event's name, and for an
open file at the beginning of its path."""
import sys


def watch():
    import os

    own = os.environ.get("STEPWELL_WATCH", "").split("\n")
    rules = os.environ.get("STEPWELL_WATCH_RULES", "").split("\n\n")
    if not own[0] or len(rules) != 2:
        return
    record, append = own[0], os.O_WRONLY | os.O_CREAT | os.O_APPEND
    added = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    prefixes = {getattr(sys, name) for name in ("prefix", "base_prefix", "exec_prefix", "base_exec_prefix")}
    within = lambda paths: tuple(path.rstrip("/") + "/" for path in paths if path)
    targets = [
        target
        for name, module in list(sys.modules.items())
        if name.startswith("__editable__")
        for target in getattr(module, "MAPPING", {}).values()
    ]
    environment = within(prefixes) + within(targets)
    known = within(own[1:]) + environment
    # A target is a package, or a module without the ending of its file.
    exact = frozenset(own[1:] + [target + ".py" for target in targets])
    wanted, unwanted = (tuple(filter(None, rule.split("\n"))) for rule in rules)
    sources = within(p for p in sys.path if p and p not in added and not p.startswith(environment))
    code = (".py", ".pyc", ".pyi", ".pyx", ".pxd", ".so", ".pyd", ".pth", ".egg-link")
    seen, names, limit = set(), [], 20000

    def tell(kind, text):
        if (kind, text) in seen or len(seen) >= limit or "\n" in text:
            return
        seen.add((kind, text))
        handle = os.open(record, append, 0o600)
        try:
            os.write(handle, os.fsencode(kind + " " + text + "\n"))
        finally:
            os.close(handle)

    def opened(kind, path):
        if not isinstance(path, str):
            if isinstance(path, int):
                return
            path = os.fsdecode(path)
        if path in exact or path.startswith(known):
            return
        if not path.startswith("/") or "/." in path or "//" in path:
            path = os.path.abspath(path)
            if path in exact or (path + "/").startswith(known):
                return
        if not path.startswith(wanted) and (path + "/").startswith(unwanted):
            return
        if (path + "/").startswith(sources):
            folder = path if kind == "l" else os.path.dirname(path)
            if path + "/" in sources or path.endswith(code) or os.path.exists(folder + "/__init__.py"):
                return
            # The importer lists a source folder whenever it looks for a module; of a namespace package too.
            if kind == "l" and imports(sys._getframe(1)):
                return
        if path.endswith(".pyc"):
            folder, name = os.path.split(path)
            path = os.path.join(os.path.dirname(folder), name.split(".")[0] + ".py")
            if path in exact:
                return
        if kind == "w" or ("w", path) not in seen:
            tell(kind, path)

    def imports(frame):
        while frame is not None and frame.f_code.co_filename == __file__:
            frame = frame.f_back
        return frame is not None and frame.f_code.co_filename.startswith("<frozen importlib")

    def connected(address):
        if not isinstance(address, tuple) or not isinstance(address[0], str):
            return
        host = address[0]
        if host in ("", "localhost", "::1", "0.0.0.0", "::") or host.startswith("127."):
            return
        # A name stands for the first connection after it was looked up: the next may be to a bare address.
        tell("c", names.pop() if names else host)

    def resolved(host):
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        if isinstance(host, str) and host not in ("", "localhost") and not host.startswith("127."):
            names[:] = [host]

    here = __file__.rpartition("/")[0]

    def started(program, env=None):
        name = os.path.basename(os.fsdecode(program))
        path = here if env is None else os.fsdecode(env.get("PYTHONPATH") or env.get(b"PYTHONPATH") or "")
        # A Python that is given another PYTHONPATH is watched no more than any other program.
        if not name.startswith("python") or here not in path.split(os.pathsep):
            tell("x", name)

    def take(event, arguments):
        if event == "open":
            flags = arguments[2]
            writes = flags & os.O_ACCMODE == os.O_WRONLY or flags & os.O_TRUNC
            opened("w" if writes else "r", arguments[0])
        elif event == "os.listdir" or event == "os.scandir":
            opened("l", "." if arguments[0] is None else arguments[0])
        elif event == "sqlite3.connect":
            if arguments[0] != ":memory:":
                opened("r", arguments[0])
        elif event == "socket.getaddrinfo":
            resolved(arguments[0])
        elif event == "socket.connect":
            connected(arguments[1])
        elif event == "os.system":
            started("sh")
        else:
            started(arguments[0] or arguments[1][0], arguments[3 if event == "subprocess.Popen" else 2])

    programs = frozenset("subprocess.Popen os.posix_spawn os.exec os.system".split())
    events = programs.union(
        "open os.listdir os.scandir sqlite3.connect socket.getaddrinfo socket.connect".split()
    )

    # Every event of the interpreter comes through here, id() among them: nothing may be done twice.
    def hook(event, arguments, events=events, known=known, text=str):
        if event in events:
            path = arguments[0]
            if path.__class__ is text and path.startswith(known) and event not in programs:
                return
            try:
                take(event, arguments)
            except Exception:
                pass

    tell("p", str(os.getpid()))
    expected = os.environ.get("STEPWELL_WATCH_PYTHON")
    if expected and not is_python(expected) and not starts_another():
        # Another Python than the step's own environment: what is installed in it is known to nobody.
        for path in sys.path:
            if path.startswith(sys.prefix + os.sep) and path.endswith("-packages"):
                tell("v", path)
    sys.addaudithook(hook)


def is_python(expected):
    """True of the environment in that folder, and of that program where it runs in no environment of its own."""
    import os

    is_environment = sys.prefix != sys.base_prefix or os.path.isdir(expected)
    own = sys.prefix if is_environment else sys.executable
    return not own or own == expected or os.path.realpath(own) == os.path.realpath(expected)


def starts_another():
    """True of a program that starts the Python of an environment (`conda run`), and makes nothing of a step itself."""
    script = (getattr(sys, "orig_argv", None) or [])[1:2]
    starters = ("conda", "mamba", "poetry", "pdm", "pipenv", "hatch")
    return bool(script) and script[0].rpartition("/")[2] in starters


def chain(here):
    """The sitecustomize that this one stands in front of, if there is one."""
    # Under these names they are loaded already; under importlib's each Python would start a millisecond later.
    from _frozen_importlib import module_from_spec
    from _frozen_importlib_external import PathFinder

    sys.path[:] = [path for path in sys.path if path != here]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)
