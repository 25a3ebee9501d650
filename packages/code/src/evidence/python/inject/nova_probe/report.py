"""Appends what a process learns to a file of its own, one JSON object a line."""

import json
import os
import re
import sys
import time

# Tests replace functions of these modules; the watcher must keep the real ones.
_open, _write, _close, _getpid, _dumps = os.open, os.write, os.close, os.getpid, json.dumps
clock = time.perf_counter
_environ = os.environ
_realpath, _abspath, _join, _isabs, _exists = (
    os.path.realpath,
    os.path.abspath,
    os.path.join,
    os.path.isabs,
    os.path.exists,
)

FOLDER = os.environ.get("NOVA_PROBE_REPORT", "")
ROOT = _abspath(os.environ.get("NOVA_PROBE_ROOT") or os.getcwd())
_ROOTS = sorted({ROOT + os.sep, _realpath(ROOT) + os.sep})
COVERAGE = bool(os.environ.get("NOVA_PROBE_COVERAGE"))
_STARTED = time.time_ns()
# A process that a test started is part of that test; what it reports as tests of its own is not the person's suite.
NESTED = bool(os.environ.get("NOVA_PROBE_SESSION"))

_state = {"runs": set(), "seen": {}, "start": os.getcwd()}


def relative(path):
    """The path below the root with forward slashes, or None when it lies outside."""
    if not path or path.startswith("<"):
        return None
    full = path if _isabs(path) else _join(_state["start"], path)
    full = os.path.normpath(full)
    for root in _ROOTS:
        if full.startswith(root):
            return full[len(root) :].replace(os.sep, "/")
    full = _realpath(full)
    for root in _ROOTS:
        if full.startswith(root):
            return full[len(root) :].replace(os.sep, "/")
    return None


def limit():
    """The tests whose lines are asked for by name, and of how many in a thousand of the others; by default of all."""
    try:
        with open(_environ["NOVA_PROBE_LIMIT"], encoding="utf-8") as file:
            given = json.load(file)
        return frozenset(given["always"]), round(given["others"] * 1000)
    except Exception:
        return frozenset(), 1000


def append(record):
    """Adds one record. Opened for each, because tests close descriptors that are not theirs."""
    if not FOLDER:
        return
    try:
        data = (_dumps(record) + "\n").encode("utf-8", "backslashreplace")
        handle = _open(
            "%s/%020d-%d.jsonl" % (FOLDER, _STARTED, _getpid()), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666
        )
        try:
            while data:
                data = data[_write(handle, data) :]
        finally:
            _close(handle)
    except Exception:
        pass


def run(runner, **facts):
    """Says once a process that a runner ran here, and marks the processes that its tests start."""
    if (runner, _getpid()) in _state["runs"]:
        return
    _state["runs"].add((runner, _getpid()))
    append(
        dict(
            kind="run",
            runner=runner,
            executable=sys.executable or "",
            argv=[str(part) for part in sys.argv],
            command=[str(part) for part in getattr(sys, "orig_argv", [])],
            cwd=_state["start"],
            **facts,
        )
    )
    _environ["NOVA_PROBE_SESSION"] = str(_getpid())


def stable(name):
    """The name without memory addresses, which differ from run to run."""
    return re.sub(r"0x[0-9a-fA-F]{5,}", "0x", name)


def number(identity):
    """Numbers the second and later uses of an id in this process."""
    count = _state["seen"].get(identity, 0) + 1
    _state["seen"][identity] = count
    return identity if count == 1 else "%s#%d" % (identity, count)


def started(identity, **facts):
    """Says that a test began; one that never ends was cut off."""
    append(dict(kind="start", id=identity, **facts))
    if COVERAGE:
        _environ["NOVA_PROBE_TEST"] = identity


def ended(identity, status, seconds, message="", stack="", **facts):
    """Says how a test ended."""
    record = dict(kind="test", id=identity, status=status, ms=round(seconds * 1000, 3), **facts)
    if status == "failed":
        record["message"], record["stack"] = shorten(message, 4000), shorten(stack, 16000)
    append(record)


def shorten(text, limit):
    """Keeps the head and the tail of a long text."""
    if len(text) <= limit:
        return text
    return text[: limit * 3 // 4] + "\n...\n" + text[-limit // 4 :]


_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_MACHINERY = re.compile(r"[\\/](?:_pytest|pluggy|unittest|xdist)[\\/]|[\\/]asyncio[\\/]|[\\/](?:python\d|importlib)[^\\/]*[\\/]runpy\.py")


def frames(error, traceback, depth=0):
    """The frames of an exception and of what caused it, outermost first, as Python prints them."""
    lines = []
    cause = getattr(error, "__cause__", None)
    if cause is None and not getattr(error, "__suppress_context__", True):
        cause = getattr(error, "__context__", None)
    if cause is not None and cause is not error and depth < 4:
        lines.extend(frames(cause, getattr(cause, "__traceback__", None), depth + 1))
    own = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = code.co_filename
        if not path.startswith(_OWN) and not _MACHINERY.search(path) and not path.startswith("<frozen importlib"):
            own.append('File "%s", line %d, in %s' % (relative(path) or path, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    if len(own) > 60:
        own = own[:10] + own[-50:]
    lines.extend(own)
    if isinstance(error, SyntaxError) and error.filename:
        lines.append('File "%s", line %d, in <module>' % (relative(error.filename) or error.filename, error.lineno or 1))
    return lines


def describe(kind, error):
    """The exception's type and text, as on the last line of a traceback."""
    name = getattr(kind, "__qualname__", str(kind))
    module = getattr(kind, "__module__", "builtins")
    if module not in ("builtins", "__main__"):
        name = module + "." + name
    try:
        text = str(error)
    except Exception:
        text = "<unprintable>"
    return "%s: %s" % (name, text) if text else name
