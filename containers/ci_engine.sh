#!/usr/bin/env bash
# A Docker engine with the project's images, from Debian's packages alone: for CI, and for machines without a registry.
#
#   containers/ci_engine.sh            then: export DOCKER_HOST="unix:///tmp/pizza-chaos-engine/docker.sock"
#   containers/ci_engine.sh stop       end the engine that it started
#
# Needs root. May be run again: what is there is left as it is. An engine that DOCKER_HOST names and that answers is
# used instead of one of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

home="${PIZZA_CHAOS_ENGINE:-/tmp/pizza-chaos-engine}"
base="pizza-chaos/python:bookworm"
database_base="pizza-chaos/mariadb:bookworm"
starts_within=40
export BASE="$base" DOCKER_HOST="${DOCKER_HOST:-unix://$home/docker.sock}"

answers() { docker info >/dev/null 2>&1; }

install() {
  local missing=""
  command -v dockerd >/dev/null || missing="$missing docker.io"
  command -v iptables >/dev/null || missing="$missing iptables"
  command -v docker-compose >/dev/null || missing="$missing docker-compose"
  command -v mmdebstrap >/dev/null || missing="$missing mmdebstrap"
  [ -z "$missing" ] && return
  # The package would start an engine of its own, where no init system is there to do it.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' RETURN
  fi
  apt-get update -qq
  # shellcheck disable=SC2086 - a list of packages
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# Some machines hand out control groups only to whoever mounts them.
mount_control_groups() {
  mountpoint -q /sys/fs/cgroup && return
  mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || true
}

# Start an engine with one storage driver; 0 once it can run what it will be asked to run.
start() {
  local driver="$1"
  mkdir -p "$home/data-$driver"
  rm -f "$home/docker.pid" "$home/docker.sock"
  setsid nohup dockerd --storage-driver "$driver" --data-root "$home/data-$driver" --exec-root "$home/exec" \
    --pidfile "$home/docker.pid" --host "unix://$home/docker.sock" >"$home/$driver.log" 2>&1 </dev/null &
  local pid=$!
  for ((tenth = 0; tenth < starts_within * 10; tenth++)); do
    answers && return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  echo "$pid" >"$home/docker.pid"
  stop
  return 1
}

stop() {
  local pid
  pid="$(cat "$home/docker.pid" 2>/dev/null)" || return 0
  kill "$pid" 2>/dev/null || return 0
  for ((tenth = 0; tenth < 150; tenth++)); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
}

# The kernel may speak only one of the two dialects of its packet filter.
other_packet_filter() {
  local now other
  now="$(readlink -f "$(command -v iptables)")"
  case "$now" in *nft*) other=iptables-legacy ;; *) other=iptables-nft ;; esac
  command -v "$other" >/dev/null && update-alternatives --set iptables "$(command -v "$other")" >/dev/null 2>&1
}

engine() {
  mkdir -p "$home"
  mount_control_groups
  start overlay2 || start vfs && return
  if other_packet_filter; then start overlay2 || start vfs && return; fi
  echo "the Docker engine does not start here. Its last words, with each storage driver:" >&2
  for log in "$home"/*.log; do
    echo "== $log" >&2
    grep -E 'level=(error|fatal)|failed|Error' "$log" | tail -n 15 >&2 || tail -n 15 "$log" >&2
  done
  exit 1
}

if [ "${1:-}" = stop ]; then
  stop
  exit 0
fi

install
answers || engine
echo "engine: $(docker info --format '{{.ServerVersion}}, {{.Driver}}') at $DOCKER_HOST after $SECONDS s"
containers/wheels.sh &
wheels=$!
containers/base_image.sh "$base"
containers/base_image.sh pizza-chaos/node nodejs
containers/base_image.sh "$database_base" mariadb-server-core mariadb-client-core
RUNS=prometheus containers/base_image.sh pizza-chaos/prometheus prometheus
RUNS=prometheus-alertmanager containers/base_image.sh pizza-chaos/alertmanager prometheus-alertmanager
echo "base images after $SECONDS s"
wait "$wheels"
DATABASE_BASE="$database_base" containers/build.sh
echo "images after $SECONDS s"
