"""Learns from pytest through a plugin that is registered with every configuration, whatever the person's settings."""

import functools
import json
import os

from . import report

_state = {"active": False}


def watch(config_module):
    """Registers the plugin as soon as pytest has made its configuration object."""
    original = config_module.get_config

    @functools.wraps(original)
    def get_config(*arguments, **named):
        config = original(*arguments, **named)
        try:
            # A test may run pytest inside itself; that run is the test's business.
            if not _state["active"]:
                config.pluginmanager.register(_plugin(), "nova-probe")
        except Exception:
            pass
        return config

    config_module.get_config = get_config


def _plugin():
    from pluggy import HookimplMarker

    hookimpl = HookimplMarker("pytest")

    class Plugin:
        def __init__(self):
            self.on = False
            self.worker = False
            self.rootdir = report.ROOT
            self.parts = {}
            self.raised = {}
            self.items = {}

        @hookimpl(tryfirst=True)
        def pytest_configure(self, config):
            if _state["active"]:
                return
            self.worker = hasattr(config, "workerinput")
            if report.NESTED and not self.worker:
                return
            self.rootdir = str(getattr(config, "rootpath", None) or config.rootdir)
            below = report.relative(os.path.join(self.rootdir, "x"))
            if below is None and not (report.ROOT + os.sep).startswith(self.rootdir.rstrip(os.sep) + os.sep):
                return
            _state["active"] = self.on = True
            from . import unittest_watch

            unittest_watch.silence()
            if not self.worker:
                self.announce(config)
            if report.COVERAGE:
                from . import lines

                lines.begin()

        def announce(self, config):
            parameters = getattr(config, "invocation_params", None)
            given = [str(part) for part in getattr(parameters, "args", ())]
            folder = str(getattr(parameters, "dir", None) or os.getcwd())
            named = [str(part) for part in getattr(config.option, "file_or_dir", None) or []]
            manager = config.pluginmanager
            report.run(
                "pytest",
                options=given,
                named=named,
                folder=folder,
                xdist=manager.hasplugin("xdist"),
                cov=manager.hasplugin("pytest_cov") or manager.hasplugin("_cov"),
            )

        @hookimpl(trylast=True)
        def pytest_unconfigure(self, config):
            if not self.on:
                return
            self.on = _state["active"] = False
            from . import unittest_watch

            unittest_watch.unsilence()
            for nodeid in list(self.parts):
                self.finish(nodeid)

        def name(self, nodeid):
            head, bracket, parameters = nodeid.partition("[")
            path, _, inside = head.partition("::")
            full = os.path.join(self.rootdir, path)
            file = report.relative(full)
            name = report.stable(inside.replace("::", ".") + bracket + parameters)
            return file, name

        @hookimpl(tryfirst=True)
        def pytest_runtest_logstart(self, nodeid):
            if not self.on:
                return
            if self.worker:
                if report.COVERAGE:
                    self.cover(nodeid)
                return
            if nodeid in self.items:
                # A rerun of the same test: what counts is its last outcome.
                self.parts[nodeid] = self.fresh(nodeid, self.items[nodeid])
                return
            file, name = self.name(nodeid)
            identity = report.number("%s::%s" % (file or "?", name))
            self.items[nodeid] = identity
            self.parts[nodeid] = self.fresh(nodeid, identity)
            report.started(identity, file=file, name=name, node=self.node(nodeid))
            if report.COVERAGE:
                from . import lines

                lines.switch(identity)

        def fresh(self, nodeid, identity):
            return {"id": identity, "status": None, "seconds": 0.0, "message": "", "stack": ""}

        def cover(self, nodeid):
            from . import lines

            file, name = self.name(nodeid)
            lines.switch("%s::%s" % (file or "?", name))

        def node(self, nodeid):
            path, separator, rest = nodeid.partition("::")
            return os.path.normpath(os.path.join(self.rootdir, path)) + separator + rest

        @hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(self, item, call):
            outcome = yield
            if not self.on:
                return
            if call.excinfo is not None:
                # What was raised is a fact; the report of it passes through hooks of the repository's own.
                self.raised[(item.nodeid, call.when)] = call.excinfo.exconly()
            try:
                result = outcome.get_result()
                if result.failed and call.excinfo is not None:
                    error = call.excinfo.value
                    result.nova_probe = json.dumps(
                        [call.excinfo.exconly(), "\n".join(report.frames(error, call.excinfo.tb))]
                    )
            except Exception:
                pass

        @hookimpl(tryfirst=True)
        def pytest_runtest_logreport(self, report):
            if self.on and not self.worker:
                self.take(report)

        def take(self, result):
            entry = self.parts.get(result.nodeid)
            if entry is None:
                entry = self.parts[result.nodeid] = self.fresh(
                    result.nodeid, self.items.get(result.nodeid) or self.identify(result.nodeid)
                )
            entry["seconds"] += getattr(result, "duration", 0) or 0
            raised = self.raised.pop((result.nodeid, result.when), None)
            if raised is not None and result.passed:
                entry["status"] = "failed"
                entry["message"] = "It was reported as passed, but it raised: %s" % raised
            elif result.outcome == "rerun":
                entry["status"] = None
            elif result.failed and not (hasattr(result, "wasxfail") and result.when == "call"):
                if entry["status"] != "failed":
                    entry["status"] = "failed"
                    entry["message"], entry["stack"] = _failure(result)
            elif result.skipped:
                entry["status"] = entry["status"] or "skipped"
            elif result.passed and result.when == "call":
                entry["status"] = entry["status"] or "passed"
            if result.when not in ("setup", "call"):
                self.finish(result.nodeid)

        def identify(self, nodeid):
            file, name = self.name(nodeid)
            identity = report.number("%s::%s" % (file or "?", name))
            self.items[nodeid] = identity
            return identity

        def finish(self, nodeid):
            entry = self.parts.pop(nodeid, None)
            if entry is None or entry["status"] is None:
                return
            file, name = self.name(nodeid)
            report.ended(
                entry["id"],
                entry["status"],
                entry["seconds"],
                entry["message"],
                entry["stack"],
                file=file,
                name=name,
                node=self.node(nodeid),
            )
            if report.COVERAGE:
                from . import lines

                lines.switch(None, idle=True)

        @hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_protocol(self, item, nextitem):
            yield
            if self.on and self.worker and report.COVERAGE:
                from . import lines

                lines.switch(None, idle=True)

        @hookimpl(hookwrapper=True)
        def pytest_make_collect_report(self, collector):
            outcome = yield
            if not self.on:
                return
            try:
                result = outcome.get_result()
                call = getattr(result, "call", None)
                if result.failed and call is not None and call.excinfo is not None:
                    error = call.excinfo.value
                    cause = error.__cause__ if type(error).__name__ == "CollectError" else None
                    shown = cause if cause is not None else error
                    message = (
                        report.describe(type(shown), shown)
                        if cause is not None or type(error).__name__ != "CollectError"
                        else str(error)
                    )
                    result.nova_probe = json.dumps(
                        [message, "\n".join(report.frames(shown, shown.__traceback__))]
                    )
            except Exception:
                pass

        @hookimpl(tryfirst=True)
        def pytest_collectreport(self, report):
            if self.on and not self.worker:
                self.take_collection(report)

        def take_collection(self, result):
            if not (result.failed or result.skipped) or not result.nodeid or result.nodeid == ".":
                return
            file, name = self.name(result.nodeid)
            name = (name + " " if name else "") + "(collection)"
            identity = "%s::%s" % (file or "?", name)
            if identity in self.items:
                return
            self.items[identity] = identity
            message, stack = _failure(result) if result.failed else ("", "")
            report.ended(
                identity,
                "failed" if result.failed else "skipped",
                0,
                message,
                stack,
                file=file,
                name=name,
                node=self.node(result.nodeid),
            )

    return Plugin()


def _failure(result):
    kept = result.__dict__.get("nova_probe")
    if kept:
        try:
            message, stack = json.loads(kept)
            return message, stack
        except ValueError:
            pass
    shown = result.longrepr
    crash = getattr(shown, "reprcrash", None)
    message = getattr(crash, "message", None) or str(shown)
    stack = ""
    if crash is not None:
        path = str(crash.path)
        stack = 'File "%s", line %d, in ?' % (report.relative(path) or path, crash.lineno)
    return message, stack
