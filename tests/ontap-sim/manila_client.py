#!/usr/bin/python3
"""Drives the NetApp drivers of Debian's python3-manila against ontap-sim: share servers of its own (an SVM each, with VLANs,
ipspaces, LIFs, LDAP, Active Directory, Kerberos) and one given SVM (shares, snapshots, access, managing, moves, replicas).

Usage: manila_client.py PATH/TO/ontap-sim
Nothing of Manila is replaced but what needs its database: the share types and the store of private data.
"""
import os
import sys
import tempfile
import time
import traceback
import warnings

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
warnings.simplefilter("ignore")

from manila import context, coordination  # noqa: E402
from manila.common import config  # noqa: E402,F401
from manila.share import configuration, share_types  # noqa: E402
from manila.share import driver as share_driver  # noqa: E402
from manila.share.drivers.netapp import options  # noqa: E402
from manila.share.drivers.netapp.dataontap.client import api  # noqa: E402
from manila.share.drivers.netapp.dataontap.cluster_mode import data_motion, drv_multi_svm, drv_single_svm  # noqa: E402
from oslo_config import cfg  # noqa: E402
from simulator import Checks, Simulator  # noqa: E402

GIB = 1 << 30
NOT_MODELLED = {"13005", "13006", "13007"}
CONTEXT = context.RequestContext(user_id="u", project_id="p", is_admin=True, overwrite=False)
CALLS = set()


class Store(dict):
    def get(self, key, name=None, default=None):
        values = dict.get(self, key, {})
        return values if name is None else values.get(name, default)

    def update(self, key, values, delete_existing=False):
        self.setdefault(key, {}).update(values)

    def delete(self, key, name=None):
        self.pop(key, None)


def prepare(folder, checks):
    cfg.CONF([], project="manila")
    cfg.CONF.set_override("lock_path", folder, group="oslo_concurrency")
    cfg.CONF.set_override("state_path", folder)
    coordination.LOCK_COORDINATOR.start()
    share_types.get_extra_specs_from_share = lambda share: dict(share["specs"])
    share_types.get_share_type_extra_specs = lambda share_type, key=None: "false" if key else {}
    invoke = api.ZapiClient.invoke_successfully

    def watched(self, element, *args, **kwargs):
        CALLS.add(element.get_name())
        try:
            return invoke(self, element, *args, **kwargs)
        except api.NaApiError as error:
            checks.that(f"{element.get_name()} is there", error.code not in NOT_MODELLED, (error.code, error.message))
            raise

    api.ZapiClient.invoke_successfully = watched


def make_driver(kind, group, simulator, **settings):
    host, port = simulator.host_and_port("ontap-http")
    conf = configuration.Configuration(share_driver.share_opts, config_group=group)
    for each in (options.netapp_connection_opts, options.netapp_basicauth_opts, options.netapp_transport_opts, options.netapp_support_opts,
                 options.netapp_cluster_opts, options.netapp_provisioning_opts, options.netapp_data_motion_opts, options.netapp_proxy_opts):
        conf.append_config_values(each)
    settings = {"netapp_server_hostname": host, "netapp_server_port": port, "netapp_transport_type": "http", "netapp_login": "admin",
                "netapp_password": "netapp123", "share_backend_name": group, "netapp_aggregate_name_search_pattern": "aggr[123]", **settings}
    for key, value in settings.items():
        cfg.CONF.set_override(key, value, group=group)
    made = kind(private_storage=Store(), configuration=conf, app_version="15.1.0")
    data_motion.get_backend_configuration = lambda name: conf
    made.do_setup(CONTEXT)
    made.check_for_setup_error()
    return made


def make_share(name, group, aggregate="aggr1", proto="NFS", server=None, specs=None, **more):
    return {"id": name, "share_id": name, "instance_id": name, "name": name, "host": f"h@{group}#{aggregate}", "share_proto": proto, "size": 2,
            "specs": specs or {}, "export_locations": [], "share_server": server, "share_type_id": "t", "project_id": "p", "status": "available",
            "snapshot_id": None, "replica_state": None, "replication_type": None, "encrypted": False, **more}


def make_snapshot(name, share):
    return {"id": name, "snapshot_id": name, "share_id": share["id"], "share_name": share["name"], "name": name, "size": 2, "share": share,
            "provider_location": None}


def make_network(server, vlan, service):
    allocations = [{"id": f"{server}-{i}", "ip_address": f"10.{vlan % 256}.0.{10 + i}", "cidr": f"10.{vlan % 256}.0.0/24", "segmentation_id": vlan,
                    "gateway": f"10.{vlan % 256}.0.1", "network_type": "vlan", "mtu": 1500, "label": "user"} for i in range(2)]
    service = {"id": f"{server}-s", "dns_ip": f"10.{vlan % 256}.0.2", "server": None, "ou": None, "domain": None, "user": "admin", "password": "secret1!",
               "default_ad_site": None, **service}
    return [{"server_id": server, "segmentation_id": vlan, "cidr": f"10.{vlan % 256}.0.0/24", "neutron_net_id": f"net-{server}",
             "neutron_subnet_id": f"sub-{server}", "network_type": "vlan", "network_allocations": allocations, "admin_network_allocations": [],
             "security_services": [service]}]


def ip_rule(address, level="rw"):
    return {"access_type": "ip", "access_to": address, "access_level": level}


def user_rule(name, level="rw"):
    return {"access_type": "user", "access_to": name, "access_level": level}


def live(checks, made, server, tag, proto, rules, specs):
    """A share's whole life on one share server."""
    details = server["backend_details"]
    client = made.library._get_api_client(details["vserver_name"])
    share = make_share(f"share-{tag}", "multi", proto=proto, server=server, specs=specs)
    volume = f"share_share_{tag}"
    share["export_locations"] = made.create_share(CONTEXT, share, share_server=server)
    checks.same(f"{tag}: one location per LIF", len(share["export_locations"]), 2)
    snapshot = make_snapshot(f"snap-{tag}", share)
    snapshot.update(made.create_snapshot(CONTEXT, snapshot, share_server=server))
    made.update_access(CONTEXT, share, rules, [], [], share_server=server)
    made.update_access(CONTEXT, share, rules[:1], [], rules[1:], share_server=server)
    made.extend_share(share, 5, share_server=server)
    checks.same(f"{tag}: extended", int(client.get_volume(volume)["size"]), 5 * GIB)
    made.shrink_share(share, 3, share_server=server)
    checks.same(f"{tag}: shrunk", int(client.get_volume(volume)["size"]), 3 * GIB)
    made.revert_to_snapshot(CONTEXT, snapshot, rules, [], share_server=server)
    child = make_share(f"child-{tag}", "multi", proto=proto, server=server, specs=specs)
    made.create_share_from_snapshot(CONTEXT, child, snapshot, share_server=server, parent_share=share)
    checks.that(f"{tag}: the clone is there", client.volume_exists(f"share_child_{tag}"))
    made.delete_snapshot(CONTEXT, snapshot, share_server=server)
    made.delete_share(CONTEXT, child, share_server=server)
    made.delete_share(CONTEXT, share, share_server=server)
    checks.that(f"{tag}: nothing is left", not client.volume_exists(volume) and not client.volume_exists(f"share_child_{tag}"))


def check_share_servers(checks, simulator):
    made = make_driver(drv_multi_svm.NetAppCmodeMultiSvmShareDriver, "multi", simulator, driver_handles_share_servers=True, netapp_root_volume_aggregate="aggr1")
    checks.same("LIFs per server", made.get_network_allocations_number(), 2)
    made._update_share_stats()
    checks.same("pools", [pool["pool_name"] for pool in made._stats["pools"]], ["aggr1", "aggr2", "aggr3"])
    admin = made.library._client
    services = {"srv1": {"type": "ldap", "server": "ldap.example"}, "srv2": {"type": "active_directory", "domain": "ad.example", "ou": "OU=x"},
                "srv3": {"type": "kerberos", "domain": "K.example", "server": "10.40.0.5"}}
    servers = {}
    for number, (name, service) in enumerate(services.items()):
        network = make_network(name, 777 + number, service)
        details = made._setup_server(network)
        servers[name] = ({"id": name, "identifier": f"os_{name}", "backend_details": details, "network_allocations": network[0]["network_allocations"]}, network)
        checks.that(f"{name}: the SVM", admin.vserver_exists(f"os_{name}"))
        ipspace = f"ipspace_sub_{name}"
        checks.same(f"{name}: its ipspace", [each["ipspace"] for each in admin.get_ipspaces(ipspace_name=ipspace)], [ipspace])
        lifs = made.library._get_api_client(f"os_{name}").get_network_interfaces()
        checks.same(f"{name}: LIFs on the VLAN ports", sorted((lif["address"], lif["home-port"].split("-")[-1]) for lif in lifs),
                    sorted((each["ip_address"], str(777 + number)) for each in network[0]["network_allocations"]))
    live(checks, made, servers["srv1"][0], "a", "NFS", [ip_rule("10.0.0.0/24"), ip_rule("10.1.0.1", "ro")],
         {"netapp:thin_provisioned": "true", "netapp:dedup": "true", "netapp:compression": "true", "netapp:snapshot_policy": "none", "netapp:language": "en",
          "netapp:max_files": "20000", "netapp:split_clone_on_create": "true"})
    live(checks, made, servers["srv2"][0], "b", "CIFS", [user_rule("alice"), user_rule("bob", "ro")], {"netapp:maxiops": "3000", "qos": "true", "netapp:hide_snapdir": "true"})
    live(checks, made, servers["srv2"][0], "f", "CIFS", [user_rule("alice"), user_rule("bob", "ro")],
         {"netapp:fpolicy_extensions_to_include": "avi,mp4", "netapp:fpolicy_file_operations": "create,rename"})
    for task in (made.library._handle_housekeeping_tasks, made.library._handle_ems_logging, made.library._update_ssc_info):
        task()
    for name, (server, network) in servers.items():
        made._teardown_server(server["backend_details"], security_services=network[0]["security_services"])
        checks.that(f"{name}: torn down", not admin.vserver_exists(f"os_{name}"))
        checks.same(f"{name}: its ipspace is gone", admin.get_ipspaces(ipspace_name=f"ipspace_sub_{name}"), [])
    checks.same("only the lab's SVM is left", admin.list_vservers(), ["svm1"])


def until(what, wanted, tries=40):
    got = None
    for _ in range(tries):
        got = what()
        if got == wanted:
            break
        time.sleep(0.1)  # the array's job time; nothing is asserted about it
    return got


def check_one_svm(checks, simulator):
    made = make_driver(drv_single_svm.NetAppCmodeSingleSvmShareDriver, "single", simulator, driver_handles_share_servers=False, netapp_vserver="svm1")
    admin, client = made.library._client, made.library._get_api_client("svm1")
    made._update_share_stats()
    share, other = make_share("one", "single"), make_share("two", "single")
    for each in (share, other):
        each["export_locations"] = made.create_share(CONTEXT, each, share_server=None)
    checks.that("the export", share["export_locations"][0]["path"].endswith(":/share_one"), share["export_locations"])
    client.create_volume("aggr2", "own", 3)
    address = share["export_locations"][0]["path"].split(":")[0]
    managed = make_share("managed", "single", "aggr2", export_location=f"{address}:/own", **{"export_locations": [{"path": f"{address}:/own"}]})
    checks.same("managing takes its size over", made.manage_existing(managed, {})["size"], 3)
    client.create_snapshot("share_managed", "by_hand")
    snapshot = make_snapshot("managed-snap", managed)
    snapshot["provider_location"] = "by_hand"
    checks.that("managing a snapshot", made.manage_existing_snapshot(snapshot, {})["provider_location"].startswith("share_snapshot_"))
    moved = make_share("moved", "single", "aggr2", export_locations=other["export_locations"])
    checks.same("a move is possible", made.migration_check_compatibility(CONTEXT, other, moved)["compatible"], True)
    made.migration_start(CONTEXT, other, moved, {}, {})
    checks.same("the move ends", until(lambda: made.migration_continue(CONTEXT, other, moved, {}, {}), True), True)
    made.migration_complete(CONTEXT, other, moved, {}, {})
    checks.same("it stands on the other aggregate", client.get_aggregate_for_volume("share_moved"), "aggr2")
    checks.that("performance", 0 < made.library._perf_library.get_node_utilization_for_pool("aggr1") <= 100)
    admin.qos_policy_group_create("pg1", "svm1", "100iops")
    admin.qos_policy_group_modify("pg1", "30KB/s")
    checks.same("QoS", admin.qos_policy_group_get("pg1")["max-throughput"], "30KB/S")
    admin.mark_qos_policy_group_for_deletion("pg1")
    admin.remove_unused_qos_policy_groups()
    checks.same("QoS policies are swept", admin.qos_policy_group_exists("pg1"), False)

    first = make_share("first", "single", replica_state="active", replication_type="dr")
    second = make_share("second", "single", "aggr2", replica_state="out_of_sync", replication_type="dr")
    made.create_share(CONTEXT, first, share_server=None)
    both = [first, second]
    made.create_replica(CONTEXT, both, second, [], [], share_server=None)
    state = lambda which: made.update_replica_state(CONTEXT, both, which, [], [], share_server=None)  # noqa: E731
    checks.same("the replica gets in sync", until(lambda: state(second), "in_sync"), "in_sync")
    made.promote_replica(CONTEXT, both, second, [], share_server=None)
    second["replica_state"], first["replica_state"] = "active", "out_of_sync"
    checks.same("after promotion the other way round", until(lambda: state(first), "in_sync"), "in_sync")
    made.delete_replica(CONTEXT, both, [], first, share_server=None)
    checks.same("no relationship is left", client.get_snapmirrors(source_vserver="svm1", dest_vserver="svm1", source_volume="share_second"), [])
    for each in (second, share, moved, managed):
        made.delete_share(CONTEXT, each, share_server=None)
    checks.same("nothing is left", [name for name in ("share_one", "share_two", "share_moved", "share_first", "share_second", "share_managed") if client.volume_exists(name)], [])


def main():
    checks = Checks()
    simulator = Simulator(sys.argv[1], "--listen-http", "127.0.0.1:0")
    try:
        with tempfile.TemporaryDirectory() as folder:
            prepare(folder, checks)
            for part in (check_share_servers, check_one_svm):
                part(checks, simulator)
        checks.that("at least 100 calls of the API were used", len(CALLS) >= 100, len(CALLS))
    finally:
        checks.same("exit status", simulator.end(), 0)
    return checks.status(at_least=45)


if __name__ == "__main__":
    result = 1
    try:
        result = main()
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(result)  # the driver's periodic tasks never end
