"""The file of an attempt, a line for its beginning and one for its end, and the text in them. Never synced: a power cut
ends the attempt too.
"""

import os
import time

# As `errno` has them; the module would be one more to load for the first step.
ENOSPC = 28
EEXIST = 17


def newest_epoch(state):
    """The newest engine's epoch: an order of an older one is not ours to run."""
    try:
        return int(read(state + "/epoch") or 0)
    except (OSError, ValueError):
        return 0


def read(path):
    """A small file. The built-in open() makes three system calls more."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, 4096)
    finally:
        os.close(file)


WRITTEN = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


def open_log(path):
    try:
        return os.open(path, WRITTEN | os.O_EXCL, 0o644)
    except FileExistsError:
        return open_existing(path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, WRITTEN | os.O_EXCL, 0o644)


def open_existing(path):
    """An earlier attempt may have put a pipe, a device or a link there: none is waited for, followed or written to."""
    try:
        file = os.open(path, WRITTEN | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    except OSError as error:
        if is_file(os.lstat(path)):
            raise
        raise NotAFile from error
    if not is_file(os.fstat(file)):
        os.close(file)
        raise NotAFile
    os.set_blocking(file, True)
    return file


def is_file(stats):
    return stats.st_mode & 0o170000 == 0o100000


class NotAFile(OSError):
    def __init__(self):
        super().__init__(EEXIST, "something that is no file is in its place: remove it")


def claim(order):
    order.file = os.open(order.folder + b"/attempt.jsonl", WRITTEN | os.O_EXCL, 0o644)


def write_end(order):
    """Also closes the file. False when the disk is full: the caller tries again as long as it lives."""
    try:
        if order.file is None:
            order.file = open_existing(order.folder + b"/attempt.jsonl")
        write_line(order, end_of(order))
    except (FileNotFoundError, NotAFile):
        return True
    except OSError:
        return False
    os.close(order.file)
    order.file = None
    return True


def write_line(order, line):
    """A line of which only a part found room is left behind; the next one does not go on with it."""
    content = b"%s%s\n" % (b"\n" if order.is_torn else b"", line.encode())
    order.is_torn = True
    if os.write(order.file, content) < len(content):
        raise OSError(ENOSPC, os.strerror(ENOSPC))
    order.is_torn = False


def end_of(order):
    return '{"exitCode":%s,"signal":%s,"reason":"%s","detail":%s,"startedAt":%s,"finishedAt":%d}' % (
        "null" if order.exit_code is None else order.exit_code,
        text(order.signal),
        order.reason,
        text("; ".join(order.details) or None),
        "null" if order.started_at is None else order.started_at,
        order.finished or int(time.time() * 1000),
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


def unwritable(error):
    """The reason of an attempt that could not be started: a full disk passes, another one is made then."""
    import errno

    return "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "not_started"


def reason_of(error, path):
    return "%s: %s" % (os.fsdecode(path), error.strerror or error)
