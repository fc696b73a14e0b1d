#!/usr/bin/env bash
# Opens FOLDER in a real VS Code whose fresh profile holds this extension alone,
# with FLOWC as its language server. For looking with one's own eyes; npm test
# needs none of it.
#
#   drive.sh FLOWC FOLDER      (CODE: the editor's command, default `code`)
set -euo pipefail

if (($# != 2)); then
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
  exit 2
fi
flowc=$(realpath "$1")
folder=$(realpath "$2")
code=${CODE:-code}
cd "$(dirname "$0")/.."

profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
mkdir -p "$profile/data/User"
printf '{ "flow.server.path": "%s", "flow.trace.server": "verbose" }\n' "$flowc" >"$profile/data/User/settings.json"

npm run --silent package
where=(--user-data-dir "$profile/data" --extensions-dir "$profile/extensions")
"$code" "${where[@]}" --install-extension flow.vsix
"$code" "${where[@]}" --wait "$folder"
