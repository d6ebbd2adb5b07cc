#pragma once

#include "k8s-fake/controllers/client.h"

/// The resources that controllers and kubelet work with, each in the version they speak.
namespace k8s_fake::control::resources {

inline const Resource pods{"/api/v1", "pods", "Pod", true};
inline const Resource nodes{"/api/v1", "nodes", "Node", false};
inline const Resource namespaces{"/api/v1", "namespaces", "Namespace", false};
inline const Resource claims{"/api/v1", "persistentvolumeclaims", "PersistentVolumeClaim", true};
inline const Resource volumes{"/api/v1", "persistentvolumes", "PersistentVolume", false};
inline const Resource config_maps{"/api/v1", "configmaps", "ConfigMap", true};
inline const Resource root_ca_maps{"/api/v1", "configmaps", "ConfigMap", true,
                                   "fieldSelector=metadata.name%3Dkube-root-ca.crt"};
inline const Resource token_secrets{"/api/v1", "secrets", "Secret", true,
                                    "fieldSelector=type%3Dkubernetes.io%2Fservice-account-token"};
inline const Resource secrets{"/api/v1", "secrets", "Secret", true};
inline const Resource service_accounts{"/api/v1", "serviceaccounts", "ServiceAccount", true};
inline const Resource services{"/api/v1", "services", "Service", true};
inline const Resource endpoints{"/api/v1", "endpoints", "Endpoints", true};
inline const Resource replication_controllers{"/api/v1", "replicationcontrollers", "ReplicationController", true};
inline const Resource endpoint_slices{"/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice", true};
inline const Resource classes{"/apis/storage.k8s.io/v1", "storageclasses", "StorageClass", false};
inline const Resource csi_drivers{"/apis/storage.k8s.io/v1", "csidrivers", "CSIDriver", false};
inline const Resource csi_nodes{"/apis/storage.k8s.io/v1", "csinodes", "CSINode", false};
inline const Resource attachments{"/apis/storage.k8s.io/v1", "volumeattachments", "VolumeAttachment", false};
inline const Resource deployments{"/apis/apps/v1", "deployments", "Deployment", true};
inline const Resource replica_sets{"/apis/apps/v1", "replicasets", "ReplicaSet", true};
inline const Resource stateful_sets{"/apis/apps/v1", "statefulsets", "StatefulSet", true};
inline const Resource daemon_sets{"/apis/apps/v1", "daemonsets", "DaemonSet", true};
inline const Resource revisions{"/apis/apps/v1", "controllerrevisions", "ControllerRevision", true};
inline const Resource jobs{"/apis/batch/v1", "jobs", "Job", true};
inline const Resource cron_jobs{"/apis/batch/v1", "cronjobs", "CronJob", true};
inline const Resource leases{"/apis/coordination.k8s.io/v1", "leases", "Lease", true};
inline const Resource disruption_budgets{"/apis/policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", true};

}  // namespace k8s_fake::control::resources
