#!/bin/sh
# Engines that tests talk to: scripts/engines.sh up|down|status [name ...]
#   status  one line an engine: name, tab, "up" or "down", tab, how to get it. Exit code 1 when one asked for is down.
#   up      installs or starts what is down, where this machine allows it. Exit code 1 when one stays down.
#   down    stops what `up` started. Installed programs stay.
# It knows only what tests need today.
set -eu

engines='bubblewrap chromium registry'

advice() {
  case $1 in
    bubblewrap) echo 'sudo apt-get install -y bubblewrap' ;;
    chromium) echo 'sudo apt-get install -y chromium' ;;
    registry) echo 'connect this machine to the package registry that npm is configured for (npm ping)' ;;
  esac
}

# Works, rather than: is installed. A kernel may forbid user namespaces.
works() {
  case $1 in
    bubblewrap) bwrap --unshare-all --ro-bind / / true >/dev/null 2>&1 ;;
    chromium) command -v chromium >/dev/null 2>&1 && chromium --version >/dev/null 2>&1 ;;
    registry) npm ping >/dev/null 2>&1 ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

start() {
  case $1 in
    bubblewrap | chromium)
      command -v apt-get >/dev/null 2>&1 || return 1
      as_root apt-get update -qq >&2 && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >&2
      ;;
    *) return 1 ;;
  esac
}

action=${1:-}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $engines
for name in "$@"; do
  case " $engines " in
    *" $name "*) ;;
    *) echo "engines.sh: no engine is called $name; there are: $engines" >&2; exit 2 ;;
  esac
done

code=0
case $action in
  up | status)
    for name in "$@"; do
      state=down
      if works "$name" || { [ "$action" = up ] && start "$name" && works "$name"; }; then state=up; else code=1; fi
      printf '%s\t%s\t%s\n' "$name" "$state" "$(advice "$name")"
    done
    ;;
  down) ;; # Nothing here is started as a process yet.
  *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
exit $code
