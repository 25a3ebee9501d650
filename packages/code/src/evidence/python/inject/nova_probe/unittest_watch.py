"""Learns from unittest, by standing between its tests and whatever result object they report to."""

import functools
import os
import sys

from . import report

_state = {"silent": 0, "current": {}, "tests": {}}


def silence():
    """Another runner drives unittest's tests and reports them itself."""
    _state["silent"] += 1


def unsilence():
    """The other runner has ended."""
    _state["silent"] -= 1


def watch(unittest):
    """Wraps the two places through which every unittest run passes."""
    if report.NESTED:
        return
    for owner in (unittest.TestCase, unittest.BaseTestSuite):
        _wrap_run(owner)
    suite = unittest.TestSuite
    if "run" in vars(suite):
        _wrap_run(suite)
    if report.COVERAGE:
        from . import lines

        # Before the tests' own imports, which run the modules' top level.
        lines.begin()


def _wrap_run(owner):
    original = owner.run

    @functools.wraps(original)
    def run(self, result=None, *rest, **named):
        if result is not None and not _state["silent"]:
            try:
                _listen(result)
            except Exception:
                pass
        return original(self, result, *rest, **named)

    owner.run = run
    if owner.__name__ != "TestCase":
        return

    default = owner.defaultTestResult

    @functools.wraps(default)
    def defaultTestResult(self):
        result = default(self)
        if not _state["silent"]:
            try:
                _listen(result)
            except Exception:
                pass
        return result

    owner.defaultTestResult = defaultTestResult


def _listen(result):
    if getattr(result, "_nova_listens", False):
        return
    result._nova_listens = True
    report.run("unittest")
    for name in (
        "startTest",
        "stopTest",
        "addSuccess",
        "addError",
        "addFailure",
        "addSkip",
        "addExpectedFailure",
        "addUnexpectedSuccess",
        "addSubTest",
    ):
        original = getattr(result, name, None)
        if original is not None:
            setattr(result, name, _after(original, globals()["_" + name]))


def _after(original, note):
    @functools.wraps(original)
    def call(test, *rest, **named):
        if not _state["silent"]:
            try:
                note(test, *rest, **named)
            except Exception:
                pass
        return original(test, *rest, **named)

    return call


def _place(test):
    """File, dotted name and id of a test."""
    kind = type(test)
    if kind.__name__ == "_ErrorHolder":
        description = str(getattr(test, "description", test))
        # "setUpClass (module.Class)" or "setUpModule (module)"
        dotted = description[description.find("(") + 1 : description.rfind(")")]
        path = None
        while dotted and path is None:
            path = _module_file(dotted)
            dotted = dotted.rpartition(".")[0]
        return path, description
    if kind.__name__ in ("_FailedTest", "ModuleImportFailure", "LoadTestsFailure"):
        name = test._testMethodName
        return _module_file(name) or _search(name), "(import)" if _search(name) else name
    docs = getattr(test, "_dt_test", None)
    if docs is not None:
        return report.relative(docs.filename or ""), str(docs.name)
    path = _module_file(kind.__module__)
    name = getattr(test, "_testMethodName", None)
    if name is None or name == "runTest" and not hasattr(kind, "runTest"):
        return path, str(test.id())
    function = getattr(test, "_testFunc", None)
    if function is not None:
        return _module_file(getattr(function, "__module__", "")), getattr(function, "__name__", name)
    return path, "%s.%s" % (kind.__qualname__, name)


def _module_file(name):
    module = sys.modules.get(name)
    return report.relative(getattr(module, "__file__", None) or "") if module else None


def _search(name):
    below = name.replace(".", os.sep)
    for entry in sys.path:
        for path in (os.path.join(entry or ".", below + ".py"), os.path.join(entry or ".", below, "__init__.py")):
            if os.path.isfile(path):
                found = report.relative(os.path.abspath(path))
                if found:
                    return found
    return None


def _identify(test):
    path, name = _place(test)
    dotted = None
    kind = type(test)
    if hasattr(kind, "_testMethodName") or hasattr(test, "_testMethodName"):
        module = kind.__module__
        if module != "unittest.loader" and "<locals>" not in kind.__qualname__:
            dotted = "%s.%s.%s" % (module, kind.__qualname__, test._testMethodName)
    return report.number(report.stable("%s::%s" % (path or "?", name))), path, name, dotted


def _startTest(test, *_):
    identity, path, name, dotted = _identify(test)
    _state["tests"][id(test)] = {
        "id": identity,
        "path": path,
        "name": name,
        "dotted": dotted,
        "start": report.clock(),
        "status": None,
        "message": "",
        "stack": "",
    }
    report.started(identity, file=path, name=name, node=dotted)
    if report.COVERAGE:
        from . import lines

        lines.switch(identity)


def _stopTest(test, *_):
    entry = _state["tests"].pop(id(test), None)
    if entry is None:
        return
    if report.COVERAGE:
        from . import lines

        lines.switch(None)
    report.ended(
        entry["id"],
        entry["status"] or "passed",
        report.clock() - entry["start"],
        entry["message"],
        entry["stack"],
        file=entry["path"],
        name=entry["name"],
        node=entry["dotted"],
    )


def _settle(test, status, message="", stack=""):
    entry = _state["tests"].get(id(test))
    if entry is None:
        # No startTest: the failure of a class's or a module's set-up, or a skip of one.
        identity, path, name, dotted = _identify(test)
        report.ended(identity, status, 0, message, stack, file=path, name=name, node=dotted)
    elif entry["status"] != "failed":
        entry.update(status=status, message=message, stack=stack)


def _failed(test, err, prefix=""):
    kind, error, traceback = err
    if type(test).__name__ in ("_FailedTest", "ModuleImportFailure"):
        text = str(error)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        stack = []
        for line in lines:
            if line.startswith('File "') and "unittest" not in line:
                path = line[6 : line.find('"', 6)]
                stack.append(line.replace(path, report.relative(path) or path, 1))
        _settle(test, "failed", (lines[-1] if lines else text), "\n".join(stack))
        return
    _settle(test, "failed", prefix + report.describe(kind, error), "\n".join(report.frames(error, traceback)))


def _addSuccess(test, *_):
    _settle(test, "passed")


def _addError(test, err, *_):
    if isinstance(err[1], KeyboardInterrupt):
        return
    _failed(test, err)


def _addFailure(test, err, *_):
    _failed(test, err)


def _addSkip(test, reason="", *_):
    # A skipped subTest says nothing about the test as a whole.
    if type(test).__name__ != "_SubTest":
        _settle(test, "skipped")


def _addExpectedFailure(test, *_):
    _settle(test, "skipped")


def _addUnexpectedSuccess(test, *_):
    _settle(test, "failed", "Unexpected success: the test is marked as an expected failure but passed")


def _addSubTest(test, subtest, err, *_):
    if err is not None:
        try:
            label = subtest._subDescription()
        except Exception:
            label = ""
        _failed(test, err, "%s " % label if label else "")
