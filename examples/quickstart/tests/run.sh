#!/bin/sh
# run.sh TOOL SUITE REPORT: counts every case of a suite and compares with what is expected.
# REPORT is a directory; each case leaves the difference there, empty when there is none.
set -eu
tool=$1 suite=$2 report=$3
failed=0
for case in "tests/cases/$suite"/*.txt; do
    name=$(basename "$case" .txt)
    "$tool" < "$case" > "$report/$name.actual"
    if diff "tests/cases/$suite/$name.expected" "$report/$name.actual" > "$report/$name.diff"; then
        echo "ok      $suite/$name"
    else
        echo "FAILED  $suite/$name"
        cat "$report/$name.diff"
        failed=1
    fi
done
exit "$failed"
