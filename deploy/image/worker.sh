#!/bin/sh
# A worker in a container: starts a Docker engine of its own, loads what images lie in /images, and becomes the agent.
set -eu

# Where cgroups come in read-only, they are made ours: containers within this one need some of their own.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mount -o remount,bind,rw /sys/fs/cgroup 2>/dev/null || :
  # A group that hands out controllers may hold no process itself.
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || :
  sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
else
  for each in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$each" 2>/dev/null || :; done
fi
mount -o remount,bind,rw /proc/sys 2>/dev/null || :
# Volumes that the agent mounts must be seen by the engine's containers.
mount --make-rshared /

rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
dockerd --host unix:///var/run/docker.sock --log-level error > /var/log/dockerd.log 2>&1 &
until docker version >/dev/null 2>&1; do
  kill -0 $! 2>/dev/null || { echo "the engine of this worker did not start:" >&2; tail -20 /var/log/dockerd.log >&2; exit 1; }
  sleep 0.2
done
for each in /images/*.tar; do [ ! -f "$each" ] || docker load -q -i "$each"; done

# Written by the service `token` of the compose file.
until [ -s /join/token ]; do sleep 0.2; done
exec pinsetter-agent --token-file /join/token --node-name "$(uname -n)" "$@"
