# Shared by install_trident.sh and uninstall_trident.sh, which stand beside it. Nothing here changes a cluster by itself.

fail() {
  echo "$*" >&2
  exit 1
}

# The client and the platform: oc on PATH means OpenShift.
find_platform() {
  if command -v oc >/dev/null 2>&1; then
    PLATFORM=openshift
    CLI=oc
    echo "Installer assumes you have deployed OpenShift."
  else
    PLATFORM=k8s
    CLI=kubectl
    echo "Installer assumes you have deployed Kubernetes. If this is an OpenShift deployment, make sure 'oc' is in the \$PATH."
    command -v kubectl >/dev/null 2>&1 || fail "kubectl is not in the \$PATH."
  fi
}

# Does the API server serve this path?
served() {
  "$CLI" get --raw "$1" >/dev/null 2>&1
}

server_version() {
  "$CLI" get --raw /version 2>/dev/null | tr -d '\n' | sed -n 's/.*"gitVersion"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p'
}

# Which of the RBAC files fits, and with which apiVersion: the newest that the server has.
choose_rbac() {
  if served /apis/rbac.authorization.k8s.io/v1; then
    RBAC_FILES=k8s
    RBAC_VERSION=rbac.authorization.k8s.io/v1
  elif [ "$PLATFORM" = openshift ]; then
    RBAC_FILES=openshift
    RBAC_VERSION=v1
  elif served /apis/rbac.authorization.k8s.io/v1beta1; then
    RBAC_FILES=k8s
    RBAC_VERSION=rbac.authorization.k8s.io/v1beta1
  else
    RBAC_FILES=k8s-v1alpha1
    RBAC_VERSION=rbac.authorization.k8s.io/v1alpha1
  fi
}

choose_namespace() {
  [ -n "$NAMESPACE" ] && return
  NAMESPACE=$("$CLI" get serviceaccount default -o "jsonpath={.metadata.namespace}") || fail "The current namespace cannot be determined; use -n."
  [ -n "$NAMESPACE" ] || fail "The current namespace cannot be determined; use -n."
  echo "Using the current namespace \"$NAMESPACE\"."
  [ "$NAMESPACE" = trident ] || echo "A namespace of its own is recommended for Trident; use -n to name one."
}

namespace_exists() {
  "$CLI" get namespace "$NAMESPACE" >/dev/null 2>&1
}

# kind/name lines of `-o name`, whatever the client's age, as: kind "name" VERB
report() {
  while IFS=/ read -r kind name; do
    [ -n "$name" ] || continue
    kind=${kind%%.*}
    echo "${kind%s} \"$name\" $1"
  done
}

# create_from ARGS...: creates, reports each object, ends the script on failure.
create_from() {
  names=$("$CLI" create "$@" -o name) || exit 1
  echo "$names" | report created
}

# delete_if_there ARGS...: deletes what exists, reports each object, ends the script on failure.
delete_if_there() {
  names=$("$CLI" delete "$@" --ignore-not-found -o name) || exit 1
  echo "$names" | report deleted
}

# The value that follows an argument of the launcher, or nothing while it is commented out.
launcher_argument() {
  sed -n "/^[[:space:]]*-[[:space:]]*-$1[[:space:]]*\$/{n;s/^[[:space:]]*-[[:space:]]*//;s/[[:space:]\"]*\$//;s/^\"//;p;}" "$HERE/launcher-pod.yaml" | head -n 1
}
