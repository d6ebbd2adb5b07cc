#!/usr/bin/python3
"""Kills ontap-sim with SIGKILL at random moments under load, and looks whether every acknowledged call is still there.

Usage: kill_test.py PATH/TO/ontap-sim
Four clients change volumes, snapshots and qtrees of their own over ZAPI. Some call's answer decides the moment: the other three are
then anywhere in theirs. After each restart the state has to open, the invariants have to hold, and each client's objects have to
be what was acknowledged, but for the one call that was under way: its effect may be there or not, whole.
DRYDOCK_SOAK=1: 1,000 kills instead of 30. DRYDOCK_SEED: repeats a run's choices.
"""
import base64
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import xml.etree.ElementTree as ElementTree

from simulator import Checks, Simulator

NS = "{http://www.netapp.com/filer/admin}"
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"admin:netapp123").decode(), "Content-Type": "text/xml"}
CLIENTS = 4


class Array:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(*address, timeout=60)

    def send(self, method, path, body):
        self.connection.request(method, path, body, LOGIN)
        return self.connection.getresponse().read()

    def call(self, api, /, **inputs):
        """(status, errno, the results)."""
        body = "".join(f"<{key.replace('_', '-')}>{value}</{key.replace('_', '-')}>" for key, value in inputs.items())
        text = self.send("POST", "/servlets/netapp.servlets.admin.XMLrequest_filer",
                         f'<netapp xmlns="http://www.netapp.com/filer/admin" version="1.110" vfiler="svm1"><{api}>{body}</{api}></netapp>')
        results = ElementTree.fromstring(text).find(NS + "results")
        return results.get("status"), results.get("errno"), results

    def get(self, path):
        return json.loads(self.send("GET", path, None))


def steps(volume, state):
    """The calls that make sense now: (name, inputs, the state afterwards). A state is None, or [size in MiB, online, {snapshots}, {qtrees}]."""
    if state is None:
        size = random.randrange(20, 2000)
        return [("volume-create", {"volume": volume, "containing_aggr_name": "aggr1", "size": f"{size}m", "space_reserve": "none"}, [size, True, set(), set()])]
    size, online, snapshots, qtrees = state
    if not online:
        return [("volume-destroy", {"name": volume}, None), ("volume-online", {"name": volume}, [size, True, snapshots, qtrees])]
    new_size, snapshot, qtree = random.randrange(2000, 4000), f"s{random.randrange(1000)}", f"q{random.randrange(1000)}"
    some = [("volume-size", {"volume": volume, "new_size": f"{new_size}m"}, [new_size, True, snapshots, qtrees])]
    if snapshot not in snapshots and len(snapshots) < 20:
        some.append(("snapshot-create", {"volume": volume, "snapshot": snapshot}, [size, True, snapshots | {snapshot}, qtrees]))
    if snapshots:
        gone = sorted(snapshots)[0]
        some.append(("snapshot-delete", {"volume": volume, "snapshot": gone}, [size, True, snapshots - {gone}, qtrees]))
    if qtree not in qtrees:
        some.append(("qtree-create", {"volume": volume, "qtree": qtree}, [size, True, snapshots, qtrees | {qtree}]))
    if random.random() < 0.2:
        some.append(("volume-offline", {"name": volume}, [size, False, snapshots, qtrees]))
    return some


class Client:
    def __init__(self, number):
        self.volumes = {f"k{number}_{i}": None for i in range(3)}
        self.pending = None  # (volume, state afterwards) of a call without an answer
        self.acknowledged = 0
        self.refused = []

    def run(self, address, answered):
        try:
            array = Array(address)
            while True:
                volume = random.choice(sorted(self.volumes))
                name, inputs, after = random.choice(steps(volume, self.volumes[volume]))
                self.pending = (volume, after)
                status, errno, _ = array.call(name, **inputs)
                if status == "passed":
                    self.volumes[volume] = after
                    self.acknowledged += 1
                else:
                    self.refused.append((name, inputs, errno))
                self.pending = None
                answered()
        except (OSError, http.client.HTTPException, ElementTree.ParseError):
            pass  # killed


def seen(array, volume):
    query = f"<volume-attributes><volume-id-attributes><name>{volume}</name></volume-id-attributes></volume-attributes>"
    found = array.call("volume-get-iter", query=query)[2].find(f".//{NS}volume-attributes")
    if found is None:
        return None
    size = int(found.findtext(f"{NS}volume-space-attributes/{NS}size")) // (1 << 20)
    online = found.findtext(f"{NS}volume-state-attributes/{NS}state") == "online"
    if not online:
        return [size, False, None, None]
    snapshots = array.call("snapshot-get-iter", max_records=500, query=f"<snapshot-info><volume>{volume}</volume></snapshot-info>")[2]
    qtrees = array.call("qtree-list-iter", max_records=5000, query=f"<qtree-info><volume>{volume}</volume></qtree-info>")[2]
    names = {each.findtext(NS + "qtree") for each in qtrees.iter(NS + "qtree-info")} - {"", None}
    return [size, True, {each.findtext(NS + "name") for each in snapshots.iter(NS + "snapshot-info")}, names]


def same(found, wanted):
    if found is None or wanted is None:
        return found is wanted
    return found[:2] == wanted[:2] and (not found[1] or found == wanted)


def check(checks, array, clients, turn):
    checks.same(f"kill {turn}: invariants", array.get("/drydock/v1/invariants"), {"problems": []})
    for client in clients:
        for volume, wanted in client.volumes.items():
            found = seen(array, volume)
            if client.pending and client.pending[0] == volume and same(found, client.pending[1]):
                client.volumes[volume] = client.pending[1]
                continue
            checks.that(f"kill {turn}: {volume} is {wanted}" + (f" or {client.pending[1]}" if client.pending else ""), same(found, wanted), found)
        client.pending = None


def main():
    kills = 1000 if os.environ.get("DRYDOCK_SOAK") == "1" else 30
    seed = int(os.environ.get("DRYDOCK_SEED") or random.randrange(1 << 30))
    random.seed(seed)
    print(f"seed {seed}")
    checks = Checks()
    clients = [Client(number) for number in range(CLIENTS)]
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(kills):
            simulator = Simulator(sys.argv[1], "--listen-http", "127.0.0.1:0", "--state", folder)
            checks.that(f"kill {turn}: the state opens", "ontap-http" in simulator.urls)
            address = simulator.host_and_port("ontap-http")
            check(checks, Array(address), clients, turn)
            left = [random.randrange(1, 60)]

            def answered():
                left[0] -= 1
                if left[0] == 0:
                    simulator.process.kill()

            threads = [threading.Thread(target=client.run, args=(address, answered)) for client in clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            simulator.kill()
        simulator = Simulator(sys.argv[1], "--listen-http", "127.0.0.1:0", "--state", folder)
        check(checks, Array(simulator.host_and_port("ontap-http")), clients, kills)
        checks.same("exit status", simulator.end(), 0)
    refused = [each for client in clients for each in client.refused]
    checks.that("calls that make sense are accepted", not refused, refused[:3])
    acknowledged = sum(client.acknowledged for client in clients)
    checks.that("there was load", acknowledged > 10 * kills, acknowledged)
    print(f"{kills} kills, {acknowledged} acknowledged calls")
    return checks.status(at_least=kills * CLIENTS)


if __name__ == "__main__":
    sys.exit(main())
