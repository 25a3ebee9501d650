"""Says which requirements a set of installed packages does not meet.

Input on stdin: {"requirements": [text], "installed": {name: version}}; output: [text]. Runs nothing of the project.
"""
import json
import re
import sys

try:
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
except ImportError:
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        Requirement = None


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def unmet(text, installed):
    if Requirement is None:
        name = re.match(r"[A-Za-z0-9._-]+", text)
        return name is None or (normal(name.group(0)) not in installed and ";" not in text)
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return True
    if requirement.marker is not None:
        try:
            if not requirement.marker.evaluate({"extra": ""}):
                return False
        except Exception:
            pass
    version = installed.get(normal(requirement.name))
    if version is None:
        return True
    if requirement.url:
        return False
    try:
        return not requirement.specifier.contains(version, prereleases=True)
    except Exception:
        return False


data = json.load(sys.stdin)
json.dump([text for text in data["requirements"] if unmet(text, data["installed"])], sys.stdout)
