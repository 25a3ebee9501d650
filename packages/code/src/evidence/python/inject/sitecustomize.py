"""Runs at the start of every Python process of a watched command, pip and compilers included: it must stay tiny.

It takes its own folder off the path again, hands on to the sitecustomize it hides, and waits for a test runner to be
imported. Nothing here may fail the process.
"""

import sys


def _chain():
    from _frozen_importlib_external import PathFinder

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


class _Watch:
    """Wraps the loader of a test runner's module once, so that the watcher is applied right after it has run."""

    def __init__(self, folder):
        self.folder = folder
        self.wanted = {"unittest": "unittest_watch", "_pytest.config": "pytest_watch"}

    def find_spec(self, name, path=None, target=None):
        if name == "nova_probe":
            from importlib.util import spec_from_file_location

            package = self.folder + "/nova_probe"
            return spec_from_file_location(name, package + "/__init__.py", submodule_search_locations=[package])
        part = self.wanted.get(name)
        if part is None:
            return None
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            spec = None if finder is self or find is None else find(name, path, target)
            if spec is not None:
                self.wrap(spec.loader, name, part)
                return spec
        return None

    def wrap(self, loader, name, part):
        original = getattr(loader, "exec_module", None)
        if original is None:
            return

        def exec_module(module):
            try:
                del loader.exec_module
            except AttributeError:
                pass
            original(module)
            # Looking for a module is not yet loading it: only here is the watch over.
            if self.wanted.pop(name, None) is None:
                return
            try:
                __import__("nova_probe." + part)
                getattr(sys.modules["nova_probe"], part).watch(module)
                import os

                if "NOVA_PROBE_VARIANTS" in os.environ:
                    __import__("nova_probe.variants")
                    sys.modules["nova_probe"].variants.serve(module)
            except Exception:
                pass

        try:
            loader.exec_module = exec_module
        except AttributeError:
            pass


def _start():
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    if os.environ.get("NOVA_PROBE_REPORT") and os.environ.get("NOVA_PROBE_ROOT"):
        sys.meta_path.insert(0, _Watch(here))
        if os.environ.get("NOVA_PROBE_COVERAGE") and os.environ.get("NOVA_PROBE_SESSION"):
            try:
                __import__("nova_probe.lines")
                sys.modules["nova_probe"].lines.follow()
            except Exception:
                pass


# An older Python that the command starts as well is left alone.
if sys.version_info >= (3, 6):
    _start()
    _chain()
