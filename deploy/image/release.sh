#!/bin/sh
# Leaves a release in the folder $1: the one that lies in dist/release, or else one made of these sources here.
set -eu
if ! ls dist/release/pinsetter-*.tar.gz >/dev/null 2>&1; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends make python3 g++ ca-certificates >/dev/null
  make dist
fi
mkdir -p "$1"
tar xzf dist/release/pinsetter-*.tar.gz -C "$1" --strip-components 1
