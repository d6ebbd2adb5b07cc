#!/usr/bin/env bash
# run_twice.sh DRYDOCK SEED PATH: a virtual suite passes, and its journal is the same when it runs again with its seed.
set -eu
drydock=$1 seed=$2 suite=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ -n "${DRYDOCK_SOAK:-}" ] && size=1000 || size=100  # of what can be large
for turn in first second; do
  "$drydock" run --virtual --seed "$seed" --granularity step --journal "$folder/$turn" "$suite" --set claims=$size
done
test -s "$folder/first"
cmp "$folder/first" "$folder/second" || { diff "$folder/first" "$folder/second" | head -20; echo "journals differ: $drydock run --virtual --seed $seed $suite"; exit 1; }
