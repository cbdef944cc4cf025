"""Lies on PYTHONPATH, so every Python of a step loads it first, and starts the watch. The watch is a module of its own
because steps write no bytecode: this one file they may, so that it is compiled once and not in every process."""
import sys

if sys.version_info >= (3, 5):
    unwritten = sys.dont_write_bytecode
    sys.dont_write_bytecode = False
    try:
        import stepwell_watch
    finally:
        sys.dont_write_bytecode = unwritten
    if sys.version_info >= (3, 8):
        try:
            stepwell_watch.watch()
        except Exception:
            pass
    # Also where nothing can be watched the user's own must not be lost.
    stepwell_watch.chain(__file__.rpartition("/")[0])
