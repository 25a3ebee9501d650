"""Notes which lines of the project each test executes: through sys.monitoring where there is one, else sys.settrace."""

import atexit
import dis
import os
import re
import sys
import threading
import time
import zlib

from . import report

# Tests replace functions of these modules; the watcher must keep the real one.
_sleep = time.sleep

_TESTS = re.compile(r"(?:^|/)(?:tests?/|conftest\.py$|tests?\.py$|test_[^/]*\.py$|[^/]*_tests?\.py$)")
_FOREIGN = re.compile(r"(?:^|/)(?:\.?v?env[^/]*/(?:.*/)?lib|site-packages|dist-packages|node_modules|\.tox|\.nox|\.eggs|__pypackages__)/")

_files = {}
_state = {"on": False, "test": None, "pid": 0, "idle": False, "wanted": None}


def _lines_of(filename):
    """The set that collects the lines of a file, or None for a file that is not the project's own code."""
    below = report.relative(filename)
    lines = None
    if below and below.endswith(".py") and not _TESTS.search(below) and not _FOREIGN.search(below):
        lines = set()
    _files[filename] = (below, lines)
    return _files[filename]


# By the id of a code object: its local trace function, or None once nothing new is expected, and the object, which
# keeps the id its own.
_codes = {}
# What puts back the functions that noted something since the last switch.
_touched = []


def _local_for(code, lines):
    add = lines.add
    if hasattr(code, "co_lines"):
        possible = frozenset(line for _, _, line in code.co_lines() if line)
    else:
        possible = frozenset(line for _, line in dis.findlinestarts(code))
    left = set(possible)
    key = id(code)
    fresh = True

    def local(frame, event, arg):
        nonlocal fresh
        if event == "line":
            number = frame.f_lineno
            if number in left:
                left.discard(number)
                add(number)
                if fresh:
                    fresh = False
                    _touched.append(again)
            if left:
                return local
            # Nothing new is expected of this function in this test: its further calls run at full speed.
            frame.f_trace = None
            _codes[key] = (None, code)
            return None
        return local

    def again():
        nonlocal fresh
        fresh = True
        left.update(possible)
        _codes[key] = (local, code)

    return local


def _trace(frame, event, arg):
    code = frame.f_code
    file = _files.get(code.co_filename) or _lines_of(code.co_filename)
    if file[1] is None:
        return None
    entry = _codes.get(id(code))
    if entry is None:
        entry = _codes[id(code)] = (_local_for(code, file[1]), code)
    return entry[0]


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

    def listen(on):
        monitoring.set_events(tool, monitoring.events.LINE if on else 0)
        if on:
            monitoring.restart_events()

    _state["listen"] = listen
    return True


def begin():
    """Starts noting lines; what runs outside a test belongs to the run as a whole."""
    if _state["on"]:
        return
    _state.update(on=True, pid=os.getpid())
    _state["monitored"] = hasattr(sys, "monitoring") and _monitor()
    _install()
    atexit.register(switch, None)
    try:
        # Below what the threading module counts, so that no test sees one thread more.
        import _thread

        _thread.start_new_thread(_tell_of_long_tests, ())
    except Exception:
        pass
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked)


def _tell_of_long_tests():
    """Writes what a test that goes on has executed so far: one that never ends is killed, and would tell nothing."""
    last, told = None, 0
    while True:
        _sleep(1)
        test = _state["test"]
        noted = dict((below, sorted(lines)) for below, lines in list(_files.values()) if lines)
        count = sum(len(lines) for lines in noted.values())
        if _state["test"] is not test or os.getpid() != _state["pid"]:
            continue
        if test is not None and test is last and count > told:
            report.append({"kind": "lines", "test": test, "lines": noted})
            told = count
        elif test is not last:
            last, told = test, 0


def _install():
    if _state["monitored"]:
        _state["listen"](not _state["idle"])
    elif _state["idle"]:
        threading.settrace(None)
        if sys.gettrace() is _trace:
            sys.settrace(None)
    elif sys.gettrace() is not _trace:
        threading.settrace(_trace)
        sys.settrace(_trace)


def _wants(test):
    """Whether a test's lines are asked for: all tests that are named, and a sample of the others that chance has no say in."""
    limit = _state["wanted"]
    if limit is None:
        limit = _state["wanted"] = report.limit()
    return test in limit[0] or zlib.crc32(test.encode("utf-8", "replace")) % 1000 < limit[1]


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


def switch(test, idle=False):
    """
    Writes what was noted for the test so far and goes on to the next; None: outside all tests, where `idle` says that
    nothing of the project runs.
    """
    if not _state["on"]:
        return
    noted = {}
    for below, lines in list(_files.values()):
        if lines:
            taken = list(lines)
            lines.clear()
            noted.setdefault(below, set()).update(taken)
    if noted:
        lines = dict((below, sorted(numbers)) for below, numbers in noted.items())
        report.append({"kind": "lines", "test": _state["test"], "lines": lines})
    while _touched:
        _touched.pop()()
    _state["test"] = test
    if test is None:
        os.environ.pop("NOVA_PROBE_TEST", None)
    _state["idle"] = idle if test is None else not _wants(test)
    _install()


def follow():
    """In a process that a test started: its lines are that test's."""
    test = os.environ.get("NOVA_PROBE_TEST") or None
    if test is None or _wants(test):
        _state["test"] = test
        begin()
