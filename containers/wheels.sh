#!/usr/bin/env bash
# Fetch every wheel that the images install, with this machine's own pip and its settings. A build then needs neither
# a package index nor what the way there asks for (certificates, mirrors, passwords), so none of it ends in an image.
#
#   PYTHON=.venv/bin/python containers/wheels.sh      containers/build.sh uses what it finds
#
# The Python must be the images' own: 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."

"${PYTHON:-python3}" -m pip wheel -qq --disable-pip-version-check --progress-bar off \
  --wheel-dir containers/wheels --constraint constraints.txt . hatchling
rm -f containers/wheels/pizza_chaos-*.whl # images are built from the source
echo "containers/wheels holds $(find containers/wheels -name '*.whl' | wc -l) wheels"
