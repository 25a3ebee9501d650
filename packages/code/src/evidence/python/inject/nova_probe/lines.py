"""Notes which lines of the project each test executes: through sys.monitoring where there is one, else sys.settrace."""

import atexit
import os
import re
import sys
import threading

from . import report

_TESTS = re.compile(r"(?:^|/)(?:tests?/|conftest\.py$|tests?\.py$|test_[^/]*\.py$|[^/]*_tests?\.py$)")
_FOREIGN = re.compile(r"(?:^|/)(?:\.?v?env[^/]*/(?:.*/)?lib|site-packages|dist-packages|node_modules|\.tox|\.nox|\.eggs|__pypackages__)/")
_MISSING = object()

_files = {}
_state = {"on": False, "test": None, "pid": 0}


def _lines_of(filename):
    """The set that collects the lines of a file, or None for a file that is not the project's own code."""
    below = report.relative(filename)
    lines = None
    if below and below.endswith(".py") and not _TESTS.search(below) and not _FOREIGN.search(below):
        lines = set()
    _files[filename] = (below, lines)
    return _files[filename]


def _local_for(filename):
    entry = _files.get(filename) or _lines_of(filename)
    lines = entry[1]
    if lines is None:
        return None
    add = lines.add

    def local(frame, event, arg):
        if event == "line":
            add(frame.f_lineno)
        return local

    return local


_locals = {}


def _trace(frame, event, arg):
    filename = frame.f_code.co_filename
    local = _locals.get(filename, _MISSING)
    if local is _MISSING:
        local = _locals[filename] = _local_for(filename)
    return local


def _monitor():
    monitoring = sys.monitoring
    tool = next((number for number in (3, 4, 2, 1) if monitoring.get_tool(number) is None), None)
    if tool is None:
        return False
    disable = monitoring.DISABLE

    def line(code, number):
        entry = _files.get(code.co_filename) or _lines_of(code.co_filename)
        if entry[1] is not None:
            entry[1].add(number)
        return disable

    monitoring.use_tool_id(tool, "nova-probe")
    monitoring.register_callback(tool, monitoring.events.LINE, line)
    monitoring.set_events(tool, monitoring.events.LINE)
    _state["restart"] = monitoring.restart_events
    return True


def begin():
    """Starts noting lines; what runs outside a test belongs to the run as a whole."""
    if _state["on"]:
        return
    _state.update(on=True, pid=os.getpid())
    _state["monitored"] = hasattr(sys, "monitoring") and _monitor()
    _install()
    atexit.register(switch, None)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked)


def _install():
    if not _state["monitored"] and sys.gettrace() is not _trace:
        threading.settrace(_trace)
        sys.settrace(_trace)


def _forked():
    """A forked child writes its own part; what was noted before the fork is the parent's."""
    _state["pid"] = os.getpid()
    for entry in list(_files.values()):
        if entry[1]:
            entry[1].clear()
    try:
        from multiprocessing import util

        # multiprocessing ends its children with os._exit, after its own finalizers only.
        util.register_after_fork(report, lambda _: util.Finalize(None, switch, args=(None,), exitpriority=-100))
    except Exception:
        pass


def switch(test):
    """Writes what was noted for the test so far and goes on to the next; None: outside all tests."""
    if not _state["on"]:
        return
    noted = {}
    for below, lines in list(_files.values()):
        if lines:
            taken = sorted(list(lines))
            lines.clear()
            noted[below] = sorted(set(noted.get(below, ())) | set(taken))
    if noted:
        report.append({"kind": "lines", "test": _state["test"], "lines": noted})
    _state["test"] = test
    if test is None:
        os.environ.pop("NOVA_PROBE_TEST", None)
    restart = _state.get("restart")
    if restart is not None:
        restart()
    _install()


def follow():
    """In a process that a test started: its lines are that test's."""
    _state["test"] = os.environ.get("NOVA_PROBE_TEST") or None
    begin()
