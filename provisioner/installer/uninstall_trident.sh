#!/bin/bash
# Removes what install_trident.sh and the launcher made. Trident's own claim and volume stay unless -a is given; the volume on
# the array always stays.

HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/common.sh"

usage() {
  cat <<EOF

Usage:
 -n <namespace>      Namespace of Trident; default is the current one.
 -a                  Delete Trident's PVC and PV too.
 -h                  This text.

Example:
  ./uninstall_trident.sh -n trident

EOF
}

NAMESPACE=
ALL=
while getopts ":n:ah" flag; do
  case $flag in
    n) NAMESPACE=$OPTARG ;;
    a) ALL=1 ;;
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

remove_anyuid() {
  [ "$PLATFORM" = openshift ] || return
  oc get scc anyuid -o yaml 2>/dev/null | grep -q "system:serviceaccount:$NAMESPACE:trident\$" || return
  oc adm policy remove-scc-from-user anyuid -z trident -n "$NAMESPACE" || exit 1
}

find_platform
[ -n "$(server_version)" ] || fail "The API server does not answer; check the client's configuration ($CLI get --raw /version)."
choose_namespace
namespace_exists || fail "The namespace \"$NAMESPACE\" does not exist."

PVC=$(launcher_argument pvc_name)
PVC=${PVC:-trident}
PV=$("$CLI" get pvc "$PVC" -n "$NAMESPACE" -o "jsonpath={.spec.volumeName}" 2>/dev/null)

delete_if_there -n "$NAMESPACE" deployment trident
delete_if_there -n "$NAMESPACE" pod trident-launcher
delete_if_there -n "$NAMESPACE" pod trident-ephemeral
delete_if_there clusterrolebinding trident trident-launcher
delete_if_there clusterrole trident trident-launcher
remove_anyuid
delete_if_there -n "$NAMESPACE" serviceaccount trident trident-launcher
delete_if_there -n "$NAMESPACE" configmap trident-launcher-config

if [ -n "$ALL" ]; then
  # Without waiting: each of the two holds the other until both are asked to go.
  [ -z "$PV" ] || delete_if_there --wait=false pv "$PV"
  delete_if_there -n "$NAMESPACE" pvc "$PVC"
  echo "The volume on the array holds all of Trident's state; it was kept and must be deleted by hand."
else
  echo "The namespace \"$NAMESPACE\", the PVC \"$PVC\" and its PV were kept; use -a to delete the PVC and the PV."
fi
echo "Trident's deployment, service accounts and roles were deleted."
echo "The launcher and its configuration were deleted."
