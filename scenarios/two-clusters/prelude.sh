# What every step begins with: a second cluster and its provisioner as processes beside the lab's own.
set -e
mkdir -p "$DRYDOCK_DIR/second" && cd "$DRYDOCK_DIR/second"
PATH=$DRYDOCK_BIN:$PATH
# repeat COMMAND…: until it succeeds; the step's time-out ends it.
repeat() { until "$@" >/dev/null 2>&1; do sleep 0.1; done; }
second() { KUBECONFIG=$DRYDOCK_DIR/second/kubeconfig kubectl "$@"; }
their_tridentctl() { tridentctl -s "127.0.0.1:$(cat port)" "$@"; }
volumes() { drydock ontap --dir "$DRYDOCK_DIR" "volume show -vserver svm1 -fields size"; }
claim() { printf '{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"%s"},"spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"gold","resources":{"requests":{"storage":"1Gi"}}}}' "$1"; }
class='{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"gold"},"provisioner":"netapp.io/trident","parameters":{"backendType":"ontap-nas"}}'
