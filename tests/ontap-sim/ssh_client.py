#!/usr/bin/python3
"""Drives the command line of ontap-sim with the OpenSSH client: password and key, commands and sessions.

Usage: ssh_client.py PATH/TO/ontap-sim
"""
import os
import subprocess
import sys
import tempfile

from simulator import Checks, Simulator

OPTIONS = ["-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=20"]


class Shell:
    """An interactive session on a terminal of its own: text in, text out up to something that is waited for."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def until(self, wanted):
        seen = ""
        while not seen.endswith(wanted):
            byte = self.process.stdout.read(1)
            if not byte:
                return seen + "<end>"
            seen += byte.decode()
        return seen

    def type(self, text, wanted="cluster1::> "):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()
        return self.until(wanted)

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=30)


class Client:
    def __init__(self, folder, host, port):
        self.base = ["-p", str(port), *OPTIONS, "-o", f"UserKnownHostsFile={folder}/known_hosts"]
        self.host = host

    def by_password(self, password, user="admin", flags=()):
        return ["sshpass", "-p", password, "ssh", "-o", "PubkeyAuthentication=no", *self.base, *flags, f"{user}@{self.host}"]

    def by_key(self, key, user="admin", flags=()):
        return ["ssh", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", key, *self.base, *flags, f"{user}@{self.host}"]


def run(command, *words, given=""):
    done = subprocess.run([*command, *words], input=given, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def check_commands(checks, client, folder):
    admin = client.by_password("netapp123")
    status, shown = run(admin, "volume show")
    checks.that("volume show by password", status == 0 and "svm1_root" in shown and shown.endswith("3 entries were displayed.\n"), (status, shown))
    checks.same("a command's words come one by one", run(admin, "volume", "show", "-vserver", "svm1", "-fields", "state")[0], 0)
    status, shown = run(admin, "volume shoo")
    checks.same("an unknown command", (status, shown), (1, 'Error: "shoo" is not a recognized command\n'))
    checks.same("a wrong password", run(client.by_password("wrong"), "volume show")[0], 5)
    checks.same("an unknown user", run(client.by_password("netapp123", user="nobody"), "volume show")[0], 5)

    key = f"{folder}/key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    checks.same("a key that nobody knows", run(client.by_key(key), "version")[0], 255)
    with open(key + ".pub") as public:
        text = public.read().strip()
    status, shown = run(admin, f'security login publickey create -username admin -publickey "{text}"')
    checks.same("publickey create", (status, shown), (0, ""))
    status, shown = run(client.by_key(key), "vserver show -fields type")
    checks.that("a command by key", status == 0 and "svm1" in shown, (status, shown))
    status, shown = run(client.by_key(key), "security login publickey show")
    checks.that("publickey show", status == 0 and text.split()[1][:30] in shown, (status, shown))
    checks.same("the key goes", run(admin, "security login publickey delete -username admin -index 0")[0], 0)
    checks.same("a key that was taken away", run(client.by_key(key), "version")[0], 255)

    status, shown = run(admin, "volume delete -vserver svm1 -volume none")
    checks.that("a command that fails", status == 1 and "Error" in shown, (status, shown))
    lines = "volume create -vserver svm1 -volume over_ssh -aggregate aggr1 -size 1GB\nvolume show -volume over_ssh -fields size\nexit\n"
    status, shown = run(admin, given=lines)
    checks.that("commands from a pipe", status == 0 and "over_ssh 1GB" in shown and "Goodbye" in shown, (status, shown))


def check_session(checks, client):
    flags = ["-tt"]
    first = Shell(client.by_password("netapp123", flags=flags))
    checks.same("the prompt", first.until("> "), "cluster1::> ")
    checks.same("echo and rows", first.type("rows 0\r"), "rows 0\r\ncluster1::> ")
    checks.that("an abbreviation", "svm1_data1" in first.type("net int show\r"))
    checks.that("? while typing keeps the line", "-aggregate" in first.type("volume create ?", "cluster1::> volume create "))
    checks.that("Ctrl-C", first.type("\x03").endswith("cluster1::> "))
    checks.that("Tab completes", "vserver show" in first.type("vserver sho\t", "vserver show"))
    checks.that("the completed command", "svm1" in first.type("\r"))
    first.type("\x1b[A", "vserver show")
    checks.that("history", "svm1" in first.type("\r"))
    checks.that("rubbing out", "Current rows setting: 0" in first.type("rowsx\x7f\r"))
    second = Shell(client.by_password("netapp123", flags=flags))
    second.until("> ")
    second.type("volume create -vserver svm1 -volume second -aggregate aggr1 -size 1GB\r")
    checks.that("two sessions see one cluster", "second" in first.type("volume show -volume second -fields state\r"))
    checks.that("a directory", first.type("storage aggregate\r", "cluster1::storage aggregate> ").endswith("aggregate> "))
    checks.that("a command in it", "aggr1" in first.type("show\r", "cluster1::storage aggregate> "))
    first.type("top\r")
    checks.that("a question", "{y|n}: " in first.type("set -privilege advanced\r", "{y|n}: "))
    checks.that("its answer", first.type("y\r", "cluster1::*> ").endswith("cluster1::*> "))
    first.type("set -privilege admin\r")
    first.type("security login create -user-or-group-name guest -application ssh -role readonly\r", "'guest': ")
    checks.same("a password is not echoed", first.type("secret123\r", "again: "), "\r\nPlease enter it again: ")
    first.type("secret123\r")
    status, shown = run(client.by_password("secret123", user="guest"), "volume show -fields state")
    checks.that("the new account", status == 0 and "second" in shown, (status, shown))
    second.type("rows 5\r")
    checks.that("a page", "vol0" in second.type("volume show\r", "to quit... "))
    checks.that("the end of paging", second.type("q").endswith("cluster1::> "))
    checks.that("exit", "Goodbye" in first.type("exit\r", "<end>"))
    checks.same("status of exit", first.end(), 0)
    second.type("\x04", "<end>")
    checks.same("status after Ctrl-D", second.end(), 0)


def main():
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--listen-ssh", "127.0.0.1:0", "--state", os.path.join(folder, "state")]
        simulator = Simulator(sys.argv[1], *flags)
        try:
            client = Client(folder, *simulator.host_and_port("ontap-ssh"))
            check_commands(checks, client, folder)
            check_session(checks, client)
        finally:
            checks.same("exit status", simulator.end(), 0)
        again = Simulator(sys.argv[1], *flags)
        try:  # the known host's key would be refused if it were another one
            host, port = again.host_and_port("ontap-ssh")
            keys = [subprocess.run(["ssh-keyscan", "-p", str(port), host], capture_output=True, text=True).stdout]
            with open(f"{folder}/known_hosts") as known:
                kept = known.read().split()[2]
            checks.that("the host key is kept", kept in keys[0], (kept, keys))
        finally:
            again.end()
    return checks.status(at_least=30)


if __name__ == "__main__":
    sys.exit(main())
