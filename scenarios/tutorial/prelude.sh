# What every step of the tutorial begins with: where it works, which programs it finds, and how it compares.
# The environment comes from the runner (DRYDOCK_*, KUBECONFIG) and from the test's bindings (names and addresses).
set -e
tutorial=$(pwd -P)
work=$DRYDOCK_DIR/work
mkdir -p "$work/bin" "$work/demo"
if [ "$STANDIN" = no ]; then PATH=$work/bin:$DRYDOCK_BIN:$PATH; else PATH=$tutorial/bin:$work/bin:$DRYDOCK_BIN:$PATH; fi
if [ -n "$DRYDOCK_KUBECTL" ] && [ "$STANDIN" = no ]; then PATH=$work/bin:$(dirname "$DRYDOCK_KUBECTL"):$DRYDOCK_BIN:$PATH; fi
export PATH
installer=$work/trident-installer

# oc where the stand-in is, kubectl otherwise: the same commands in that client's wording.
if [ "$STANDIN" = no ]; then
  WORDING=kubectl; export WORDING
  oc() { kubectl "$@"; }
fi
export FRAGMENT_dataLIF="$DATA_LIF" FRAGMENT_mgmtLIF="$MGMT_LIF" FRAGMENT_svm="$SVM" FRAGMENT_aggr="$AGGR" FRAGMENT_user="$ONTAP_USER" FRAGMENT_password="$ONTAP_PASSWORD"
export FRAGMENT_ns="$NS" FRAGMENT_size="$SIZE" FRAGMENT_prefix="$PREFIX" FRAGMENT_installer="$installer" FRAGMENT_apiServer="$DRYDOCK_K8S_URL"

same() { python3 "$tutorial/compare" "$@"; }
# repeat COMMAND…: until it succeeds; the step's time-out ends it.
repeat() { until "$@" >/dev/null 2>&1; do sleep 0.1; done; }
cli() { drydock ontap "$@"; }
fill() { printf "%${1}s" '' | tr ' ' "${2:- }"; }
cd "$work"
