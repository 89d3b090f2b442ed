#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up what `make demo` and `make test` need, and says what it installs:
#   1. Debian tools (debian-tools.txt), through apt when root; otherwise it prints the command;
#   2. .venv from a lock file with hashes, then this checkout in it as `.venv/bin/dejabuild`.
# Running it again changes nothing and costs some milliseconds. Usage: prepare.sh run|demo|test|bench|drill
set -euo pipefail

purpose=${1:?usage: prepare.sh run|demo|test|bench|drill}
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
lock=requirements/dev.txt
tools=ops/bootstrap/debian-tools.txt

say() { printf 'dejabuild: %s\n' "$*"; }

# Two makes in one checkout take turns: the lock is held on a file that is there anyway.
exec 9<"$lock"
flock 9

installed() {  # a command on PATH (sbin too), or a path pattern
    case $1 in
        /*) compgen -G "$1" >/dev/null ;;
        *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null ;;
    esac
}

missing_packages() {
    local who probe package _ order="run demo test bench drill"
    while read -r who probe package _; do
        case $who in ''|'#'*) continue ;; esac
        case " ${order%%"$purpose"*}$purpose " in *" $who "*) ;; *) continue ;; esac
        installed "$probe" || printf '%s\n' "$package"
    done <"$tools" | sort -u
}

usable_python() {  # prints the interpreter for .venv: Debian's own first, whatever environment is active
    local candidate
    for candidate in /usr/bin/python3 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 or newer is needed and was not found; on Debian: apt-get install python3 python3-venv" >&2
    return 1
}

apt_install() {
    # No daemon of these packages is started: dejabuild runs its own, private ones.
    local policy=/usr/sbin/policy-rc.d status=0
    if [ ! -e "$policy" ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "$@" </dev/null >"$apt_log" 2>&1 || status=$?
    # Nor is one started at the next boot, unless somebody wanted it before us.
    local package
    for package in "$@"; do
        case $package in nginx | postgresql | memcached | swift-*) update-rc.d "$package" disable >>"$apt_log" 2>&1 || true ;; esac
    done
    return "$status"
}

install_tools() {
    local packages
    mapfile -t packages < <(missing_packages)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then packages+=(python3-venv); fi
    [ "${#packages[@]}" -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "these Debian packages are missing, and there is no apt here: ${packages[*]}"
        say "what works without them: reading records, the archive half, the API; not: building packages"
    elif [ "$(id -u)" != 0 ]; then
        say "these Debian packages are missing: ${packages[*]}"
        say "to install them: sudo apt-get install --no-install-recommends ${packages[*]}"
        say "what works without them: reading records, the archive half, the API; not: building packages"
    else
        say "installing Debian packages: ${packages[*]}"
        apt_log=$(mktemp)
        if ! apt_install "${packages[@]}"; then
            say "apt's lists look old or empty; running apt-get update"
            apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >>"$apt_log" 2>&1 || true
            if ! apt_install "${packages[@]}"; then
                tail -n 20 "$apt_log" >&2
                say "apt could not install them: put that right, then run make again" >&2
                exit 1
            fi
        fi
        rm -f "$apt_log"
    fi
}

make_venv() {
    local stamp=.venv/.dejabuild-lock wanted
    # The checkout's place is part of it: a moved .venv has scripts that point nowhere.
    wanted=$({ pwd; cat "$lock" pyproject.toml; } | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then return; fi
    if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        ! head -n 1 .venv/bin/pip 2>/dev/null | grep -qF "$top/.venv/"; then
        say "making .venv with $python"
        rm -rf .venv
        if ! "$python" -m venv .venv; then
            say "$python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2
            exit 1
        fi
    fi
    say "installing into .venv: $(grep -c '^[a-z].*==' "$lock") packages of $lock (hashes checked), then this checkout"
    # The lock names everything, so nothing is resolved: pip 23's resolver takes the extra of one package (coverage[toml])
    # for another package, and wants its newest version as soon as there is a newer one than the locked one.
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --no-deps --require-hashes --only-binary=:all: -r "$lock" 9<&-
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --no-deps --no-index --no-build-isolation --editable . 9<&-
    local broken
    broken=$(.venv/bin/python -m pip check --disable-pip-version-check 9<&-) || { say "$lock does not fit together: $broken" >&2; exit 1; }
    printf '%s\n' "$wanted" >"$stamp"
}

python=$(usable_python)
install_tools
make_venv
