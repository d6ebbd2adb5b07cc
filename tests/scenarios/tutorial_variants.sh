#!/usr/bin/env bash
# tutorial_variants.sh DRYDOCK ROOT: the tutorial passes with every name, address, password, prefix and size changed; and with
# what its steps check broken on purpose (tutorial_breaks.txt), it fails first at the step that looks at it.
set -eu
drydock=$1 root=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$root/scenarios/tutorial" "$folder/tutorial"
# One client is enough, and nobody waits two minutes for what cannot come.
sed -i -e '/name: client, value: debian/d' -e '/name: client, value: plain/d' -e 's/timeouts: {exec: 2m}/timeouts: {exec: 40s}/' -e 's/timeout: 3m/timeout: 40s/' "$folder/tutorial/chainsaw-test.yaml"
export PATH=$(dirname "$drydock"):$PATH

# expect STEP NAME OPTION…: with these options STEP is the first that fails. Leaves its verdict in NAME.
expect() {
  local step=$1 name=$2 first
  shift 2
  if "$drydock" run --wire --granularity step "$@" >"$folder/$name.out" 2>&1; then
    echo "FAILED: $step: nothing failed" >"$folder/$name.verdict"
    return
  fi
  first=$(grep -m 1 '^FAIL' "$folder/$name.out" || true)
  case $first in
    "FAIL  $step "*) echo "ok: $step" ;;
    *) echo "FAILED: expected $step to fail first, found: $first"; grep -A 12 '^FAIL' "$folder/$name.out" | head -n 20 ;;
  esac >"$folder/$name.verdict"
}
# broken STEP CODE NAME: the same for a copy of the tutorial whose STEP begins with CODE.
broken() {
  mkdir "$folder/$3"
  cp -r "$folder/tutorial" "$folder/$3/tutorial"
  STEP=$1 CODE=$2 python3 - "$folder/$3/tutorial" <<'P'
import os, pathlib, sys
tutorial = pathlib.Path(sys.argv[1])
(tutorial / "break.sh").write_text(os.environ["CODE"] + "\n")
file = tutorial / "chainsaw-test.yaml"
head, found, rest = file.read_text().partition("- name: " + os.environ["STEP"] + "\n")
assert found, "no step " + os.environ["STEP"]
file.write_text(head + found + rest.replace(". ./prelude.sh", '. ./prelude.sh; . "$tutorial/break.sh"', 1))
P
  expect "$1" "$3" "$folder/$3/tutorial/chainsaw-test.yaml"
  rm -rf "${folder:?}/$3"
}
# A few at a time: most of their time is waiting.
running=0
aside() {
  "$@" &
  running=$((running + 1))
  if [ $running -ge 3 ]; then wait -n; running=$((running - 1)); fi
}
{
  "$drydock" run --wire --granularity step --config "$folder/tutorial/changed/lab.yaml" --values "$folder/tutorial/changed/values.yaml" "$folder/tutorial/chainsaw-test.yaml" >"$folder/out" 2>&1 &&
    echo "ok: every name changed: $(tail -n 1 "$folder/out")" || { echo "FAILED: changed names"; grep -A 12 '^FAIL' "$folder/out" | head -n 40; }
} >"$folder/changed.verdict" &
running=1
number=0
while IFS= read -r line; do
  case $line in
    '#'*) continue ;;
    '') if [ "${DRYDOCK_SOAK:-}" = "" ]; then break; else continue; fi ;;
  esac
  number=$((number + 1))
  aside broken "${line%% | *}" "${line#* | }" "row$number"
done <"$root/tests/scenarios/tutorial_breaks.txt"
# Broken by a value: an export rule that does not let the node in (the server's own volume cannot be mounted), no Trident pod.
aside expect "E5 oc get pods (F8)" rule --set clients=10.99.0.0/16 "$folder/tutorial/chainsaw-test.yaml"
aside expect "F-1 tridentctl create backend (F10)" pod --set sabotage=no-pod "$folder/tutorial/chainsaw-test.yaml"
wait
cat "$folder"/*.verdict
! grep -q '^FAILED' "$folder"/*.verdict
