"""What the tests that run real clients against ontap-sim share: the simulator as a process, and counted checks."""
import re
import signal
import subprocess
import threading


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def that(self, name, holds, got=None):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {name}: got {got!r}", flush=True)

    def same(self, name, got, wanted):
        self.that(f"{name} (wanted {wanted!r})", got == wanted, got)

    def status(self, at_least):
        """Prints the counts; the exit status of the program."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or self.passed < at_least else 0


class Simulator:
    """ontap-sim with ports of its own choice. `urls` is what it printed, by name: "ontap", "ontap-http", "ontap-ssh"."""

    def __init__(self, program, *flags):
        self.process = subprocess.Popen([program, "--listen", "127.0.0.1:0", *flags], stdout=subprocess.PIPE, text=True)
        self.urls = {}
        for line in self.process.stdout:
            found = re.match(r"listening (\S+) (\S+)", line)
            if found:
                self.urls[found[1]] = found[2]
            if line.strip() == "ready":
                break
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def host_and_port(self, name):
        host, port = re.match(r"\w+://([0-9.]+):([0-9]+)", self.urls[name]).groups()
        return host, int(port)

    def end(self):
        """The exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self):
        self.process.kill()
        self.process.wait()
