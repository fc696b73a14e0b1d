"""run_tests.py SERVICE LIBRARY REPORT: runs the tests of a service, and says in REPORT how they went."""

import pathlib
import sys
import unittest


def main(service: str, library: str, report: str) -> int:
    shared = pathlib.Path(report) / ".shared"
    shared.mkdir()
    (shared / "text").symlink_to(pathlib.Path(library).resolve(), target_is_directory=True)
    sys.path[:0] = [str(shared), service]
    try:
        suite = unittest.TestLoader().discover(f"{service}/tests", top_level_dir=f"{service}/tests")
        result = unittest.TextTestRunner().run(suite)
    finally:
        (shared / "text").unlink()
        shared.rmdir()
    name = pathlib.Path(service).name
    failed = [str(test) for test, _ in result.failures + result.errors]
    lines = [f"{name}: {result.testsRun} tests, {len(failed)} failed", *failed]
    pathlib.Path(report, f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
