#!/bin/sh
# The first process of a host, in namespaces of its own: makes what a freshly started machine has, says "ready", and
# reaps until it is killed, with which the host is off.
#   host-init.sh NAME FOLDER NAMESERVER
set -eu
name=$1 folder=$2 nameserver=$3

# Nothing that is mounted here reaches the machine around; what is mounted later is seen by the host's own containers.
mount --make-rprivate /
hostname "$name"
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns

if [ -f "$folder/cgroup-v2" ]; then
  # Whoever started this has it one level below the root already: a group that hands out controllers may hold no process.
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
else
  mount -t tmpfs tmpfs /sys/fs/cgroup
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
    mkdir "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" 2>/dev/null || rmdir "/sys/fs/cgroup/$controller"
  done
  mkdir /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd 2>/dev/null || rmdir /sys/fs/cgroup/systemd
fi
mount --make-rshared /

# What tells machines, and their starts, apart.
tr -d - < "$folder/machine-id" > /run/machine-id
mount --bind /run/machine-id /etc/machine-id 2>/dev/null || :
cat /proc/sys/kernel/random/uuid > /run/boot-id
mount --bind /run/boot-id /proc/sys/kernel/random/boot_id
echo "nameserver $nameserver" > /run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf

echo ready
trap : TERM INT
while :; do sleep 1000 & wait $! || :; done
