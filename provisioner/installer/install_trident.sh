#!/bin/bash
# Installs Trident into a Kubernetes or OpenShift cluster: accounts and roles, the files of setup/ as a config map, and the
# launcher pod, which does the rest. Shipped files are never changed; what must be adapted is rendered into a temporary folder.

HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/common.sh"

usage() {
  cat <<EOF

Usage:
 -n <namespace>      Deploy Trident in this namespace; default is the current one.
 -d                  Debug output of all pods.
 -i                  Insecure: create no roles and role bindings.
 -w                  Wait until the launcher has ended, show its log, and fail if Trident does not run.
 -h                  This text.

Example:
  ./install_trident.sh -n trident

EOF
}

NAMESPACE=
DEBUG=
INSECURE=
WAIT=
while getopts ":n:diwh" flag; do
  case $flag in
    n) NAMESPACE=$OPTARG ;;
    d) DEBUG=1 ;;
    i) INSECURE=1 ;;
    w) WAIT=1 ;;
    h)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 1
      ;;
  esac
done

# The backend file must be usable before anything is changed.
check_backend() {
  BACKEND=$HERE/setup/backend.json
  [ -s "$BACKEND" ] || fail "setup/backend.json was not found or is empty. Copy one of sample-input/backend-*.json there and adapt it."
  tr -d ' \t\r\n' <"$BACKEND" | grep -q '^{.*}$' || fail "setup/backend.json is not a JSON object."
  for key in version storageDriverName; do
    grep -qi "\"$key\"[[:space:]]*:" "$BACKEND" || fail "setup/backend.json does not set \"$key\"."
  done
}

# Copies of the manifests with namespace, RBAC version, debug flag and claim name filled in.
render() {
  WORK=$(mktemp -d) || fail "No temporary folder could be made."
  trap 'rm -rf "$WORK"' EXIT
  mkdir "$WORK/setup"
  cp "$HERE"/setup/* "$WORK/setup/"
  sed "s/name: trident\$/name: $NAMESPACE/" "$HERE/trident-namespace.yaml" >"$WORK/namespace.yaml"
  cp "$HERE/trident-serviceaccounts.yaml" "$WORK/serviceaccounts.yaml"
  sed "s|^apiVersion: .*|apiVersion: $RBAC_VERSION|" "$HERE/trident-clusterroles-$RBAC_FILES.yaml" >"$WORK/clusterroles.yaml"
  sed "s|^apiVersion: .*|apiVersion: $RBAC_VERSION|; s/namespace: .*/namespace: $NAMESPACE/" \
    "$HERE/trident-clusterrolebindings-$RBAC_FILES.yaml" >"$WORK/clusterrolebindings.yaml"
  cp "$HERE/launcher-pod.yaml" "$WORK/launcher-pod.yaml"
  if [ -n "$DEBUG" ]; then
    sed -i 's/#- -debug/- -debug/' "$WORK/launcher-pod.yaml" "$WORK/setup/trident-deployment.yaml"
  fi
  claim=$(launcher_argument pvc_name)
  sed -i "s/claimName: .*/claimName: ${claim:-trident}/" "$WORK/setup/trident-deployment.yaml"
}

# OpenShift: the containers run as root, which needs the constraint anyuid for Trident's account.
grant_anyuid() {
  [ "$PLATFORM" = openshift ] || return
  constraint=$(oc get scc anyuid -o yaml 2>/dev/null) || return  # oc against a plain Kubernetes
  echo "$constraint" | grep -q "system:serviceaccount:$NAMESPACE:trident\$" && return
  oc adm policy add-scc-to-user anyuid -z trident -n "$NAMESPACE" || exit 1
}

wait_for_launcher() {
  for _ in $(seq 1 300); do
    phase=$("$CLI" get pod trident-launcher -n "$NAMESPACE" -o "jsonpath={.status.phase}") || exit 1
    [ "$phase" = Succeeded ] || [ "$phase" = Failed ] && break
    sleep 1
  done
  "$CLI" logs trident-launcher -n "$NAMESPACE"
  "$CLI" get deployment trident -n "$NAMESPACE" >/dev/null 2>&1 || fail "Trident was not launched; the log above says why."
  echo "Trident was launched in namespace \"$NAMESPACE\"."
}

find_platform
check_backend
[ -n "$(server_version)" ] || fail "The API server does not answer; check the client's configuration ($CLI get --raw /version)."
choose_rbac
choose_namespace
render

if ! namespace_exists; then
  "$CLI" create -f "$WORK/namespace.yaml" >/dev/null || fail "The namespace \"$NAMESPACE\" could not be created."
fi

delete_if_there -n "$NAMESPACE" pod trident-launcher
if [ -z "$INSECURE" ]; then
  delete_if_there clusterrolebinding trident trident-launcher
  delete_if_there clusterrole trident trident-launcher
fi
delete_if_there -n "$NAMESPACE" serviceaccount trident trident-launcher
delete_if_there -n "$NAMESPACE" configmap trident-launcher-config

create_from -n "$NAMESPACE" -f "$WORK/serviceaccounts.yaml"
if [ -z "$INSECURE" ]; then
  create_from -f "$WORK/clusterroles.yaml"
  create_from -f "$WORK/clusterrolebindings.yaml"
fi
create_from -n "$NAMESPACE" configmap trident-launcher-config --from-file="$WORK/setup"
grant_anyuid
create_from -n "$NAMESPACE" -f "$WORK/launcher-pod.yaml"

echo "Trident deployment definition is available in $HERE/setup/trident-deployment.yaml."
echo "Started launcher in namespace \"$NAMESPACE\"."
[ -z "$WAIT" ] || wait_for_launcher
