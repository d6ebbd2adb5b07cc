#!/usr/bin/python3
"""Runs the benchmark suite on built programs and writes its results.

    suite.py run     --bin build/release/bin --out bench/out [--only PART,...] [--quick]
    suite.py compare --base OTHER/bin --bin build/release/bin --out bench/out/compare [--only PART,...] [--rounds 7]
    suite.py list
    suite.py programs [--only PART,...]     what must be built for these parts

Results are in Google Benchmark's JSON form, one file a part; `page.py` makes the page and the table of them. Every figure that is
compared with another is measured in turns with it, in the same run. README.md says how each is obtained.
"""
import argparse
import base64
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PROGRAMS = []  # started and not yet ended


def note(text):
    print(f"[{time.monotonic() - START:6.1f} s] {text}", file=sys.stderr, flush=True)


START = time.monotonic()


class Program:
    """A server of ours that prints `listening NAME URL` lines and `ready`."""

    def __init__(self, *command):
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        PROGRAMS.append(self)
        self.urls = {}
        for line in self.process.stdout:
            words = line.split()
            if words[:1] == ["listening"]:
                self.urls[words[1]] = words[2]
            if words == ["ready"]:
                break
        else:
            raise RuntimeError(f"{command[0]} ended before it was ready")
        self.ready_seconds = time.monotonic() - self.started
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def port(self, name):
        return int(self.urls[name].rsplit(":", 1)[1])

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self in PROGRAMS:
            PROGRAMS.remove(self)


class Suite:
    def __init__(self, bin_folder, out, quick, rounds):
        self.bin = os.path.abspath(bin_folder)
        self.out = out
        self.quick = quick
        self.rounds = rounds
        self.rows = []
        self.slice = ""  # of matching: a selection of its rows
        self.scratch = tempfile.mkdtemp(prefix="drydock-bench-")

    def program(self, name):
        return os.path.join(self.bin, name)

    def row(self, name, unit, value, **counters):
        """One measurement. `unit` is what real_time is in, or a rate or size kept as a counter."""
        entry = {"name": name, "run_name": name, "run_type": "iteration", "iterations": 1}
        if unit in ("us", "ms", "s"):
            entry.update(real_time=value, cpu_time=value, time_unit=unit)
        elif unit == "/s":
            entry.update(real_time=1e6 / value if value else 0, cpu_time=0, time_unit="us", items_per_second=value)
        else:
            entry.update(real_time=0, cpu_time=0, time_unit="us", **{unit: value})
        entry.update(counters)
        self.rows.append(entry)

    def write(self, part):
        context = {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "host_name": "", "executable": part, "num_cpus": os.cpu_count()}
        with open(os.path.join(self.out, part + ".json"), "w") as file:
            json.dump({"context": context, "benchmarks": self.rows}, file, indent=1)
        self.rows = []

    def load(self, port, path, method="GET", body=None, headers=(), seconds=1.5, **more):
        command = [self.program("http_load"), "--port", str(port), "--path", path, "--method", method, "--seconds", str(0.5 if self.quick and "requests" not in more else seconds)]
        for header in headers:
            command += ["--header", header]
        if body is not None:
            file = os.path.join(self.scratch, "body")
            with open(file, "w") as out:
                out.write(body)
            command += ["--body", file]
        for key, value in more.items():
            command += ["--" + key, str(value)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{path}: {done.stderr}")
        result = json.loads(done.stdout)
        if result["refused"]:
            raise RuntimeError(f"{path}: {done.stderr}")
        return result

    # ---- Parts.

    def instructions(self):
        """Instructions of fixed work (pools and classes of the specification and their digest): a figure without noise."""
        for variant, rules in (("attrs", "17.10"), ("regex", "19.01")):
            work = [self.program("pool_matching_bench"), "--digest", "--rules", rules, "--variant", variant, "-N", "1000", "-M", "1000" if variant == "attrs" else "100"]
            count = instructions_of(work, self.scratch)
            if count is None:
                note("neither perf's counters nor callgrind are there: no instruction counts")
                break
            self.row(f"instructions/digest/{variant}", "instructions", count)
        self.write("instructions")

    def matching(self):
        """The rows of the pool-matching specification, ours and the linear matcher in turns."""
        if self.slice:
            selection = self.slice
        elif self.quick:
            selection = "(class-add|backend-add|backend-update|select)/.*/attrs/N:1000/M:(100|1000)(/iterations:.*)?$"
        else:
            selection = ("(class-add|backend-add|backend-update|select)/(ours/.*/N:(10|100|1000|10000|100000)/M:1000$|ours/.*/N:10000/M:(10|100|10000)$"
                         "|linear/(attrs|exact)/N:(10|100|1000|10000)/M:1000(/i.*)?$|linear/attrs/N:10000/M:(10|100)(/i.*)?$|linear/regex/N:(10|100|1000)/M:1000(/i.*)?$)"
                         "|memory/.*M:10000")
        self.google("pool_matching", selection)

    def add_volume(self):
        """Volumes through the whole core, with the store in memory and the fake driver."""
        self.google("add_volume", "add-volume/.*" + ("N:1000/" if self.quick else ""))

    def google(self, part, selection):
        file = os.path.join(self.out, part + ".json")
        command = [self.program("pool_matching_bench"), "--benchmark_filter=" + selection, "--benchmark_min_time=" + ("0.01" if self.quick else "0.05"),
                   f"--benchmark_repetitions={self.rounds}", "--benchmark_enable_random_interleaving=true", "--benchmark_out=" + file,
                   "--benchmark_out_format=json", "--benchmark_display_aggregates_only=true"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def zapi(self):
        """ZAPI over sockets in clear, in turns with a bare server of the same HTTP layer that answers a constant of the same size."""
        array = Program(self.program("ontap-sim"), "--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0")
        port = array.port("ontap-http")
        path = "/servlets/netapp.servlets.admin.XMLrequest_filer"
        headers = ["Authorization: Basic " + base64.b64encode(b"admin:netapp123").decode(), "Content-Type: text/xml"]

        def call(inner, svm=""):
            vfiler = f' vfiler="{svm}"' if svm else ""
            return f'<?xml version="1.0" encoding="UTF-8"?><netapp version="1.100" xmlns="http://www.netapp.com/filer/admin"{vfiler}>{inner}</netapp>'

        create = call("<volume-create><volume>bench{n}</volume><containing-aggr-name>aggr1</containing-aggr-name><size>20m</size>"
                      "<space-reserve>none</space-reserve></volume-create>", "svm1")
        before = array.rss()
        volumes = 1000 if self.quick else 5000
        made = self.load(port, path, "POST", create, headers, seconds=120, requests=volumes)
        self.row("zapi/memory-per-volume", "bytes", (array.rss() - before) / max(1, made["requests"]))
        at = volumes
        calls = {"system-get-version": call("<system-get-version/>"),
                 "volume-get-iter": call("<volume-get-iter><query><volume-attributes><volume-id-attributes><name>bench{n}</name></volume-id-attributes>"
                                         "</volume-attributes></query></volume-get-iter>", "svm1"),
                 "volume-create": create}
        for _ in range(self.rounds):
            for name, body in calls.items():
                more = {"wrap": volumes} if name == "volume-get-iter" else {"first": at}
                ours = self.load(port, path, "POST", body, headers, **more)
                if name == "volume-create":
                    at += ours["requests"] + 100
                bare = json.loads(subprocess.run([self.program("http_bench"), "--connections", "16", "--seconds", "0.5" if self.quick else "1.5", "--body", str(ours["body_bytes"]),
                                                  "--post", str(len(body))], capture_output=True, text=True, check=True).stdout)
                self.row(f"zapi/{name}/ours", "/s", ours["per_second"], p99_us=ours["p99_us"])
                self.row(f"zapi/{name}/bare", "/s", bare["per_second"], p99_us=bare["p99_us"])
        array.stop()
        self.write("zapi")

    def kubernetes(self):
        """The Kubernetes API in clear without authentication, in turns with etcd's JSON gateway where that is installed."""
        cluster = Program(self.program("k8s-fake"), "--listen", "127.0.0.1:0", "--insecure-listen", "127.0.0.1:0")
        port = cluster.port("kubernetes-insecure")
        path = "/api/v1/namespaces/default/configmaps"
        headers = ["Content-Type: application/json"]
        body = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "bench-{n}"}, "data": {"text": "x" * 200}})
        self.row("kubernetes/start-up", "ms", self.first_answer() * 1000)
        before = cluster.rss()
        objects = 2000 if self.quick else 10000
        self.load(port, path, "POST", body, headers, seconds=120, requests=objects)
        self.row("kubernetes/memory-per-object", "bytes", (cluster.rss() - before) / objects)
        etcd, etcd_port = self.etcd()
        at = objects
        for _ in range(self.rounds):
            created = self.load(port, path, "POST", body, headers, first=at)
            at += created["requests"] + 100
            for name, result in (("create", created), ("update", self.load(port, path + "/bench-{n}", "PUT", body, headers, wrap=objects)),
                                 ("get", self.load(port, path + "/bench-{n}", wrap=objects))):
                self.row(f"kubernetes/{name}/ours", "/s", result["per_second"], p99_us=result["p99_us"])
            listed = self.load(port, path + "?limit=10000", connections=1, requests=20, seconds=30)
            self.row("kubernetes/list-10000", "ms", listed["p50_us"] / 1000, p99_us=listed["p99_us"], bytes=listed["body_bytes"])
            if etcd:
                value = base64.b64encode(body.encode()).decode()
                put = self.load(etcd_port, "/v3/kv/put", "POST", json.dumps({"key": base64.b64encode(b"/bench").decode(), "value": value}))
                get = self.load(etcd_port, "/v3/kv/range", "POST", json.dumps({"key": base64.b64encode(b"/bench").decode()}))
                self.row("kubernetes/create/etcd-put", "/s", put["per_second"], p99_us=put["p99_us"])
                self.row("kubernetes/get/etcd-get", "/s", get["per_second"], p99_us=get["p99_us"])
        self.fan_out(port, path, 100 if self.quick else 1000)
        self.row("kubernetes/rss", "bytes", cluster.rss())
        cluster.stop()
        if etcd:
            etcd.terminate()
            etcd.wait()
        self.write("kubernetes")

    def first_answer(self):
        """Seconds from exec to the first answered request, the best of five."""
        best = 1e9
        for _ in range(5):
            server = Program(self.program("k8s-fake"), "--listen", "127.0.0.1:0", "--insecure-listen", "127.0.0.1:0")
            urllib.request.urlopen(server.urls["kubernetes-insecure"] + "/version").read()
            best = min(best, time.monotonic() - server.started)
            server.stop()
        return best

    def etcd(self):
        if not shutil.which("etcd"):
            note("etcd is not installed: no yardstick")
            return None, 0
        ports = free_ports(2)
        process = subprocess.Popen(["etcd", "--data-dir", os.path.join(self.scratch, "etcd"), "--listen-client-urls", f"http://127.0.0.1:{ports[0]}",
                                    "--advertise-client-urls", f"http://127.0.0.1:{ports[0]}", "--listen-peer-urls", f"http://127.0.0.1:{ports[1]}",
                                    "--initial-advertise-peer-urls", f"http://127.0.0.1:{ports[1]}", "--initial-cluster", f"default=http://127.0.0.1:{ports[1]}"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if b"true" in urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/health").read():
                    return process, ports[0]
            except OSError:
                time.sleep(0.1)
        process.terminate()
        return None, 0

    def fan_out(self, port, path, watchers):
        """How long after a create each of many watchers has its event."""
        import selectors
        waiting = selectors.DefaultSelector()
        sockets = []
        for _ in range(watchers):
            watch = socket.create_connection(("127.0.0.1", port))
            watch.sendall(f"GET {path}?watch=1&labelSelector=fan%3Dout HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            sockets.append(watch)
        for watch in sockets:
            watch.recv(65536)  # the head
            watch.setblocking(False)
            waiting.register(watch, selectors.EVENT_READ)
        took = []
        for number in range(3 if self.quick else 20):
            body = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"fan-{number}", "labels": {"fan": "out"}}, "data": {"text": "x" * 200}}).encode()
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"})
            sent = time.monotonic()
            urllib.request.urlopen(request).read()
            left = set(sockets)
            while left:
                ready = waiting.select(10)
                if not ready:
                    raise RuntimeError(f"{len(left)} watchers got no event")
                for key, _ in ready:
                    if b"\n" in key.fileobj.recv(65536) and key.fileobj in left:
                        left.discard(key.fileobj)
                        took.append(time.monotonic() - sent)
        for watch in sockets:
            waiting.unregister(watch)
            watch.close()
        took.sort()
        self.row(f"kubernetes/fan-out-{watchers}", "ms", took[len(took) // 2] * 1000, p99_us=took[int(len(took) * 0.99)] * 1e6, max_us=took[-1] * 1e6)

    def claims(self):
        """Claims bound per second: over sockets from the first create to the last Bound, and in memory in virtual time (wall clock)."""
        count = 50 if self.quick else 300
        for _ in range(self.rounds):
            self.row("claims/sockets", "/s", self.claims_over_sockets(count), claims=count)
        small, large = count // 10, count
        for _ in range(self.rounds):
            extra = self.run_scenario(claims_scenario(large)) - self.run_scenario(claims_scenario(small))
            self.row("claims/memory", "/s", (large - small) / max(extra, 1e-3), claims=large - small)
        self.write("claims")

    def claims_over_sockets(self, count):
        folder = tempfile.mkdtemp(dir=self.scratch)
        lab = Program(self.program("drydock"), "up", "--dir", folder, "--provisioner", "--k8s-listen", "127.0.0.1:0", "--ontap-listen", "127.0.0.1:0",
                      "--provisioner-listen", "127.0.0.1:0")
        try:
            with open(os.path.join(folder, "backend-ontap-nas.json"), "rb") as file:
                backend = file.read()
            deadline = time.monotonic() + 30
            while True:
                try:
                    urllib.request.urlopen(lab.urls["trident"] + "/trident/v1/backend", backend).read()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
            api = KubeApi(os.path.join(folder, "kubeconfig"))
            api.call("POST", "/apis/storage.k8s.io/v1/storageclasses", {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "bench"},
                                                                        "provisioner": "netapp.io/trident", "parameters": {"backendType": "ontap-nas"}})
            path = "/api/v1/namespaces/default/persistentvolumeclaims"
            start = time.monotonic()
            for number in range(count):
                api.call("POST", path, claim(number))
            while True:
                bound = sum(item.get("status", {}).get("phase") == "Bound" for item in api.call("GET", path)["items"])
                if bound == count:
                    return count / (time.monotonic() - start)
                if time.monotonic() - start > 300:
                    raise RuntimeError(f"only {bound} of {count} claims were bound in 300 s")
                time.sleep(0.3)  # a listing costs the lab time that it would spend on claims
        finally:
            lab.stop()

    def run_scenario(self, text):
        folder = tempfile.mkdtemp(dir=self.scratch)
        with open(os.path.join(folder, "chainsaw-test.yaml"), "w") as file:
            file.write(text)
        start = time.monotonic()
        done = subprocess.run([self.program("drydock"), "run", "--virtual", folder], capture_output=True, text=True)
        if done.returncode != 0 or "1 passed" not in done.stdout:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        return time.monotonic() - start

    def lab(self):
        """Start-up of the whole lab, and the life of a volume in virtual time, as wall clock of the whole program."""
        for _ in range(self.rounds * 3):
            folder = tempfile.mkdtemp(dir=self.scratch)
            lab = Program(self.program("drydock"), "up", "--dir", folder, "--k8s-listen", "127.0.0.1:0", "--ontap-listen", "127.0.0.1:0")
            self.row("lab/start-up", "ms", lab.ready_seconds * 1000)
            lab.stop()
        scenario = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenarios", "lifecycle")
        for _ in range(self.rounds * 3):
            start = time.monotonic()
            subprocess.run([self.program("drydock"), "run", "--virtual", scenario], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.row("lab/lifecycle-virtual", "ms", (time.monotonic() - start) * 1000)
        self.write("lab")


def instructions_of(command, scratch):
    """By the processor's counter if perf may read it, else by callgrind; None without either."""
    if shutil.which("perf"):
        done = subprocess.run(["perf", "stat", "-x", ",", "-e", "instructions:u", *command], capture_output=True, text=True)
        first = done.stderr.strip().split(",")[0]
        if done.returncode == 0 and first.isdigit():
            return int(first)
    if not shutil.which("valgrind"):
        return None
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + os.path.join(scratch, "callgrind"), *command], capture_output=True, text=True)
    counts = [line.split(":")[1] for line in done.stderr.splitlines() if "Collected" in line]
    return int(counts[0]) if counts else None


class KubeApi:
    """The least that speaks to an API server with a kubeconfig of drydock up: client certificate or token, one connection."""

    def __init__(self, kubeconfig):
        with open(kubeconfig) as file:
            cluster = user = dict(line.strip().split(": ", 1) for line in file if ": " in line)  # keys are unique in what we write
        context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        context.check_hostname = False
        self.headers = {"Content-Type": "application/json"}
        if "token" in user:
            self.headers["Authorization"] = "Bearer " + user["token"]
        if "client-certificate-data" in user:
            with tempfile.NamedTemporaryFile() as pem:
                pem.write(base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"]))
                pem.flush()
                context.load_cert_chain(pem.name)
        host, port = cluster["server"].split("//")[1].split(":")
        self.connection = http.client.HTTPSConnection(host, int(port), context=context)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body else None, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)


def claim(number):
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": f"claim-{number:05}"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "bench", "resources": {"requests": {"storage": "20Mi"}}}}


def claims_scenario(count):
    """A Chainsaw test that makes so many claims and waits until the last one is bound (claims are served in their order)."""
    documents = [{"apply": {"resource": dict(claim(number), metadata={"name": f"claim-{number:05}"})}} for number in range(count)]
    bound = [{"assert": {"timeout": "30m", "resource": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": f"claim-{number:05}"},
                                                       "status": {"phase": "Bound"}}}} for number in range(0, count, max(1, count // 20))]
    backend = {"apiVersion": "lab.drydock.dev/v1", "kind": "Backend", "metadata": {"name": "nas"},
               "spec": {"version": 1, "storageDriverName": "ontap-nas", "managementLIF": "127.0.1.10", "dataLIF": "127.0.1.11", "svm": "svm1", "username": "vsadmin",
                        "password": "netapp123"}}
    ready = {"apiVersion": "lab.drydock.dev/v1", "kind": "Backend", "metadata": {"name": "nas"}, "status": {"phase": "Done"}}
    storage_class = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "bench"}, "provisioner": "netapp.io/trident",
                     "parameters": {"backendType": "ontap-nas"}}
    test = {"apiVersion": "chainsaw.kyverno.io/v1alpha1", "kind": "Test", "metadata": {"name": "claims", "annotations": {"drydock.dev/provisioner": "true"}},
            "spec": {"skipDelete": True, "steps": [{"try": [{"apply": {"resource": backend}}, {"assert": {"resource": ready}}, {"apply": {"resource": storage_class}}]},
                                                   {"try": documents}, {"try": bound}]}}
    return "".join(f"{key}: {value if isinstance(value, str) else json.dumps(value)}\n" for key, value in test.items())


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


# Parts in the order they run, and the programs each starts.
PARTS = {"instructions": ["pool_matching_bench"], "lab": ["drydock"], "zapi": ["ontap-sim", "http_load", "http_bench"], "kubernetes": ["k8s-fake", "http_load"],
         "claims": ["drydock"], "add_volume": ["pool_matching_bench"], "matching": ["pool_matching_bench"]}


# What a comparison measures in turns: a few seconds at a time, so that a load that comes and goes meets both. Ours only.
SLICES = {"matching": [f"{kind}/ours/{variant}/(N:(10|100|1000|10000|100000)/M:1000|N:10000/M:(10|100|10000))$"
                       for kind in ("class-add", "backend-add", "backend-update", "select") for variant in ("attrs", "exact", "regex")]
          + ["memory/.*/M:10000"]}


def run(bin_folder, out, parts, quick, rounds, piece=""):
    """The parts that failed."""
    os.makedirs(out, exist_ok=True)
    suite = Suite(bin_folder, out, quick, rounds)
    suite.slice = piece
    failed = []
    try:
        for number, part in enumerate(parts, 1):
            note(f"{number}/{len(parts)} {part}: {piece or getattr(Suite, part).__doc__.splitlines()[0]}")
            try:
                getattr(suite, part)()
            except (RuntimeError, OSError, subprocess.CalledProcessError) as problem:
                note(f"{part} FAILED: {problem}")
                failed.append(part)
                if suite.rows:
                    suite.write(part)
            for program in list(PROGRAMS):
                program.stop()
    finally:
        for program in list(PROGRAMS):
            program.stop()
        shutil.rmtree(suite.scratch, ignore_errors=True)
    return failed


def compare(options, parts):
    """Each slice of each part by base and new in turns, `rounds` times; base.json and new.json hold all their rounds in order."""
    merged = {"base": [], "new": []}
    failed = []
    for part in parts:
        for piece in SLICES.get(part, [""]):
            for number in range(options.rounds):
                for who, folder in (("base", options.base), ("new", options.bin)) if number % 2 == 0 else (("new", options.bin), ("base", options.base)):
                    out = os.path.join(options.out, who)
                    shutil.rmtree(out, ignore_errors=True)
                    failed += run(folder, out, [part], options.quick, 1, piece)
                    file = os.path.join(out, {"matching": "pool_matching"}.get(part, part) + ".json")
                    if os.path.exists(file) and os.path.getsize(file) > 0:
                        with open(file) as text:
                            merged[who] += json.load(text)["benchmarks"]
    for who, rows in merged.items():
        with open(os.path.join(options.out, who + ".json"), "w") as file:
            json.dump({"context": {}, "benchmarks": rows}, file, indent=1)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "compare", "list", "programs"])
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--base", help="programs to compare with")
    parser.add_argument("--out", default="bench/out")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="small numbers: does it run at all?")
    options = parser.parse_args()
    if options.command == "list":
        for part in PARTS:
            print(f"{part}: {getattr(Suite, part).__doc__}")
        return 0
    parts = options.only.split(",")
    if set(parts) - set(PARTS):
        parser.error("unknown part: " + ", ".join(sorted(set(parts) - set(PARTS))))
    if options.command == "programs":
        print(*sorted({program for part in parts for program in PARTS[part]}))
        return 0
    if options.command == "compare":
        failed = compare(options, parts)
    else:
        failed = run(options.bin, options.out, parts, options.quick, 1 if options.quick else 3)
    note("done" if not failed else "failed: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
