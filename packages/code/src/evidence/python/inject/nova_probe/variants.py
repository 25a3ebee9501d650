"""Runs a command once for each of many variants of the project's files, each in a fork of its own.

The interpreter, the watcher and the test runner are loaded once; a fork then goes on as the program that the command
started, so every variant loads the project and its tests by itself, and nothing of one run reaches the next.
"""

import atexit
import json
import os
import signal
import sys
import time

from . import report


def serve(runner):
    """Returns in every fork, and at once in a process that was not asked for variants; ends the process otherwise."""
    given = os.environ.pop("NOVA_PROBE_VARIANTS", None)
    if given is None:
        return
    with open(given, encoding="utf-8") as file:
        job = json.load(file)
    for name in ["_pytest." + part for part in getattr(runner, "default_plugins", ())] + job["modules"]:
        try:
            __import__(name)
        except Exception:
            pass
    refusal = _refusal(job)
    if refusal is not None:
        _tell(job, refused=refusal)
        os._exit(0)
    until = time.monotonic() + job["seconds"]
    for number, files in enumerate(job["variants"]):
        if time.monotonic() > until:
            break
        if _one(job, number, files):
            return
    os._exit(0)


def _refusal(job):
    """Why a fork would not be the same as a process of its own; None when it would."""
    threading = sys.modules.get("threading")
    if not hasattr(os, "fork") or threading is not None and threading.active_count() > 1:
        return "threads"
    for name, module in list(sys.modules.items()):
        place = getattr(module, "__file__", None)
        if isinstance(place, str) and not name.startswith("nova_probe") and report.relative(place) is not None:
            if "site-packages" not in place:
                return "loaded " + name
    return None


def _one(job, number, files):
    """True in the fork that is to go on with a variant; the files are as before when it is False."""
    before = {}
    for path in files:
        with open(os.path.join(report.ROOT, path), "rb") as file:
            before[path] = file.read()
    temporary = _temporary()
    started = time.perf_counter()
    try:
        for path, text in files.items():
            with open(os.path.join(report.ROOT, path), "wb") as file:
                file.write(text.encode("utf-8", "surrogatepass"))
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            os.setpgid(0, 0)
            folder = os.path.join(report.FOLDER, str(number))
            report.FOLDER = os.environ["NOVA_PROBE_REPORT"] = folder
            report._STARTED = time.time_ns()
            if not job["modules"]:
                atexit.register(_tell_modules, job)
            return True
        exit_code, timed_out = _wait(process, job["timeout"])
    finally:
        if os.getpid() == _PROCESS:
            for path, content in before.items():
                with open(os.path.join(report.ROOT, path), "wb") as file:
                    file.write(content)
    seconds = time.perf_counter() - started
    left = sorted(_temporary() - temporary)
    _tell(job, number=number, exit=exit_code, timedOut=timed_out, seconds=seconds, left=left)
    return False


_PROCESS = os.getpid()


def _wait(process, seconds):
    """Waits for a fork, and ends it with all of its group, at the latest when its time is over."""
    until = time.monotonic() + seconds
    pause = 0.001
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        late = ended == 0 and time.monotonic() > until
        if ended or late:
            try:
                os.killpg(process, signal.SIGKILL)
            except OSError:
                pass
        if late:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return None, True
        if ended:
            return (os.WEXITSTATUS(status) if os.WIFEXITED(status) else None), False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.01)


def _temporary():
    """What lies in the folder for temporary files: one run may leave there what the next one finds."""
    for folder in (os.environ.get("TMPDIR"), "/tmp"):
        try:
            if folder:
                # pytest makes a new folder in this one for each run, and no run reads another's.
                return {name for name in os.listdir(folder) if not name.startswith("pytest-of-")}
        except OSError:
            pass
    return set()


def _tell_modules(job):
    """Names what of the standard library a run has loaded, so that later forks need not load it again."""
    known = getattr(sys, "stdlib_module_names", ())
    loaded = [
        name
        for name, module in sys.modules.items()
        if name.split(".")[0] in known and name not in _BEFORE and getattr(module, "__spec__", None) is not None
        if report.relative(getattr(module, "__file__", None) or "<built in>") is None
    ]
    _tell(job, modules=[name for name in loaded if name != "__main__"])


_BEFORE = frozenset(sys.modules)


def _tell(job, **outcome):
    with open(job["outcomes"], "a", encoding="utf-8") as file:
        file.write(json.dumps(outcome) + "\n")
