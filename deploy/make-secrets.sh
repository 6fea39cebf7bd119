#!/bin/sh
# Makes the secrets that docker-compose.yml reads, where they are not made yet: deploy/make-secrets.sh [FOLDER]
#
# The folder is its owner's alone; its files can be read by all, since a container's user is another one than its owner.
set -eu
umask 077
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
keep() {
  [ -s "$folder/$1" ] || printf '%s' "$2" > "$folder/$1"
  chmod 0444 "$folder/$1"
}
keep postgres-password "$(password)"
keep redis-password "$(password)"
keep grafana-password "$(password)"
keep s3-access-key-id "fedamole"
keep s3-secret-access-key "$(password)"
keep database-url "postgres://fedamole:$(cat "$folder/postgres-password")@postgres:5432/fedamole"
keep redis-url "redis://:$(cat "$folder/redis-password")@redis:6379"
echo "secrets: $folder"
