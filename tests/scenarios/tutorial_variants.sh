#!/usr/bin/env bash
# tutorial_variants.sh DRYDOCK ROOT: the tutorial passes with every name, address, password, prefix and size changed; and with
# what its steps check broken on purpose, it fails at the step that looks at it.
set -eu
drydock=$1 root=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$root/scenarios/tutorial" "$folder/tutorial"
# One client is enough, and nobody waits two minutes for what cannot come.
sed -i -e '/name: client, value: debian/d' -e '/name: client, value: plain/d' -e 's/timeouts: {exec: 2m}/timeouts: {exec: 40s}/' -e 's/timeout: 3m/timeout: 40s/' "$folder/tutorial/chainsaw-test.yaml"
export PATH=$(dirname "$drydock"):$PATH
failed=0
# expect STEP NAME=VALUE: with this value for one of the tutorial's bindings, STEP is the first that fails.
expect() {
  local step=$1 first
  if "$drydock" run --wire --granularity step --set "$2" "$folder/tutorial/chainsaw-test.yaml" > "$folder/out" 2>&1; then
    echo "$2: nothing failed"; failed=1; return
  fi
  first=$(grep -m 1 '^FAIL' "$folder/out" || true)
  case $first in
    "FAIL  $step "*) echo "ok: $2 fails at $step" ;;
    *) echo "$2: expected $step to fail first, found: $first"; grep -A 12 '^FAIL' "$folder/out" | head -n 20; failed=1 ;;
  esac
}
"$drydock" run --wire --granularity step --config "$folder/tutorial/changed/lab.yaml" --values "$folder/tutorial/changed/values.yaml" "$folder/tutorial/chainsaw-test.yaml" > "$folder/out" 2>&1 ||
  { echo "changed names: failed"; grep -A 12 '^FAIL' "$folder/out" | head -n 40; failed=1; }
tail -n 1 "$folder/out"
expect B8 aggrList=none           # no aggregate list
expect E5 clients=10.99.0.0/16    # an export rule that does not let the node in: the server's own volume cannot be mounted
expect E1 backendSvm=nosuchsvm    # a backend file with an SVM that is not there; what follows from it is the suite wrong-backend
expect F-1 sabotage=no-pod        # no Trident pod
exit $failed
