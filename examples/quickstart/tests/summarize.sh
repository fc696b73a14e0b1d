#!/bin/sh
# summarize.sh DETAIL REPORT...: a line for each report; with the detail "full", one for each case.
set -eu
detail=$1
shift
echo "# Tests"
number=0
for report in "$@"; do
    number=$((number + 1))
    cases=0
    failed=0
    for difference in "$report"/*.diff; do
        cases=$((cases + 1))
        if [ -s "$difference" ]; then failed=$((failed + 1)); fi
        if [ "$detail" = full ]; then echo "- $(basename "$difference" .diff)"; fi
    done
    echo "Suite $number: $cases cases, $failed failed"
done
