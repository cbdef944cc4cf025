"""The files of an attempt and the text in them. Written by temporary name and rename, never synced: a power cut ends the
attempt too.
"""

import os
import time


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
        content = end_of(order).encode()
        file = os.open(path + b".tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            if os.write(file, content) < len(content):
                return False
        finally:
            os.close(file)
        os.rename(path + b".tmp", path)
        return True
    except FileNotFoundError:
        return True
    except OSError:
        return False


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
