#!/usr/bin/env bash
# Make a base image from Debian's packages, for machines that reach no image registry.
#
#   containers/base_image.sh TAG [PACKAGE…]      e.g. containers/base_image.sh pizza-chaos/python:bookworm
#   RUNS=PROGRAM containers/base_image.sh …      an image that runs this program, whatever it is told
#
# Needs root, mmdebstrap (or debootstrap, which takes twice as long) and a Docker engine. Does nothing when the image is
# there; to make it anew, remove it first.
set -euo pipefail

tag="${1:?usage: containers/base_image.sh TAG [PACKAGE…]}"
shift
suite=bookworm
packages="${*:-python3 python3-venv}"

if docker image inspect "$tag" >/dev/null 2>&1; then
  echo "$tag is there already"
  exit 0
fi

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
include="$(tr ' ' ',' <<<"$packages")"

# What only a package manager or a reader of manuals wants.
needless=(var/cache/apt/archives var/lib/apt/lists usr/share/doc usr/share/man usr/share/locale usr/share/info)

if command -v mmdebstrap >/dev/null; then
  make=(mmdebstrap --variant=minbase --include "$include" --dpkgopt force-unsafe-io "$suite" "$scratch/root")
elif command -v debootstrap >/dev/null; then
  make=(debootstrap --variant=minbase --include "$include" "$suite" "$scratch/root")
else
  echo "mmdebstrap is missing: apt-get install mmdebstrap" >&2
  exit 2
fi
if ! "${make[@]}" >"$scratch/log" 2>&1; then
  echo "${make[0]} could not make $tag; its last words:" >&2
  tail -n 15 "$scratch/log" >&2
  exit 1
fi
for folder in "${needless[@]}"; do rm -rf "${scratch:?}/root/$folder"/*; done
change=(--change 'ENV LANG=C.UTF-8')
if [ -n "${RUNS:-}" ]; then change+=(--change "ENTRYPOINT [\"$RUNS\"]"); fi
tar -C "$scratch/root" --numeric-owner -c . | docker import "${change[@]}" - "$tag" >/dev/null
echo "made $tag from Debian's $suite packages: $packages"
