#!/bin/sh
# Installs Pinsetter on a Linux machine that has Node and, for an agent, Docker. Run it again to change flags.
set -eu

usage() {
  cat <<'TEXT'
usage: install.sh server  [FLAGS OF THE SERVER]                 a control plane on this machine
       install.sh agent   --server URL --token TOKEN [FLAGS]    this machine as a worker
       install.sh upgrade [--rollback]                          the new release, or the one before
       install.sh uninstall [--purge]                           the programs; with --purge pods and data too

  --release FILE|URL  tarball made by `make dist`, with SHA256SUMS beside it; default: the unpacked one this script is in
  --public-key FILE   Ed25519 key in PEM: SHA256SUMS must be signed by it (SHA256SUMS.sig)
  --dry-run           say what would be done, change nothing
  --no-start          install, but do not start
  --force             go on where the doctor finds that something is missing

Other flags go to the program: `install.sh server --bind-address 0.0.0.0 --advertise-address 192.0.2.10`.
TEXT
}

BASE=/opt/pinsetter
CONFIG=/etc/pinsetter
UNITS=/etc/systemd/system
LINKS=/usr/local/bin
SERVER_DATA=/var/lib/pinsetter
AGENT_DATA=/var/lib/pinsetter-agent

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# Runs a command that changes the machine, or says what it would be.
run() { if [ -n "$dry" ]; then say "would run: $*"; else "$@"; fi; }

# put FILE MODE: the text on standard input becomes the file, if it is not already.
put() {
  text=$(cat)
  if [ -f "$1" ] && [ "$(cat "$1")" = "$text" ]; then
    [ -n "$dry" ] || chmod "$2" "$1"
    return 0
  fi
  if [ -n "$dry" ]; then say "would write: $1 (mode $2)"; return 0; fi
  (umask 077 && printf '%s\n' "$text" > "$1.new")
  chmod "$2" "$1.new"
  mv "$1.new" "$1"
}

# A folder that already is as wanted is left alone.
folder() { [ -d "$1" ] && [ "$(stat -c %a "$1")" = "$2" ] || run install -d -m "$2" "$1"; }

# A link is replaced at once: nobody ever finds none.
link() {
  [ "$(readlink "$2" 2>/dev/null)" = "$1" ] && return 0
  if [ -n "$dry" ]; then say "would link: $2 -> $1"; return 0; fi
  ln -sfn "$1" "$2.new"
  mv -T "$2.new" "$2"
}

# systemd that runs, not only files of it.
systemd() { [ -d /run/systemd/system ] && has systemctl; }
ctl() { if systemd; then run systemctl "$@"; else return 0; fi; }

# With "" for no arguments at all.
main() {
  role=${1:-}
  [ $# -eq 0 ] || shift
  dry='' release='' public_key='' start=yes force='' rollback='' purge='' token='' token_file='' flags='' servers=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --dry-run) dry=yes ;;
      --no-start) start='' ;;
      --force) force=yes ;;
      --rollback) rollback=yes ;;
      --purge) purge=yes ;;
      --help | -h) usage; exit 0 ;;
      --release | --public-key | --token | --token-file)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case "$1" in
          --release) release=$2 ;;
          --public-key) public_key=$2 ;;
          --token) token=$2 ;;
          --token-file) token_file=$2 ;;
        esac
        shift ;;
      --release=*) release=${1#*=} ;;
      --public-key=*) public_key=${1#*=} ;;
      --token=*) token=${1#*=} ;;
      --token-file=*) token_file=${1#*=} ;;
      --data-dir | --data-dir=*) fail "--data-dir: data lies in $SERVER_DATA and $AGENT_DATA; for another disk, mount it there" ;;
      *) case "$1" in *[[:space:]\"\'\\\$]*) fail "$1: a flag cannot hold spaces, quotes, \\ or \$" ;; esac
        flags="$flags${flags:+ }$1" ;;
    esac
    shift
  done
  case "$role" in
    server | agent | upgrade | uninstall) ;;
    '' | -h | --help | help) usage; exit 0 ;;
    *) usage >&2; fail "$role: say server, agent, upgrade or uninstall" ;;
  esac
  case "$role" in
    upgrade | uninstall) [ -z "$flags" ] || fail "$flags: $role takes no such flag" ;;
  esac
  [ -z "$rollback" ] || [ "$role" = upgrade ] || fail "--rollback belongs to upgrade"
  [ -z "$purge" ] || [ "$role" = uninstall ] || fail "--purge belongs to uninstall"
  [ "$(id -u)" = 0 ] || [ -n "$dry" ] || fail "run this as root: sudo $0 $role …"
  [ "$(uname -s)" = Linux ] || fail "Pinsetter runs on Linux"
  "$role"
}

# --- what is installed ---------------------------------------------------------------------------------------------

need_node() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null ||
    fail "Node.js 20.19 or later must be on the PATH: https://nodejs.org/en/download"
}

# Leaves the folder of an unpacked, checked release in $unpacked.
fetch() {
  here=$(dirname "$(readlink -f "$0")")
  scratch=''
  if [ -z "$release" ]; then
    [ -f "$here/RELEASE" ] || fail "name the tarball with --release"
    unpacked=$here
    return 0
  fi
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  name=$(basename "$release")
  case "$release" in
    https://*) for each in "$name" SHA256SUMS ${public_key:+SHA256SUMS.sig}; do download "${release%/*}/$each" "$scratch/$each"; done ;;
    *://*) fail "$release: only https" ;;
    *)
      for each in "$name" SHA256SUMS ${public_key:+SHA256SUMS.sig}; do
        [ -f "$(dirname "$release")/$each" ] || fail "$(dirname "$release")/$each is missing"
        cp "$(dirname "$release")/$each" "$scratch/$each"
      done ;;
  esac
  if [ -n "$public_key" ]; then
    node -e 'const f = require("fs"), [, key, sums, sig] = process.argv;
      process.exit(require("crypto").verify(null, f.readFileSync(sums), f.readFileSync(key), Buffer.from(f.readFileSync(sig, "utf8"), "base64")) ? 0 : 1)' \
      "$public_key" "$scratch/SHA256SUMS" "$scratch/SHA256SUMS.sig" || fail "SHA256SUMS is not signed by the key in $public_key"
  fi
  (cd "$scratch" && grep -F "  $name" SHA256SUMS > wanted && sha256sum -c --status wanted) ||
    fail "$name is not the file that SHA256SUMS tells of: download it again"
  tar xzf "$scratch/$name" -C "$scratch"
  unpacked=$scratch/${name%.tar.gz}
  [ -f "$unpacked/RELEASE" ] || fail "$name is not a release of Pinsetter"
}

download() {
  if has curl; then curl -fsSL -o "$2" "$1"; elif has wget; then wget -qO "$2" "$1"; else fail "curl or wget is needed"; fi ||
    fail "$1 could not be fetched"
}

# Puts the release below $BASE and points `current` at it.
place() {
  id=$(cat "$unpacked/RELEASE")
  target=$BASE/releases/$id
  folder "$BASE" 755
  folder "$BASE/releases" 755
  if [ ! -d "$target" ]; then
    if [ -n "$dry" ]; then say "would install: $target"; else
      rm -rf "$target.new"
      mkdir "$target.new"
      cp -R "$unpacked/." "$target.new/"
      chown -R 0:0 "$target.new"
      mv "$target.new" "$target"
    fi
  fi
  [ -n "$dry" ] || node -e 'new (require(process.argv[1]))(":memory:").close()' "$target/node_modules/better-sqlite3" 2>/dev/null ||
    fail "this release was built for another kind of machine, C library or version of Node: make one here with make dist"
  switch "releases/$id"
}

# switch RELEASE: `current` becomes that one, `previous` what it was.
switch() {
  old=$(readlink "$BASE/current" 2>/dev/null || :)
  [ "$old" = "$1" ] && return 0
  [ -z "$old" ] || link "$old" "$BASE/previous"
  link "$1" "$BASE/current"
}

units() {
  for unit in pinsetter-server pinsetter-agent; do
    [ -f "$CONFIG/${unit#pinsetter-}.env" ] || [ "$unit" = "pinsetter-$role" ] || continue
    put "$UNITS/$unit.service" 644 < "$unpacked/systemd/$unit.service"
  done
  for each in pinsetter-server pinsetter-agent kubectl-lite; do link "$BASE/current/bin/$each" "$LINKS/$each"; done
  link "$BASE/current/install.sh" "$LINKS/pinsetter"
  ctl daemon-reload
}

# Keeps nothing but the release that runs and the one before.
tidy() {
  [ -z "$dry" ] || return 0
  for each in "$BASE"/releases/*; do
    case "releases/$(basename "$each")" in
      "$(readlink "$BASE/current")" | "$(readlink "$BASE/previous" 2>/dev/null)") ;;
      *) rm -rf "$each" ;;
    esac
  done
}

begin() {
  unit=pinsetter-$1
  if ! systemd; then say "systemd does not run here. Start the $1 with: $(command_of "$1")"; return 0; fi
  run systemctl enable --quiet "$unit"
  [ -n "$start" ] || { say "start it with: systemctl start $unit"; return 0; }
  run systemctl restart "$unit"
  [ -n "$dry" ] || stands "$unit" || fail "$unit does not stay up: journalctl -u $unit"
}

# The command that the unit runs.
command_of() {
  sed -n 's/^ExecStart=//p' "$UNITS/pinsetter-$1.service" | sed "s|\\\$PINSETTER_[A-Z]*_FLAGS|$(sed -n 's/^PINSETTER_[A-Z]*_FLAGS="\(.*\)"$/\1/p' "$CONFIG/$1.env" | sed 's/[&|]/\\&/g')|"
}

# Whether units are still up after five seconds without a restart.
stands() {
  before=$(systemctl show -p NRestarts --value "$@")
  for _ in 1 2 3 4 5; do
    sleep 1
    for each in "$@"; do systemctl is-active --quiet "$each" || return 1; done
  done
  [ "$(systemctl show -p NRestarts --value "$@")" = "$before" ]
}

examine() {
  if [ -n "$dry" ]; then say "would run: $*"; return 0; fi
  "$@" || [ -n "$force" ] || fail "see above what is missing, or go on with --force"
}

# --- what can be asked for -----------------------------------------------------------------------------------------

server() {
  [ -z "$token$token_file" ] || fail "a server needs no token"
  need_node
  fetch
  id pinsetter >/dev/null 2>&1 ||
    run useradd --system --user-group --home-dir "$SERVER_DATA" --no-create-home --shell /usr/sbin/nologin pinsetter
  folder "$CONFIG" 700
  place
  if [ ! -d "$SERVER_DATA" ]; then run install -d -m 700 -o pinsetter -g pinsetter "$SERVER_DATA"; fi
  # shellcheck disable=SC2086
  examine "$unpacked/bin/pinsetter-server" doctor --data-dir "$SERVER_DATA" $flags
  put "$CONFIG/server.env" 600 <<TEXT
PINSETTER_SERVER_FLAGS="$flags"
TEXT
  units
  tidy
  begin server
  [ -n "$dry" ] || cat <<TEXT

The control plane is installed. Next:
  export KUBECONFIG=$SERVER_DATA/kubeconfig
  kubectl-lite get nodes
  kubectl-lite token create --print-join-command     # and run what that prints on each worker
TEXT
}

agent() {
  need_node
  fetch
  folder "$CONFIG" 700
  if [ -n "$token_file" ]; then token=$(cat "$token_file"); fi
  place
  [ -d "$AGENT_DATA" ] || run install -d -m 700 "$AGENT_DATA"
  if [ -n "$token" ]; then put "$CONFIG/join-token" 600 <<TEXT
$token
TEXT
  fi
  # What is given once holds until it is given anew: `install.sh agent` alone installs again.
  if [ -z "$flags" ] && [ -f "$CONFIG/agent.env" ]; then
    flags=$(sed -n 's/^PINSETTER_AGENT_FLAGS="\(.*\)"$/\1/p' "$CONFIG/agent.env")
  else
    flags="$flags --token-file $CONFIG/join-token"
  fi
  # shellcheck disable=SC2086
  examine "$unpacked/bin/pinsetter-agent" doctor --data-dir "$AGENT_DATA" $flags
  # Here, where somebody reads why it fails, and not in the journal.
  # shellcheck disable=SC2086
  examine "$unpacked/bin/pinsetter-agent" join --data-dir "$AGENT_DATA" $flags
  put "$CONFIG/agent.env" 600 <<TEXT
PINSETTER_AGENT_FLAGS="$flags"
TEXT
  units
  tidy
  begin agent
  [ -n "$dry" ] || say "This machine is a worker now. On the server: kubectl-lite get nodes"
}

upgrade() {
  [ -L "$BASE/current" ] || fail "Pinsetter is not installed here"
  need_node
  if [ -n "$rollback" ]; then
    [ -z "$release" ] || fail "--rollback goes to the release that is still here: leave out --release"
    [ -d "$BASE/previous/" ] || fail "there is no release before this one"
    to=$(readlink "$BASE/previous")
    unpacked=$BASE/$to
    switch "$to"
  else
    fetch
    place
  fi
  units
  again || {
    [ -z "$rollback" ] || fail "the release before does not stay up either: journalctl -u 'pinsetter-*'"
    to=$(readlink "$BASE/previous")
    unpacked=$BASE/$to
    switch "$to"
    units
    again || :
    fail "the new release did not stay up, the old one runs again: journalctl -u 'pinsetter-*'"
  }
  tidy
  [ -n "$dry" ] || say "Pinsetter $(cat "$BASE/current/RELEASE") is installed; containers ran on. Back: pinsetter upgrade --rollback"
}

# Restarts what runs. Containers are not touched.
again() {
  systemd || return 0
  restarted=''
  for unit in pinsetter-server pinsetter-agent; do
    systemctl is-enabled --quiet "$unit" 2>/dev/null || continue
    run systemctl restart "$unit"
    restarted="$restarted $unit"
  done
  # shellcheck disable=SC2086
  [ -n "$dry" ] || [ -z "$restarted" ] || stands $restarted
}

uninstall() {
  for unit in pinsetter-agent pinsetter-server; do
    [ -f "$UNITS/$unit.service" ] || continue
    if systemd; then run systemctl disable --quiet --now "$unit"; fi
    run rm -f "$UNITS/$unit.service"
  done
  ctl daemon-reload
  [ -z "$purge" ] || remove_pods
  clean_network
  if [ -n "$purge" ]; then
    # Volumes in memory are mounts.
    awk -v below="$AGENT_DATA/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do run umount "$mounted"; done
    run rm -rf "$AGENT_DATA" "$SERVER_DATA"
  fi
  for each in pinsetter-server pinsetter-agent kubectl-lite pinsetter; do [ ! -L "$LINKS/$each" ] || run rm -f "$LINKS/$each"; done
  run rm -rf "$CONFIG" "$BASE"
  if [ -n "$purge" ]; then
    if id pinsetter >/dev/null 2>&1; then run userdel pinsetter; fi
  else
    say "Kept: containers of pods, out of reach of Services, $SERVER_DATA, $AGENT_DATA. To remove those too: uninstall --purge"
  fi
}

# Containers, networks and volumes of this node's pods and of no other's.
remove_pods() {
  [ -f "$CONFIG/agent.env" ] && has docker || return 0
  node_name=$(sed -n 's/.*--node-name[= ]\([^ "]*\).*/\1/p' "$CONFIG/agent.env")
  [ -n "$node_name" ] || node_name=$(uname -n | tr '[:upper:]' '[:lower:]')
  for container in $(docker ps -aq --filter "label=io.pinsetter.node=$node_name"); do run docker rm -f -v "$container" >/dev/null; done
}

# What the agent changed of this machine's network: tables, routes, devices, and its pods' network once no pod is on it.
clean_network() {
  [ -f "$CONFIG/agent.env" ] && [ -x "$BASE/current/bin/pinsetter-agent" ] || return 0
  agent_flags=$(sed -n 's/^PINSETTER_AGENT_FLAGS="\(.*\)"$/\1/p' "$CONFIG/agent.env")
  # shellcheck disable=SC2086
  run "$BASE/current/bin/pinsetter-agent" clean-network --data-dir "$AGENT_DATA" $agent_flags ||
    say "the network of this machine is not all as it was: see above"
}

main "$@"
