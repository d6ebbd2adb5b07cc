#!/usr/bin/env bash
# cli_test.sh DRYDOCK: what people type: init, run with its selections and reports, watch, another cluster, completion, explore, refusals.
set -eu
drydock=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT
fail() { echo "FAILED: $*"; exit 1; }
expect() { grep -qF -- "$2" "$1" || { cat "$1"; fail "no \"$2\" in $1"; }; }
# Waits for a line; the test's time limit is the only clock.
await() { until grep -qF -- "$2" "$1" 2>/dev/null; do sleep 0.1; done; }
cd "$folder"

echo "init writes a suite that passes, and does not overwrite it"
"$drydock" init mine >init.txt
[ -s mine/first-claim/chainsaw-test.yaml ] && grep -q '^ *#' mine/first-claim/chainsaw-test.yaml || fail "the sample is not commented"
"$drydock" run --virtual mine >first.txt
expect first.txt "1 passed, 0 failed"
if "$drydock" init mine >again.txt 2>&1; then fail "init overwrote a file"; fi
expect again.txt "exists already"

echo "names, labels, numbers, processes, first failure"
mkdir many
for name in a b c; do
  printf 'apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: %s, labels: {size: %s, odd: "%s"}}\nspec:\n  steps:\n  - try: [{sleep: {duration: 1s}}, {%s}]\n' \
    "$name" "s-$name" "$([ $name = b ] && echo no || echo yes)" "$([ $name = b ] && echo 'assert: {timeout: 1s, resource: {(`1`): 2}}' || echo 'sleep: {duration: 1s}')" >many/$name.yaml
done
if "$drydock" run many >all.txt; then fail "a failure went unnoticed"; fi
expect all.txt "2 passed, 1 failed"
expect all.txt "repeat with: drydock run --seed 1 many"
"$drydock" run --selector 'odd=yes,size!=s-c' many >some.txt
expect some.txt "1 passed, 0 failed"
"$drydock" run --include '^c$' --repeat 3 many >thrice.txt
expect thrice.txt "3 passed, 0 failed"
"$drydock" run --parallel 3 --exclude b many >side.txt
expect side.txt "2 passed, 0 failed"
for nothing in "--include nobody" "--selector size=none" "--exclude ."; do
  # shellcheck disable=SC2086
  if "$drydock" run $nothing many >none.txt 2>&1; then fail "a run of no test is green: $nothing"; fi
  expect none.txt "none of 3 tests is selected"
done
if "$drydock" run --fail-fast many >fast.txt; then fail "a failure went unnoticed"; fi
expect fast.txt "SKIP  c"
printf 'apiVersion: chainsaw.kyverno.io/v1alpha2\nkind: Configuration\nmetadata: {name: c}\nspec: {discovery: {excludeTestRegex: "^b$"}, execution: {parallel: 2, repeatCount: 2}}\n' >many/.chainsaw.yaml
"$drydock" run many >configured.txt
expect configured.txt "4 passed, 0 failed"
rm many/.chainsaw.yaml

echo "reports"
"$drydock" run --junit r.xml --json r.json --tap r.tap --html r.html --granularity operation many >report.txt || true
expect r.xml '<testsuites name="drydock"'
expect r.tap "TAP version 13"
expect r.html "class=\"timeline\""
[ "$(wc -l <r.json)" -ge 3 ] || fail "too few JSON lines"

echo "processes: environment, directory, checks, outputs"
mkdir -p process/sub
cat >process/chainsaw-test.yaml <<'Y'
apiVersion: chainsaw.kyverno.io/v1alpha1
kind: Test
metadata: {name: process}
spec:
  steps:
  - try:
    - script:
        env:
        - name: GREETINGS
          value: (join(' ', ['hello', 'you']))
        content: |
          echo $GREETINGS
          echo oops >&2
        check:
          ($error): ~
          ($stdout): hello you
          (contains($stderr, 'oops')): true
        outputs:
        - name: said
          value: (to_upper($stdout))
    - command:
        env: [{name: WHO, value: me}]
        entrypoint: echo
        args: [$WHO, "${WHO}", a b, $NAMESPACE]
        check: {"($stdout == join(' ', ['me me a b', $namespace]))": true}
    - script:
        content: pwd; exit 3
        workDir: sub
        skipLogOutput: true
        check:
          ($error): exit status 3
          (ends_with($stdout, '/process/sub')): true
    - script: {content: 'echo "$0 ${BASH_VERSION:+bash}"', shell: bash, shellArgs: [-c], check: {($stdout): bash bash}}
    - script: {content: sleep 60, timeout: 100ms, check: {($error): 'signal: killed'}}
    - assert: {resource: {($said): HELLO YOU}}
Y
"$drydock" run process >process.txt || { cat process.txt; fail "processes"; }
if grep -q sub process.txt; then fail "what is not to be shown is shown"; fi

echo "watch runs again when a file changes"
"$drydock" run --watch --virtual mine >watch.txt 2>&1 &
pids+=($!)
runs() { until [ "$(grep -c ' passed, ' watch.txt)" -ge "$1" ]; do sleep 0.1; done; }
runs 1
echo "# changed" >>mine/first-claim/chainsaw-test.yaml
runs 2
cp -r many/a.yaml mine/another.yaml
runs 3
expect watch.txt "2 passed, 0 failed"
rm mine/another.yaml
runs 4
[ "$(grep -c '1 passed, 0 failed' watch.txt)" -eq 3 ] || { cat watch.txt; fail "not what each change asks for"; }

echo "the same suite against another cluster"
"$drydock" up --dir other --k8s-listen 127.0.0.1:0 --ontap-listen 127.0.0.1:0 --ontap-listen-ssh 127.0.0.1:0 >up.txt 2>&1 &
pids+=($!)
until [ -s other/kubeconfig ]; do sleep 0.1; done
mkdir plain
cat >plain/chainsaw-test.yaml <<'Y'
apiVersion: chainsaw.kyverno.io/v1alpha1
kind: Test
metadata: {name: plain}
spec:
  steps:
  - try:
    - apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: v}}}
    - assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: v}}}
    - script: {content: 'echo "$NAMESPACE"; test -n "$KUBECONFIG"', check: {($error == null && $stdout == $namespace): true}}
Y
"$drydock" run --cluster other/kubeconfig plain >elsewhere.txt || { cat elsewhere.txt up.txt; fail "not against another cluster"; }
expect elsewhere.txt "1 passed, 0 failed"

echo "its array over SSH"
await up.txt "ready"
port=$(sed -n 's|^listening ontap-ssh ssh://127.0.0.1:||p' up.txt)
grep -q "^export DRYDOCK_ONTAP_SSH=ssh://127.0.0.1:$port$" other/env || fail "env does not name the SSH listener"
sshpass -p netapp123 ssh -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=known_hosts -o PubkeyAuthentication=no -o LogLevel=ERROR \
  admin@127.0.0.1 vserver show >ssh.txt || { cat ssh.txt up.txt; fail "no command line over SSH"; }
expect ssh.txt "svm1"
echo "a lab and another cluster in one suite"
mkdir -p both/second
cat >both/chainsaw-test.yaml <<'Y'
apiVersion: chainsaw.kyverno.io/v1alpha1
kind: Test
metadata: {name: both}
spec:
  clusters: {other: {kubeconfig: ../other/kubeconfig, context: drydock}}
  steps:
  - try: [{apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: here, namespace: default}}}}]
  - cluster: other
    try:
    - error: {timeout: 1s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: here, namespace: default}}}
    - apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: there, namespace: default}}}
    - script: {content: 'kubectl -n default get configmap there -o name', check: {($stdout): configmap/there}}
  - try: [{error: {timeout: 1s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: there, namespace: default}}}}]
Y
printf 'apiVersion: kuttl.dev/v1beta1\nkind: TestStep\nkubeconfig: ../../other/kubeconfig\napply: [map.yml]\n' >both/second/00-step.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n' >both/second/map.yml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n' >both/second/00-assert.yaml
cp both/second/00-assert.yaml both/second/01-errors.yaml
cp -r both/second second
"$drydock" run both/chainsaw-test.yaml >both.txt || { cat both.txt; fail "not in two clusters"; }
sed -i 's|../../other|../other|' second/00-step.yaml
"$drydock" run second >second.txt || { cat second.txt; fail "a KUTTL step does not reach its cluster"; }
expect second.txt "1 passed, 0 failed"
KUBECONFIG=other/kubeconfig kubectl -n default get configmap there -o name >left.txt 2>&1 && fail "what was made in the other cluster stayed"
sed 's|server: .*|server: https://192.0.2.1:6443|' other/kubeconfig >far.kubeconfig
sed -i 's|../other/kubeconfig|../far.kubeconfig|' both/chainsaw-test.yaml
if "$drydock" run both/chainsaw-test.yaml >far.txt; then fail "a scenario left this machine"; fi
expect far.txt "192.0.2.1 is beyond loopback"
if "$drydock" run --cluster nowhere plain >nowhere.txt 2>&1; then fail "ran against nothing"; fi
expect nowhere.txt "nowhere"

echo "the action, each of its steps as a runner runs it, with a make that brings this program"
mkdir -p action stub runner
cat >stub/make <<Y
#!/bin/sh
echo "\$*" >>"$folder/made.txt"
mkdir -p "$folder/action/build/release/bin"
ln -sf "$drydock" "$folder/action/build/release/bin/drydock"
Y
chmod +x stub/make
python3 - "$root/action.yml" <<'P'
import pathlib, re, sys
steps = re.split(r"\n  - ", pathlib.Path(sys.argv[1]).read_text().split("\n  steps:\n")[1].replace("  - ", "\n  - ", 1))[1:]
assert len(steps) == 3, steps
for number, step in enumerate(steps):
    text = step.split("run: ", 1)[1]
    body = text[2:] if text.startswith("|") else text
    pathlib.Path(f"step{number}.sh").write_text("\n".join(line[6:] if line.startswith("      ") else line for line in body.splitlines()) + "\n")
P
cp -r mine runner/suite
for number in 0 1 2; do
  (cd runner && GITHUB_ACTION_PATH=$folder/action PATHS="suite" ARGUMENTS="--parallel 2 --granularity step" JUNIT=drydock.xml PAGE=drydock.html PATH=$folder/stub:$PATH \
    bash --noprofile --norc -eo pipefail ../step$number.sh) >action.txt 2>&1 || { cat action.txt; fail "step $number of the action"; }
done
expect made.txt "-C $folder/action build"
expect action.txt "passed, 0 failed"
[ -s runner/drydock.xml ] && [ -s runner/drydock.html ] || fail "the action leaves no reports"

echo "completion"
for shell in bash zsh fish; do "$drydock" completion $shell >complete.$shell; done
bash -c 'source complete.bash; COMP_WORDS=(drydock ex) COMP_CWORD=1; _drydock; [ "${COMPREPLY[*]}" = explore ]' || fail "bash does not complete"
bash -c 'source complete.bash; COMP_WORDS=(drydock run --jun) COMP_CWORD=2; _drydock; [ "${COMPREPLY[*]}" = --junit ]' || fail "bash does not complete flags"
expect complete.zsh "bashcompinit"
expect complete.fish "complete -c drydock"
# Every flag that the help names is completed.
for flag in $("$drydock" run --help | grep -oE '^  --[a-z-]+' | grep -v -- --help); do expect complete.bash "$flag"; done

echo "a scenario stays in its directory and on loopback"
mkdir -p jail
ln -s /etc/passwd jail/link.yaml
for row in 'apply: {file: link.yaml}|lies outside' 'apply: {file: "*.yaml"}|lies outside'  'apply: {file: ../../../../../../etc/passwd}|lies outside' 'apply: {file: /etc/passwd}|relative to its own directory' 'assert: {file: http://example.com/x.yaml}|of its own directory only' \
  'script: {content: "true"}|wire'; do
  printf 'apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: jail}\nspec:\n  steps:\n  - try: [{%s}]\n' "${row%%|*}" >jail/chainsaw-test.yaml
  if "$drydock" run --virtual jail >jail.txt 2>&1; then fail "${row%%|*} was allowed"; fi
  expect jail.txt "${row##*|}"
done
cat >jail/chainsaw-test.yaml <<'Y'
apiVersion: chainsaw.kyverno.io/v1alpha1
kind: Test
metadata: {name: jail, annotations: {drydock.dev/provisioner: "true"}}
spec:
  steps:
  - try:
    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: Backend, metadata: {name: far}, spec: {version: 1, storageDriverName: ontap-nas, managementLIF: 192.0.2.1, dataLIF: 192.0.2.2, svm: s, username: u, password: p}}}
    - assert:
        timeout: 60s
        resource:
          apiVersion: lab.drydock.dev/v1
          kind: Backend
          metadata: {name: far}
          status:
            phase: Failed
            (contains(message, 'beyond loopback')): true
Y
"$drydock" run --wire jail >jail.txt 2>&1 || { cat jail.txt; fail "the product was let out"; }
# A test may read what lies below the path that was asked for, wherever that is.
mkdir -p suite/case suite/shared away
cp jail/chainsaw-test.yaml suite/shared/none.txt
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n' >suite/shared/m.yaml
printf 'apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: shares}\nspec:\n  steps:\n  - try: [{apply: {file: ../shared/m.yaml}}]\n' >suite/case/chainsaw-test.yaml
(cd away && "$drydock" run "$folder/suite") >shared.txt || { cat shared.txt; fail "a suite does not reach its own files"; }

echo "explore: a crash point of a suite, bad arguments"
"$drydock" explore mine --at 5b >explore.txt || { cat explore.txt; fail "explore"; }
expect explore.txt "2 passed, 0 failed"
for bad in "--at x" "--history {}x" "no/such/path"; do
  # shellcheck disable=SC2086
  if "$drydock" explore $bad >bad.txt 2>&1; then fail "explore took $bad"; fi
done
echo "all of it works"
