#!/bin/sh
# roll_out.sh SERVICE PROGRAM: the program goes where production starts it from (ROLL_OUT_TO).
set -eu
to=${ROLL_OUT_TO:-"${TMPDIR:-/tmp}/production"}
mkdir -p "$to"
cp "$2" "$to/$1.new"
chmod +x "$to/$1.new"
mv "$to/$1.new" "$to/$1"
echo "$1 is in $to"
