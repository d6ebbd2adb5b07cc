# What every step begins with: where the installer is unpacked, our programs on PATH, and waiting.
set -e
mkdir -p "$DRYDOCK_DIR/work" && cd "$DRYDOCK_DIR/work"
PATH=$PWD/trident-installer:$DRYDOCK_BIN:$PATH
# repeat COMMAND…: until it succeeds; the step's time-out ends it.
repeat() { until "$@" >/dev/null 2>&1; do sleep 0.1; done; }
running() { kubectl get pods -n trident | grep -q '^trident-.* 2/2 *Running'; }
array_has() { drydock ontap --dir "$DRYDOCK_DIR" "volume show -vserver svm1 -fields size" | grep -q "$1"; }
