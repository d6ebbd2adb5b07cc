#!/usr/bin/python3
"""Runs the ONTAP modules of Ansible's NetApp collection (Debian's `ansible`) against ontap-sim over ZAPI, each task twice: the
first run changes the array, the second changes nothing. At the end na_ontap_info reads all that it knows.

Usage: ansible_client.py PATH/TO/ontap-sim [ONTAPI]
The modules run whole, in this process. What they call netapp-lib is here Cinder's NaServer and NaElement, the code from which
netapp-lib was made: Debian has no netapp-lib.
"""
import contextlib
import importlib
import io
import json
import sys
import tempfile
import types
import warnings

warnings.simplefilter("ignore")

from ansible.module_utils import basic  # noqa: E402
from cinder.volume.drivers.netapp.dataontap.client import api  # noqa: E402
from simulator import Checks, Simulator  # noqa: E402

REFUSED = []  # (call, errno, reason) of the task that runs


class NaServer(api.NaServer):
    """netapp-lib's names for what Cinder's class does."""

    def __init__(self, host, server_type="filer", transport_type="http", style="basic_auth", username=None, password=None, port=None, trace=False):
        super().__init__(host, server_type=server_type, transport_type=transport_type, style=style, username=username, password=password, port=port,
                         api_trace_pattern="(.*)")
        self._trace = trace

    def set_server_type(self, server_type):
        super().set_server_type(server_type.lower())

    def set_vserver(self, vserver):
        self._vserver = vserver
        self._vfiler = None

    def send_http_request(self, na_element, enable_tunneling=False):
        return self.invoke_elem(na_element, enable_tunneling)  # which modules override

    def invoke_elem(self, na_element, enable_tunneling=False):
        return api.NaServer.send_http_request(self, na_element, enable_tunneling)

    def invoke_successfully(self, na_element, enable_tunneling=False):
        try:
            return super().invoke_successfully(na_element, enable_tunneling=enable_tunneling)
        except api.NaApiError as error:
            REFUSED.append((na_element.get_name(), error.code, error.message))
            raise


def install_netapp_lib():
    packages = {name: types.ModuleType(name) for name in ("netapp_lib", "netapp_lib.api", "netapp_lib.api.zapi", "netapp_lib.api.zapi.zapi")}
    packages["netapp_lib.api.zapi"].zapi = packages["netapp_lib.api.zapi.zapi"]
    packages["netapp_lib.api.zapi.zapi"].__dict__.update(NaServer=NaServer, NaElement=api.NaElement, NaApiError=api.NaApiError)
    sys.modules.update(packages)


class Modules:
    def __init__(self, host, port):
        self.common = dict(hostname=host, http_port=port, username="admin", password="netapp123", https=False, validate_certs=False, use_rest="never")

    def run(self, module, arguments):
        loaded = importlib.import_module("ansible_collections.netapp.ontap.plugins.modules.na_ontap_" + module)
        common = dict(self.common)
        for _ in range(2):
            basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {**common, **arguments, "_ansible_check_mode": False}}).encode()
            REFUSED.clear()
            printed = io.StringIO()
            try:
                with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                    loaded.main()
            except SystemExit:
                pass
            except Exception as error:  # a module that lets it out has found what it does not expect
                return {"failed": True, "msg": repr(error)}
            result = json.loads(printed.getvalue().strip().splitlines()[-1])
            if "Unsupported parameters" not in str(result.get("msg")) or "use_rest" not in common:
                return result
            common.pop("use_rest")  # a module that has only ZAPI
        return result

    def twice(self, checks, module, arguments):
        name = f"{module} {arguments.get('state', '')}".strip()
        first = self.run(module, arguments)
        checks.that(f"{name}: the first run changes the array", first.get("changed") and not first.get("failed"), (first.get("msg"), list(REFUSED)))
        if first.get("failed"):
            return
        second = self.run(module, arguments)
        checks.that(f"{name}: the second run changes nothing", not second.get("changed") and not second.get("failed"),
                    (second.get("msg"), second.get("modify"), list(REFUSED)))


def present(module, since=0, **arguments):
    return module, since, dict(arguments, state="present")


def absent(module, since=0, **arguments):
    return module, since, dict(arguments, state="absent")


def task(module, since=0, **arguments):
    return module, since, arguments


S = {"vserver": "an"}
TWO = {"vserver": "an2"}
NODE = "cluster1-01"
CLUSTER = [
    present("svm", name="an", root_volume="an_root", root_volume_aggregate="aggr1", root_volume_security_style="unix",
            allowed_protocols=["nfs", "cifs", "iscsi"], aggr_list=["aggr1", "aggr2"], language="c.utf_8"),
    present("svm", name="an", comment="changed"),
    present("svm", name="an2", root_volume="r2", root_volume_aggregate="aggr2", root_volume_security_style="unix"),
    present("aggregate", name="anaggr", nodes=[NODE], disk_count=8),
    present("aggregate", name="anaggr", service_state="offline"),
    absent("aggregate", name="anaggr"),
    present("ipspace", name="anips"),
    present("net_vlan", parent_interface="e0d", vlanid=55, node=NODE),
    present("broadcast_domain", name="anbd", mtu=1500, ipspace="anips", ports=[NODE + ":e0d-55"]),
    present("net_port", node=NODE, ports=["e0e"], autonegotiate_admin=True, flowcontrol_admin="none"),
    present("net_subnet", name="ansub", subnet="10.77.0.0/24", broadcast_domain="Default", ipspace="Default", gateway="10.77.0.1",
            ip_ranges=["10.77.0.10-10.77.0.20"]),
    present("job_schedule", name="ansched", job_minutes=[5], job_hours=[1]),
    present("job_schedule", name="ansched", job_minutes=[10], job_hours=[1]),
    present("ntp", server_name="10.77.1.7", version="auto"),
    task("node", name=NODE, location="x", asset_tag="t"),
    present("cluster", cluster_name="cluster1", cluster_location="there", cluster_contact="me"),
    present("snmp", community_name="anpub", access_control="ro"),
    present("autosupport", node_name=NODE, transport="https", support=True, mail_hosts=["m"], post_url="http://x"),
    present("log_forward", destination="10.77.1.8", port=514, facility="user", protocol="udp_unencrypted"),
    present("snapshot_policy", name="anspol", enabled=True, count=[4], schedule=["hourly"]),
    present("snapshot_policy", name="anspol", enabled=True, count=[5, 2], schedule=["hourly", "daily"]),
]
NETWORK = [
    present("interface", interface_name="anlif", home_node=NODE, home_port="e0c", role="data", protocols=["nfs"], admin_status="up",
            address="10.77.1.5", netmask="255.255.255.0", firewall_policy="data", failover_policy="local-only", is_auto_revert=True, **S),
    present("interface", interface_name="anlif", admin_status="down", **S),
    present("net_routes", destination="0.0.0.0/0", gateway="10.77.1.1", metric=30, **S),
    present("dns", domains=["x.example"], nameservers=["10.77.1.2"], skip_validation=True, **S),
    present("firewall_policy", policy="anfw", service="http", allow_list=["1.2.3.0/24"], **S),
    present("nfs", service_state="started", nfsv3="enabled", nfsv4="disabled", nfsv41="disabled", **S),
    present("nfs", service_state="started", nfsv4="enabled", vstorage_state="enabled", **S),
    present("export_policy", name="anexp", **S),
    present("export_policy_rule", name="anexp", rule_index=1, client_match="10.0.0.0/8", ro_rule=["sys"], rw_rule=["sys"],
            super_user_security=["any"], protocol=["nfs"], **S),
    present("export_policy_rule", name="anexp", rule_index=1, client_match="10.0.0.0/8", ro_rule=["any"], rw_rule=["sys"],
            super_user_security=["any"], protocol=["nfs"], **S),
    task("svm_options", name="nfs.rpcsec.ctx.high", value="1", **S),
]
VOLUMES = [
    present("volume", name="anvol", aggregate_name="aggr1", size=10, size_unit="gb", export_policy="anexp", junction_path="/anvol",
            space_guarantee="none", percent_snapshot_space=10, volume_security_style="unix", unix_permissions="755", snapshot_policy="none", **S),
    present("volume", name="anvol", size=12, size_unit="gb", **S),
    present("volume", name="anvol", is_online=False, **S),
    present("volume", name="anvol", is_online=True, junction_path="/anvol", **S),
    present("volume", name="anvol", aggregate_name="aggr2", wait_for_completion=True, **S),
    present("volume", name="anvol2", from_name="anvol", **S),
    present("volume", name="anvol", from_name="anvol2", **S),
    task("volume_autosize", volume="anvol", mode="grow", maximum_size="20g", grow_threshold_percent=80, **S),
    present("volume_efficiency", path="/vol/anvol", enable_compression=False, **S),
    present("snapshot", snapshot="ansnap", volume="anvol", comment="c", **S),
    present("volume_clone", name="anclone", parent_volume="anvol", parent_snapshot="ansnap", **S),
    present("volume_clone", name="anclone", parent_volume="anvol", split=True, **S),
    present("qtree", name="anqt", flexvol_name="anvol", security_style="unix", oplocks="enabled", export_policy="anexp", unix_permissions="755", **S),
    present("qtree", name="anqt2", from_name="anqt", flexvol_name="anvol", **S),
    present("quota_policy", name="anqp", **S),  # and assigned to the SVM
    present("quotas", volume="anvol", quota_target="/vol/anvol/anqt2", policy="anqp", type="tree", disk_limit="1073741824",
            soft_disk_limit="536870912", set_quota_status=True, **S),
    present("quotas", volume="anvol", quota_target="/vol/anvol/anqt2", policy="anqp", type="tree", disk_limit="2147483648", **S),
    present("quotas", volume="anvol", quota_target="joe", policy="anqp", type="user", disk_limit="1073741824", **S),
    present("qos_policy_group", since=120, name="anqos", vserver="an", max_throughput="100iops", min_throughput="0"),
    present("qos_policy_group", name="anqos0", vserver="an", max_throughput="100iops"),
    present("qos_policy_group", name="anqos0", vserver="an", max_throughput="200iops"),
    present("qos_adaptive_policy_group", since=140, name="anaqos", vserver="an", absolute_min_iops="70IOPS", expected_iops="100IOPS/TB",
            peak_iops="250IOPS/TB", peak_iops_allocation="used_space"),
    present("efficiency_policy", policy_name="anep", comment="x", schedule="daily", duration="5", enabled=True, policy_type="scheduled", **S),
]
BLOCK = [
    present("iscsi", service_state="started", **S),
    present("fcp", status="up", **S),
    present("lun", name="anlun", flexvol_name="anvol", size=1, size_unit="gb", os_type="linux", space_reserve=False, **S),
    present("lun", name="anlun", flexvol_name="anvol", size=2, size_unit="gb", os_type="linux", space_reserve=False, **S),
    present("igroup", name="anig", initiator_group_type="iscsi", os_type="linux", initiators=["iqn.1995-08.com.example:a"], **S),
    present("igroup", name="anig", initiator_group_type="iscsi", os_type="linux", initiators=["iqn.1995-08.com.example:b"],
            force_remove_initiator=True, **S),
    present("igroup_initiator", initiator_group="anig", names=["iqn.1995-08.com.example:c"], **S),
    present("portset", name="anps", type="iscsi", **S),
    present("lun_map", path="/vol/anvol/anlun", initiator_group_name="anig", lun_id="2", **S),
    present("lun_copy", source_path="/vol/anvol/anlun", destination_path="/vol/anvol/anlun2", source_vserver="an", destination_vserver="an"),
]
NAMES = [
    present("cifs_server", cifs_server_name="ANCIFS", domain="ad.example", admin_user_name="a", admin_password="secret1!", service_state="started", **S),
    present("cifs", share_name="anshare", path="/anvol", share_properties=["browsable", "oplocks"], symlink_properties=["enable"], **S),
    present("cifs_acl", share_name="anshare", user_or_group="bob", permission="read", **S),
    present("cifs_acl", share_name="anshare", user_or_group="bob", permission="change", **S),
    task("vserver_cifs_security", kerberos_clock_skew=10, is_signing_required=True, **S),
    present("ldap_client", name="anldap", base_dn="dc=x", ldap_servers=["10.77.1.9"], schema="RFC-2307", **S),
    present("ldap", name="anldap", skip_config_validation=True, **S),
    present("kerberos_realm", realm="X.EXAMPLE", kdc_vendor="other", kdc_ip="10.77.1.3", **S),
    present("name_service_switch", database_type="hosts", sources=["files", "dns"], **S),
    present("unix_user", name="uu", group_id=20, id=1001, full_name="U", **S),
    present("unix_group", name="ug", id=1002, **S),
    present("user", name="anuser", applications=["ssh", "http"], authentication_method="password", role_name="vsadmin", lock_user=False,
            set_password="Secret1234", **S),
    present("user", name="anuser", applications=["ssh", "http", "ontapi"], authentication_method="password", role_name="vsadmin", **S),
    present("user_role", name="anrole", command_directory_name="volume", access_level="readonly", **S),
    present("motd", motd_message="hello", **S),
    task("login_messages", banner="hi", **S),
    present("vscan_on_access_policy", policy_name="anv", **S),
    present("vscan_scanner_pool", scanner_pool="ansp", hostnames=["10.77.1.8"], privileged_users=["x\\y"], scanner_policy="primary", **S),
    present("fpolicy_event", name="anfe", protocol="cifs", file_operations=["open"], **S),
    present("fpolicy_policy", name="anfp", events=["anfe"], engine="native", is_mandatory=True, **S),
    present("fpolicy_scope", name="anfp", volumes_to_include=["anvol"], **S),
    present("fpolicy_status", policy_name="anfp", sequence_number=1, **S),
    present("file_directory_policy", policy_name="anfdp", **S),
    present("ntfs_sd", name="ansd", owner="BUILTIN\\Administrators", group="everyone", **S),
]
MIRROR = [
    present("vserver_peer", vserver="an", peer_vserver="an2", applications=["snapmirror"], peer_cluster="cluster1"),
    present("snapmirror_policy", policy_name="ansmp", policy_type="async_mirror", comment="c", **TWO),
    present("volume", name="anvol_dp", aggregate_name="aggr2", size=12, size_unit="gb", type="DP", **TWO),
    present("snapmirror", source_path="an:anvol", destination_path="an2:anvol_dp", schedule="daily", policy="MirrorAllSnapshots",
            relationship_type="extended_data_protection", update=False),
    absent("snapmirror", source_path="an:anvol", destination_path="an2:anvol_dp", source_hostname="HOST"),
]
TAKEN_AWAY = [
    absent("lun_map", path="/vol/anvol/anlun", initiator_group_name="anig", **S),
    absent("lun", name="anlun", flexvol_name="anvol", **S),
    absent("lun", name="anlun2", flexvol_name="anvol", **S),
    absent("igroup", name="anig", **S),
    absent("quotas", volume="anvol", quota_target="/vol/anvol/anqt2", policy="anqp", type="tree", **S),
    absent("qtree", name="anqt2", flexvol_name="anvol", **S),
    absent("cifs", share_name="anshare", **S),
    absent("volume", name="anclone", **S),
    absent("snapshot", snapshot="ansnap", volume="anvol", **S),
    absent("volume", name="anvol", **S),
    absent("qos_policy_group", name="anqos0", **S),
    absent("job_schedule", name="ansched"),
    absent("user", name="anuser", applications=["ssh", "http", "ontapi"], authentication_method="password", **S),
    absent("export_policy", name="anexp", **S),
    absent("interface", interface_name="anlif", **S),
    absent("broadcast_domain", name="anbd", ipspace="anips", ports=[NODE + ":e0d-55"]),
    absent("net_vlan", parent_interface="e0d", vlanid=55, node=NODE),
    absent("ipspace", name="anips"),
    absent("net_subnet", name="ansub", broadcast_domain="Default", ipspace="Default"),
    absent("snapshot_policy", name="anspol"),
    absent("iscsi", **S),
    absent("nfs", **S),
    absent("cifs_server", cifs_server_name="ANCIFS", admin_user_name="a", admin_password="secret1!", force=True, **S),
    absent("volume", name="anvol_dp", **TWO),
    absent("vserver_peer", vserver="an", peer_vserver="an2"),
    absent("svm", name="an"),
    absent("svm", name="an2"),
]


def check_info(checks, modules):
    result = modules.run("info", {"gather_subset": ["all"]})
    checks.that("info gathers", not result.get("failed"), result.get("msg"))
    info = result.get("ontap_info", {})
    checks.that("info knows more than 80 subsets", len(info) > 80, len(info))
    for subset in ("aggregate_info", "cluster_node_info", "export_rule_info", "igroup_info", "lun_info", "lun_map_info", "net_interface_info",
                   "net_port_info", "qtree_info", "quota_report_info", "snapshot_info", "volume_info", "vserver_info"):
        checks.that(f"info: {subset} is not empty", info.get(subset), info.get(subset))


def check_command(checks, modules):
    result = modules.run("command", {"command": ["volume", "show", "-vserver", "svm1"], "privilege": "admin"})
    checks.that("command runs the clustershell", "svm1_root" in str(result.get("msg")), result)


def main():
    ontapi = int(sys.argv[2]) if len(sys.argv) > 2 else 110
    install_netapp_lib()
    checks = Checks()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as lab:
        lab.write(f'ontap: {{ontapi: "1.{ontapi}"}}\n')
        lab.flush()
        simulator = Simulator(sys.argv[1], "--listen-http", "127.0.0.1:0", "--config", lab.name)
    try:
        host, port = simulator.host_and_port("ontap-http")
        modules = Modules(host, port)
        for table in (CLUSTER, NETWORK, VOLUMES, BLOCK, NAMES, MIRROR, TAKEN_AWAY):
            if table is TAKEN_AWAY:
                check_info(checks, modules)
                check_command(checks, modules)
            for module, since, arguments in table:
                if since <= ontapi:
                    modules.twice(checks, module, {key: host if value == "HOST" else value for key, value in arguments.items()})
        checks.same("ends when told to", simulator.end(), 0)
    finally:
        simulator.kill()
    return checks.status(at_least=200)


if __name__ == "__main__":
    sys.exit(main())
