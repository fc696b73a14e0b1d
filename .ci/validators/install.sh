# To be sourced: installs the validators and a Node.js for them, pinned, into a cache folder, and puts
# them first on PATH. Later calls find them there. Sets TOOLS; needs Python 3, and gets it from Debian
# where it may.
# shellcheck shell=bash

TOOLS=${FLOW_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flow-ci}

python_with_venv() {
  python3 -c 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null
}

install_python() {
  local apt=(apt-get)
  if [[ $(id -u) != 0 ]]; then apt=(sudo -n apt-get); fi
  "${apt[@]}" update -qq &&
    "${apt[@]}" install -y -qq --no-install-recommends python3 python3-venv
}

install_validators() {
  local here version
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  version=$(cat "$here"/{requirements.txt,package-lock.json} | sha256sum | cut -c1-16)
  TOOLS=$TOOLS/$version
  export PATH=$TOOLS/python/bin:$PATH
  if [[ ! -e $TOOLS/ready ]]; then
    if ! python_with_venv && ! { install_python >&2 && python_with_venv; }; then
      echo "the validators need Python 3.9 or newer with venv, and it cannot be installed from here:" \
        "install the packages python3 and python3-venv, then run this again" >&2
      return 1
    fi
    mkdir -p "$TOOLS/node"
    python3 -m venv --clear "$TOOLS/python"
    hash -r
    pip install --quiet --disable-pip-version-check --only-binary :all: --requirement "$here/requirements.txt"
    cp "$here"/{package.json,package-lock.json,.npmrc} "$TOOLS/node"
    (cd "$TOOLS/node" && npm ci --silent --no-audit --no-fund)
    touch "$TOOLS/ready"
  fi
  # Beside their packages, where Node.js looks for what they import.
  cp "$here"/*.mjs "$TOOLS/node"
}
