#!/bin/sh
# smoke.sh SERVICE PROGRAM: the packed program starts and is well.
set -eu
answer=$("$2" /health)
if [ "$answer" != ok ]; then
    echo "$1 answers: $answer" >&2
    exit 1
fi
echo "$1 is well"
