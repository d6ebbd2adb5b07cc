#!/usr/bin/python3
"""Drives the NetApp ZAPI client of Debian's python3-cinder against ontap-sim, over HTTP and HTTPS.

Usage: cinder_client.py PATH/TO/ontap-sim
Starts the simulator with ports of its own choice, calls the client's block and NFS methods, compares every result, and ends
the simulator by its pid. Prints one line per failed check and the count; exit status 1 when a check failed.
"""
import os
import re
import ssl
import sys
import tempfile

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
ssl._create_default_https_context = ssl._create_unverified_context  # the lab's certificate is its own

from cinder.volume.drivers.netapp.dataontap.client import api as netapp_api  # noqa: E402
from cinder.volume.drivers.netapp.dataontap.client import client_cmode  # noqa: E402
from cinder import ssh_utils  # noqa: E402
from simulator import Checks, Simulator  # noqa: E402

GIB = 1 << 30

# The client opens a file of host keys although it makes no SSH connection here.
KNOWN_HOSTS = tempfile.NamedTemporaryFile()
ssh_utils.CONF.set_override("ssh_hosts_key_file", KNOWN_HOSTS.name)
ssh_utils.CONF.set_override("state_path", os.path.dirname(KNOWN_HOSTS.name))


class CinderChecks(Checks):
    def refused(self, name, code, call, *args, **kwargs):
        try:
            got = call(*args, **kwargs)
        except netapp_api.NaApiError as error:
            self.same(name, error.code, code)
            return
        except Exception as error:  # the driver wraps some errors in its own
            self.that(name, code in str(error), str(error))
            return
        self.that(name, False, got)


def client_for(url, vserver="svm1", password="netapp123"):
    scheme, host, port = re.match(r"(https?)://([0-9.]+):([0-9]+)", url).groups()
    return client_cmode.Client(transport_type=scheme, hostname=host, port=port, username="admin", password=password, vserver=vserver,
                               api_trace_pattern="(.*)")


def check_start(checks, client):
    checks.same("get_ontapi_version", client.get_ontapi_version(), (1, 110))
    checks.same("get_ontap_version", client.get_ontap_version(), (9, 1, 0))
    checks.same("list_vservers", client.list_vservers(), ["svm1"])
    checks.same("list_vservers admin", client.list_vservers("admin"), ["cluster1"])
    client.send_ems_log_message({"computer-name": "host", "event-id": "0", "event-source": "Cinder driver", "app-version": "21", "category": "provisioning",
                                 "event-description": "OpenStack", "log-level": "6", "auto-support": "false"})
    checks.same("check_cluster_api", client.check_cluster_api("storage.aggregate", "show", "aggr-options-list-info"), True)
    checks.same("check_cluster_api of a name that is none", client.check_cluster_api("storage.aggregate", "show", "no-such-api"), False)
    checks.same("get_operational_lif_addresses", sorted(a for a in client.get_operational_lif_addresses() if a.startswith("127.0.1.")),
                ["127.0.1.10", "127.0.1.11", "127.0.1.12"])
    checks.same("get_if_info_by_ip", client.get_if_info_by_ip("127.0.1.11"), [{"vserver": "svm1"}])


def check_aggregates(checks, client):
    aggregate = client.get_aggregate("aggr1")
    checks.same("get_aggregate", (aggregate["name"], aggregate["raid-type"], aggregate["is-hybrid"], aggregate["node-name"]),
                ("aggr1", "raid_dp", True, "cluster1-01"))
    checks.same("get_aggregate_disk_types ssd", client.get_aggregate_disk_types("aggr2"), ["SSD"])
    checks.same("get_aggregate_disk_types hybrid", sorted(client.get_aggregate_disk_types("aggr1")), ["SAS", "SSD"])
    capacity = client.get_aggregate_capacity("aggr3")
    checks.same("get_aggregate_capacity", (capacity["size-total"], capacity["percent-used"]), (float(10 << 40), 0))
    checks.same("get_aggregate_capacities", sorted(client.get_aggregate_capacities(["aggr1", "aggr2"])), ["aggr1", "aggr2"])
    checks.same("get_node_for_aggregate", client.get_node_for_aggregate("aggr2"), "cluster1-02")


def check_volumes(checks, client):
    client.create_flexvol("vol1", "aggr1", 10, space_guarantee_type="none", snapshot_policy="none", dedupe_enabled=False, compression_enabled=False)
    checks.refused("create_flexvol twice", "17", client.create_flexvol, "vol1", "aggr1", 1)
    checks.refused("create_flexvol on no aggregate", "14420", client.create_flexvol, "vol2", "none", 1)
    checks.same("flexvol_exists", (client.flexvol_exists("vol1"), client.flexvol_exists("vol9")), (True, False))
    checks.same("list_flexvols", client.list_flexvols(), ["vol1"])
    checks.refused("mount_flexvol twice", "14713", client.mount_flexvol, "vol1")
    volume = client.get_flexvol(flexvol_name="vol1")
    checks.same("get_flexvol", (volume["name"], volume["aggregate"], volume["junction-path"], volume["type"], volume["size"], volume["space-guarantee"],
                                volume["percentage-snapshot-reserve"], volume["style-extended"]),
                ("vol1", "aggr1", "/vol1", "rw", str(10 * GIB), "none", "5", "flexvol"))
    capacity = client.get_flexvol_capacity(flexvol_path="/vol1")
    checks.same("get_flexvol_capacity", (capacity["size-total"], capacity["size-available"]), (float(10 * GIB * 95 // 100), float(10 * GIB * 95 // 100 - 196608)))
    checks.same("get_vol_by_junc_vserver", client.get_vol_by_junc_vserver("svm1", "/vol1"), "vol1")
    checks.same("get_volume_state", client.get_volume_state(name="vol1"), "online")
    options = {option.get_child_content("name"): option.get_child_content("value") for option in client.get_volume_options("vol1")}
    checks.same("get_volume_options", (options["guarantee"], options["fractional_reserve"]), ("none", "0"))
    checks.same("is_flexvol_encrypted", client.is_flexvol_encrypted("vol1", "svm1"), False)
    checks.same("is_flexvol_mirrored", client.is_flexvol_mirrored("vol1", "svm1"), False)
    checks.same("get_clone_split_info", client.get_clone_split_info("vol1"), {"unsplit-size": 0.0, "unsplit-clone-count": 0})
    client.rename_flexvol("vol1", "vol1b")
    checks.same("rename_flexvol", client.list_flexvols(), ["vol1b"])
    client.rename_flexvol("vol1b", "vol1")


def check_block(checks, client):
    metadata = {"OsType": "linux", "SpaceReserved": "true"}
    client.create_lun("vol1", "lun1", GIB, metadata)
    checks.refused("create_lun twice", "9012", client.create_lun, "vol1", "lun1", GIB, metadata)
    lun = client.get_lun_by_args(path="/vol/vol1/lun1")
    checks.that("get_lun_by_args", lun and str(GIB) in str(lun) and "vol1" in str(lun), lun)
    checks.that("get_lun_list", "/vol/vol1/lun1" in str(client.get_lun_list()), client.get_lun_list())
    checks.same("get_lun_sizes_by_volume", client.get_lun_sizes_by_volume("vol1"), [{"path": "/vol/vol1/lun1", "size": float(GIB)}])
    geometry = client.get_lun_geometry("/vol/vol1/lun1")
    checks.same("get_lun_geometry", (geometry["size"], geometry["bytes_per_sector"]), (str(GIB), "512"))
    client.clone_lun("vol1", "lun1", "lun2", space_reserved="false")
    checks.same("clone_lun", sorted(lun["path"] for lun in client.get_lun_sizes_by_volume("vol1")), ["/vol/vol1/lun1", "/vol/vol1/lun2"])
    checks.refused("clone_lun of none", "15661", client.clone_lun, "vol1", "none", "lun3")
    client.do_direct_resize("/vol/vol1/lun2", str(2 * GIB))
    checks.same("do_direct_resize", client.get_lun_geometry("/vol/vol1/lun2")["size"], str(2 * GIB))
    client.move_lun("/vol/vol1/lun2", "/vol/vol1/lun3")
    checks.same("move_lun", sorted(lun["path"] for lun in client.get_lun_sizes_by_volume("vol1")), ["/vol/vol1/lun1", "/vol/vol1/lun3"])
    iqn = "iqn.1993-08.org.debian:01:10"
    client.create_igroup("openstack-1", "iscsi", "linux")
    checks.refused("create_igroup twice", "9004", client.create_igroup, "openstack-1", "iscsi", "linux")
    client.add_igroup_initiator("openstack-1", iqn)
    checks.same("get_igroup_by_initiators", client.get_igroup_by_initiators([iqn]),
                [{"initiator-group-name": "openstack-1", "initiator-group-os-type": "linux", "initiator-group-type": "iscsi"}])
    checks.same("has_luns_mapped_to_initiators before", client.has_luns_mapped_to_initiators([iqn]), False)
    checks.same("map_lun", client.map_lun("/vol/vol1/lun1", "openstack-1"), "0")
    checks.refused("map_lun twice", "9023", client.map_lun, "/vol/vol1/lun1", "openstack-1")
    checks.same("get_lun_map", client.get_lun_map("/vol/vol1/lun1"), [{"initiator-group": "openstack-1", "lun-id": "0", "vserver": "svm1"}])
    checks.same("has_luns_mapped_to_initiators after", client.has_luns_mapped_to_initiators([iqn]), True)
    client.unmap_lun("/vol/vol1/lun1", "openstack-1")
    client.unmap_lun("/vol/vol1/lun1", "openstack-1")  # 9016 is tolerated
    checks.same("unmap_lun", client.get_lun_map("/vol/vol1/lun1"), [])
    targets = client.get_iscsi_target_details()
    checks.same("get_iscsi_target_details", sorted(t["address"] for t in targets), sorted({t["address"] for t in targets}))
    checks.that("get_iscsi_target_details fields", targets and all(t["port"] == "3260" and t["interface-enabled"] == "true" for t in targets), targets)
    checks.that("get_iscsi_service_details", re.match(r"iqn\.1992-08\.com\.netapp:sn\.[0-9a-f]{32}:vs\.\d+$", client.get_iscsi_service_details() or ""))
    checks.same("check_iscsi_initiator_exists", client.check_iscsi_initiator_exists(iqn), False)
    client.set_lun_space_reservation("/vol/vol1/lun3", True)
    checks.that("set_lun_space_reservation", client.get_lun_by_args(path="/vol/vol1/lun3"))
    client.destroy_lun("/vol/vol1/lun3")
    checks.refused("destroy_lun twice", "15661", client.destroy_lun, "/vol/vol1/lun3")


def check_snapshots(checks, client):
    client.create_cg_snapshot({"vol1"}, "snapshot-1")
    snapshot = client.get_snapshot("vol1", "snapshot-1")
    checks.same("get_snapshot", (snapshot["name"], snapshot["volume"], snapshot["busy"], snapshot["owners"]), ("snapshot-1", "vol1", False, set()))
    client.rename_snapshot("vol1", "snapshot-1", "snapshot-2")
    client.mark_snapshot_for_deletion("vol1", "snapshot-2")
    marked = client.get_snapshots_marked_for_deletion()
    checks.same("get_snapshots_marked_for_deletion", [(s["name"], s["volume_name"]) for s in marked], [("deleted_cinder_snapshot-2", "vol1")])
    client.delete_snapshot("vol1", "deleted_cinder_snapshot-2")
    checks.refused("get_snapshot of none", "could not be found", client.get_snapshot, "vol1", "snapshot-2")


def check_nfs(checks, client):
    checks.refused("get_file_usage of none", "2", client.get_file_usage, "/vol1/none", "svm1")
    checks.refused("clone_file of none", "15661", client.clone_file, "vol1", "none", "copy", "svm1")
    checks.same("get_file_sizes_by_dir", client.get_file_sizes_by_dir("vol1"), [])
    checks.refused("delete_file of none", "2", client.delete_file, "/vol/vol1/none")
    checks.refused("rename_file of none", "2", client.rename_file, "/vol/vol1/none", "/vol/vol1/other")


def check_login(checks, url):
    try:
        client_for(url, password="wrong")
        checks.that("a wrong password", False)
    except Exception as error:
        checks.that("a wrong password", "401" in str(error) or "nauthorized" in str(error), str(error))
    try:
        client_for(url, vserver="nobody")
        checks.that("an unknown SVM", False)
    except netapp_api.NaApiError as error:
        checks.same("an unknown SVM", error.code, "15698")


def main():
    checks = CinderChecks()
    for name in ("ontap-http", "ontap"):
        simulator = Simulator(sys.argv[1], "--listen-http", "127.0.0.1:0")
        try:
            url = simulator.urls[name]
            client = client_for(url)
            for part in (check_start, check_aggregates, check_volumes, check_block, check_snapshots, check_nfs):
                part(checks, client)
            check_login(checks, url)
        finally:
            checks.same("exit status", simulator.end(), 0)
    return checks.status(at_least=100)


if __name__ == "__main__":
    sys.exit(main())
