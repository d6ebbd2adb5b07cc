#!/usr/bin/env bash
# page_test.sh DRYDOCK: the HTML report in headless Chromium, without a network: it shows its tests, its timeline and a failed test's journal.
set -eu
drydock=$1
browser=$(command -v chromium || command -v chromium-browser || true)
[ -n "$browser" ] || { echo "FAILED: no chromium on this machine"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/chainsaw-test.yaml" <<'Y'
apiVersion: chainsaw.kyverno.io/v1alpha1
kind: Test
metadata: {name: page}
spec:
  steps:
  - name: good
    try:
    - apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: "<b>&amp;"}}}
    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: OntapCommand, metadata: {name: look}, spec: {command: vserver show}}}
  - name: bad
    try: [{assert: {timeout: 2s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: other}}}}]
Y
"$drydock" run --html "$folder/page.html" "$folder" >/dev/null && { echo "the failing test passed"; exit 1; }
# The page counts what it shows and leaves the figures in its title's stead, for --dump-dom.
sed 's|</body>|<script>document.querySelector(".lane[data-lane=faults] i.tick").click();document.body.dataset.seen=[document.querySelectorAll("details.test[open]").length,document.querySelectorAll(".lane").length,document.querySelectorAll("i.step").length,[...document.querySelectorAll("i.tick")].filter(t=>t.getBoundingClientRect().width>0).length>3,document.querySelector("#counts").textContent,getComputedStyle(document.querySelector("summary b.FAIL")).color,document.querySelectorAll("link,script[src],img").length,document.querySelector(".failure .why")!==null,document.querySelector("pre.journal .hit").className.includes("faults")\&\&document.querySelector(".journal-box").open,(()=>{const b=document.querySelector("button[data-show=PASS]");b.click();return document.querySelector("details.test").hidden})()].join("/")</script></body>|' \
  "$folder/page.html" >"$folder/probe.html"
"$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$folder/profile" --host-resolver-rules='MAP * ~NOTFOUND' --virtual-time-budget=2000 \
  --dump-dom "file://$folder/probe.html" >"$folder/dom.html" 2>"$folder/log.txt" || { tail -5 "$folder/log.txt"; exit 1; }
seen=$(grep -o 'data-seen="[^"]*"' "$folder/dom.html" || true)
wanted='data-seen="1/5/2/true/0 passed, 1 failed/rgb(161, 18, 18)/0/true/true/true"'
[ "$seen" = "$wanted" ] || { echo "seen:   $seen"; echo "wanted: $wanted"; exit 1; }
grep -q 'class="journal"' "$folder/dom.html" || { echo "no journal of the failed test"; exit 1; }
