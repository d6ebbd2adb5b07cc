#!/usr/bin/env bash
# conformance_test.sh DRYDOCK FOLDER: suites in the words of Chainsaw and KUTTL do what those would do, to the second where it is about time.
set -eu
drydock=$1 suites=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { cat "$folder"/*.txt; echo "FAILED: $*"; exit 1; }
expect() { grep -qE -- "$2" "$folder/$1" || fail "no \"$2\" in $1"; }
cd "$suites"

"$drydock" run --virtual --journal "$folder/journal" --template-var colour=green passes >"$folder/passes.txt" || fail "what passes with Chainsaw and KUTTL fails"
expect passes.txt '^PASS  operations '
expect passes.txt '^PASS  each\[1\] '
expect passes.txt '^PASS  each\[2\] '
expect passes.txt '^PASS  case '
expect passes.txt '^PASS  last '
expect passes.txt '^PASS  warnings '
expect passes.txt '^PASS  proxy '
expect passes.txt '^PASS  cel '
expect passes.txt '^PASS  accumulated '
expect passes.txt '^PASS  expressions '
expect passes.txt '^PASS  templated '
expect passes.txt '^SKIP  left-out '
expect passes.txt '^PASS  kept \(10\.[0-9]+s\)'
expect journal 'DELETE /api/v1/namespaces/default/configmaps/goes '
if grep -q 'DELETE .*/configmaps/stays ' "$folder/journal"; then fail "skipDelete deletes"; fi

if "$drydock" run --virtual fails >"$folder/fails.txt"; then fail "what fails with Chainsaw passes"; fi
expect fails.txt '^0 passed, 9 failed'
expect fails.txt '^FAIL  of-the-operation \(1\.[12]'
expect fails.txt '^FAIL  of-the-step \(2\.[12]'
expect fails.txt '^FAIL  of-the-test \(3\.[12]'
expect fails.txt '^FAIL  of-the-configuration \(4\.[12]'
expect fails.txt 'cluster other is not among'
expect fails.txt 'no endpoints available for service'
expect fails.txt '^FAIL  together \(2[0-9]\.'
expect fails.txt 'unknown function'
expect fails.txt "expression 'space.metadata.name == 'other'' evaluated to 'false'"

# A file that cannot be read fails by itself; the others run.
mkdir -p "$folder/mixed/good" "$folder/mixed/bad"
cp passes/chainsaw/cel.yaml "$folder/mixed/good/chainsaw-test.yaml"
sed 's/steps:/stages:/' passes/chainsaw/cel.yaml >"$folder/mixed/bad/chainsaw-test.yaml"
if "$drydock" run --virtual "$folder/mixed" >"$folder/mixed.txt" 2>&1; then fail "a file with a mistake passes"; fi
expect mixed.txt 'bad/chainsaw-test.yaml:[0-9]+: unknown field "stages"'
expect mixed.txt '^PASS  cel '
expect mixed.txt '^1 passed, 1 failed'
echo "as Chainsaw and KUTTL"
