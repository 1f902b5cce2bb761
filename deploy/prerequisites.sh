#!/bin/sh
# Installs what a Debian machine lacks. Each word names a purpose; what is there already is left alone.
#   build   compiler for the one native module (SQLite)
#   engine  a Docker engine, a static busybox for offline images, and nftables for Services
#   tests   a real registry with passwords, etcd to compare with, unzip for the real kubectl, the Python client,
#           ps for docker top, debootstrap for machines of their own, docker-compose,
#           ip and nsenter for hosts of namespaces, WireGuard where the kernel has none
#   bench   iperf3
set -eu

node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null || {
  echo "Pinsetter needs Node.js 20.19 or later on the PATH." >&2
  exit 1
}

missing=""
want() { case "$missing " in *" $1 "*) ;; *) missing="$missing $1" ;; esac; }
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || want "$2"; }

for purpose in "$@"; do
  case "$purpose" in
    build) need python3 python3; need g++ g++; need make make ;;
    engine)
      docker version >/dev/null 2>&1 || { need dockerd docker.io; need iptables iptables; }
      need docker docker.io
      need busybox busybox-static
      # Services need it; without, or without the right to install it, pods run all the same.
      if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then need nft nftables; fi
      ;;
    tests) need docker-registry docker-registry; need htpasswd apache2-utils; need etcd etcd-server; need unzip unzip; need script bsdutils; need ps procps; need nft nftables; need conntrack conntrack; need curl curl; need wg wireguard-tools; need wireguard-go wireguard-go; need ip iproute2; need nsenter util-linux; need sysctl procps
      need debootstrap debootstrap; need docker-compose docker-compose
      /usr/bin/python3 -c 'import kubernetes' 2>/dev/null || want python3-kubernetes ;;
    bench) need iperf3 iperf3 ;;
    *) echo "prerequisites.sh: unknown purpose '$purpose' (build, engine, tests, bench)" >&2; exit 2 ;;
  esac
done

# A busybox that is not static cannot run alone in an image.
case " $* " in *" engine "*) dpkg-query -W -f '${Status}' busybox-static 2>/dev/null | grep -q 'ok installed' || want busybox-static ;; esac

[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || { echo "Please install:$missing" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "Please install as root: apt-get install$missing" >&2; exit 1; }
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# Debian would start the services it installs; here they are started when and how they are needed.
policy=/usr/sbin/policy-rc.d
made_policy=""
if [ ! -e "$policy" ] && [ ! -d /run/systemd/system ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; made_policy=yes
fi
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
[ -z "$made_policy" ] || rm -f "$policy"
