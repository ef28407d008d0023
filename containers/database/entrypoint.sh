#!/bin/sh
# Serve the data in /var/lib/mysql; where there is none yet, make it as the variables of the official images say:
# MYSQL_ROOT_PASSWORD or MYSQL_ALLOW_EMPTY_PASSWORD, MYSQL_DATABASE, MYSQL_USER and MYSQL_PASSWORD; MARIADB_ will do, too.
set -eu

data=/var/lib/mysql
root="${MYSQL_ROOT_PASSWORD:-${MARIADB_ROOT_PASSWORD:-}}"
may_be_empty="${MYSQL_ALLOW_EMPTY_PASSWORD:-${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:-}}"
database="${MYSQL_DATABASE:-${MARIADB_DATABASE:-}}"
user="${MYSQL_USER:-${MARIADB_USER:-}}"
password="${MYSQL_PASSWORD:-${MARIADB_PASSWORD:-}}"

say() { printf '%s\n' "$1"; } # for some shells' echo reads backslashes
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/[\\\\']/\\\\&/g")"; }
named() { printf '`%s`' "$(printf %s "$1" | sed 's/`/``/g')"; }

first_statements() {
  say "DELETE FROM mysql.global_priv WHERE user = 'root' AND host <> 'localhost';" # who need no password
  say "FLUSH PRIVILEGES;" # what makes the data knows no users before
  for host in localhost %; do
    say "CREATE OR REPLACE USER root@'$host' IDENTIFIED BY $(quoted "$root");"
    say "GRANT ALL ON *.* TO root@'$host' WITH GRANT OPTION;"
  done
  if [ -n "$database" ]; then say "CREATE DATABASE $(named "$database") CHARACTER SET utf8mb4;"; fi
  if [ -n "$user" ]; then
    say "CREATE USER $(quoted "$user")@'%' IDENTIFIED BY $(quoted "$password");"
    if [ -n "$database" ]; then say "GRANT ALL ON $(named "$database").* TO $(quoted "$user")@'%';"; fi
  fi
}

if [ ! -d "$data/mysql" ]; then
  if [ -z "$root$may_be_empty" ]; then
    echo "there is no data yet, and no password for root: set MYSQL_ROOT_PASSWORD or MYSQL_ALLOW_EMPTY_PASSWORD" >&2
    exit 1
  fi
  umask 077
  first_statements >/tmp/first.sql
  mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal --skip-test-db \
    --skip-name-resolve --extra-file=/tmp/first.sql >/tmp/installed 2>&1 || { cat /tmp/installed >&2; exit 1; }
  rm -f /tmp/first.sql
fi
unset root password MYSQL_ROOT_PASSWORD MARIADB_ROOT_PASSWORD MYSQL_PASSWORD MARIADB_PASSWORD
exec mariadbd --no-defaults --datadir="$data" --socket=/run/mysqld/mysqld.sock --character-set-server=utf8mb4 "$@"
