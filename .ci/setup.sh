#!/bin/sh
# Makes .venv ready to run, test and change Usher; does nothing when nothing changed since the last time.
set -eu
cd "$(dirname "$0")/.."

libraries=.ci/system-libraries.txt
stamp=.venv/.usher-setup

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# A Python that is new enough and can make an environment with pip; a name on the PATH alone proves neither.
usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in python3.13 python3.12 python3.11 python3.14 python3; do
        if usable "$name"; then
            say "$name"
            return
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

# Installs the Debian packages in $1 where that is allowed; otherwise says the command for this system and goes on.
install() {
    wanted=$1
    if may_install; then
        say "Installing system packages: $wanted"
        as_root apt-get update -qq >/dev/null 2>&1 || :
        # shellcheck disable=SC2086  # the list is meant to be split
        apt_install $wanted && return
        # One unknown name stops apt from installing the others, so each gets its own try.
        wanted=$(for package in $wanted; do apt_install "$package" || printf '%s ' "$package"; done)
        [ -n "$wanted" ] || return 0
    fi
    if command -v apt-get >/dev/null 2>&1; then
        say "Please run:  sudo apt-get install $wanted"
    elif command -v dnf >/dev/null 2>&1; then
        say "Please run:  sudo dnf install $2"
    else
        say "Please install with your package manager what Debian calls:  $wanted"
    fi
}

# Tells whether one of some programs, separated by commas, is there.
has_program() {
    for name in $(printf '%s' "$1" | tr , ' '); do
        command -v "$name" >/dev/null 2>&1 && return
    done
    return 1
}

# The lines of the table whose library, font or program this system lacks.
missing_lines() {
    grep -v '^#' "$libraries" | while read -r wanted debian fedora; do
        case $wanted in
        :*) command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list "$wanted" family | head -n 1)" ] ;;
        /*) has_program "${wanted#/}" ;;
        *) "$python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$wanted" 2>/dev/null ;;
        esac || say "$debian $fedora"
    done | sort -u
}

column() { printf '%s\n' "$1" | cut -d' ' -f"$2" | sort -u | tr '\n' ' ' | sed 's/ $//'; }

system_packages() {
    case $(uname -s) in
    Linux)
        lines=$(missing_lines)
        [ -z "$lines" ] || install "$(column "$lines" 1)" "$(column "$lines" 2)"
        ;;
    Darwin)
        [ -e /opt/homebrew/lib/libzbar.dylib ] || [ -e /usr/local/lib/libzbar.dylib ] ||
            say "Optional, a second reader for worn codes:  brew install zbar"
        has_program redis-server,valkey-server || say "Optional, for the tests of several servers:  brew install redis"
        ;;
    esac
}

wanted_state() { cksum requirements-dev.txt pyproject.toml "$libraries" .ci/setup.sh && pwd; }

if [ -f "$stamp" ] && wanted_state | cmp -s - "$stamp" && usable .venv/bin/python; then
    exit 0
fi

if ! python=$(find_python); then
    install "python3 python3-venv" "python3"
    python=$(find_python) || fail "Usher needs Python 3.11 or newer with its venv module. Install it, then run make setup again."
fi
system_packages

# The programs in .venv carry its path: an environment that was moved or copied is made anew.
if ! usable .venv/bin/python || { [ -f "$stamp" ] && ! grep -qxF "$(pwd)" "$stamp"; }; then
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
say "Installing the pinned requirements into .venv; the first time takes a minute or two"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
.venv/bin/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
# Without isolation the build needs nothing that is not already in .venv.
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
wanted_state >"$stamp"
say "Usher is ready: make demo, make test."
