"""Runs the tests of a folder and writes a report of JUnit's form. Fails when a test does."""

import pathlib
import sys
import unittest
import xml.etree.ElementTree as xml

folder, state, report = (pathlib.Path(it) for it in sys.argv[1:])
report.mkdir(parents=True, exist_ok=True)
(state / folder.name).mkdir(parents=True, exist_ok=True)
suite = xml.Element("testsuite", name=folder.name)


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self.case = xml.SubElement(suite, "testcase", classname=type(test).__name__, name=test._testMethodName)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        xml.SubElement(self.case, "failure").text = self._exc_info_to_string(err, test)

    def addError(self, test, err):
        super().addError(test, err)
        xml.SubElement(self.case, "error").text = self._exc_info_to_string(err, test)


sys.path.insert(0, ".")
found = unittest.defaultTestLoader.discover(str(folder), top_level_dir=".")
result = unittest.TextTestRunner(resultclass=Result, stream=sys.stdout, verbosity=2).run(found)
xml.ElementTree(suite).write(report / f"{folder.name}.xml", encoding="unicode")
(state / folder.name / "last.txt").write_text(f"{result.testsRun} tests\n")
sys.exit(0 if result.wasSuccessful() else 1)
