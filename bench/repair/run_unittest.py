"""Runs unittest modules and prints one line of JSON a test; results go to the file named first."""

import doctest
import json
import sys
import unittest

sys.path.insert(0, '')


class Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.told = {}

    def tell(self, test, passed):
        # unittest cannot run a doctest by its name, so nobody could show one.
        if isinstance(test, doctest.DocTestCase):
            return
        self.told[test.id()] = passed and self.told.get(test.id(), True)

    def addSuccess(self, test):
        self.tell(test, True)

    def addFailure(self, test, err):
        self.tell(test, False)

    def addError(self, test, err):
        self.tell(test, False)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        self.tell(test, err is None)


result = Result()
unittest.defaultTestLoader.loadTestsFromNames(sys.argv[2:]).run(result)
with open(sys.argv[1], 'w', encoding='utf-8') as out:
    for name, passed in result.told.items():
        out.write(json.dumps({'id': name, 'passed': passed}) + '\n')
