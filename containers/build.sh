#!/usr/bin/env bash
# Build the images of both twins and of the harness; and, where its base is named, one of a database.
#
#   containers/build.sh                                    on python:3.11-slim-bookworm, from a registry
#   BASE=pizza-chaos/python:bookworm containers/build.sh   on containers/base_image.sh's image
#   DATABASE_BASE=pizza-chaos/mariadb containers/build.sh  and a database on another of these, with MariaDB's packages
#
# Where containers/wheels.sh has fetched wheels, builds install those and ask no package index.
set -euo pipefail
cd "$(dirname "$0")/.."

offline=0
compgen -G 'containers/wheels/*.whl' >/dev/null && offline=1
for image in service:pizza_service factory:fake_factory harness:harness; do
  tag="pizza-chaos/${image%%:*}:${TAG:-latest}"
  docker build --quiet --tag "$tag" --file "${image##*:}/Dockerfile" \
    --build-arg "BASE=${BASE:-python:3.11-slim-bookworm}" --build-arg "PIP_NO_INDEX=$offline" . >/dev/null
  echo "built $tag"
done
if [ -n "${DATABASE_BASE:-}" ]; then
  tag="pizza-chaos/database:${TAG:-latest}"
  docker build --quiet --tag "$tag" --build-arg "BASE=$DATABASE_BASE" containers/database >/dev/null
  echo "built $tag"
fi
