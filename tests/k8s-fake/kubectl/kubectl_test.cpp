// Types at the real kubectl: each line of a session file is a command, what follows is the output expected of it.
//   $ get pods            the command, without "kubectl"; exit code 0
//   $! get pod nope       the same, exit code not 0
//   $sh echo x | kubectl apply -f -     a shell line; `kubectl` is the client under test
//   text with * globs     lines that must come, in order, on stdout or stderr; "..." stands for any number of lines
//   #old / #new           from here on only for kubectl 1.20 / for the one on PATH; #all ends it
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "provisioner/base/http/call_name.h"
#include "provisioner/base/text.h"
#include "tests/k8s-fake/server/process.h"
#include "tests/support/paths.h"

namespace {

struct Output {
  int status = 0;
  std::vector<std::string> lines;
};

Output run_shell(const std::string& line) {
  Output out;
  FILE* pipe = ::popen(("exec 2>&1; " + line).c_str(), "r");
  std::string text;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, got);
  const int status = ::pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  std::istringstream stream(text);
  for (std::string each; std::getline(stream, each);) out.lines.push_back(each);
  return out;
}

/// A cluster of its own, with a folder for its kubeconfig.
class Cluster {
 public:
  explicit Cluster(std::vector<std::string> more = {}) {
    char folder[] = "/tmp/k8s-fake-test-XXXXXX";
    dir = ::mkdtemp(folder);
    ::setenv("HOME", dir.c_str(), 1);  // kubectl keeps there what the server at an address serves
    more.insert(more.end(), {"--kubeconfig", dir + "/config"});
    process_ = std::make_unique<ServerProcess>(std::move(more));
    ready = process_->port != 0;
  }
  ~Cluster() {
    EXPECT_EQ(process_->terminate(), 0) << "k8s-fake did not end cleanly";
    run_shell("rm -rf " + dir);
  }
  std::string dir;
  bool ready = false;

 private:
  std::unique_ptr<ServerProcess> process_;
};

struct Step {
  int line = 0;
  std::string command;
  bool shell = false;
  bool fails = false;
  std::vector<std::string> expected;
};

std::vector<Step> read_session(const std::string& file, bool old) {
  std::ifstream stream(test_support::source_dir() + "/tests/k8s-fake/kubectl/" + file);
  std::vector<Step> out;
  std::string line;
  bool taken = true;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (line == "#old") taken = old;
    else if (line == "#new") taken = !old;
    else if (line == "#all") taken = true;
    if (!taken || line.rfind('#', 0) == 0) continue;
    if (line.rfind("$sh ", 0) == 0) out.push_back({number, line.substr(4), true, false, {}});
    else if (line.rfind("$!sh ", 0) == 0) out.push_back({number, line.substr(5), true, true, {}});
    else if (line.rfind("$! ", 0) == 0) out.push_back({number, line.substr(3), false, true, {}});
    else if (line.rfind("$ ", 0) == 0) out.push_back({number, line.substr(2), false, false, {}});
    else if (!out.empty() && !line.empty()) out.back().expected.push_back(line);
  }
  return out;
}

bool lines_match(const std::vector<std::string>& expected, std::size_t i, const std::vector<std::string>& have,
                 std::size_t j) {
  if (i == expected.size()) return j == have.size();
  if (expected[i] == "...") {
    for (std::size_t k = j; k <= have.size(); ++k)
      if (lines_match(expected, i + 1, have, k)) return true;
    return false;
  }
  // A bar means itself here, so the pattern goes piece by piece.
  if (j == have.size()) return false;
  const std::string pattern = base::replace_all(expected[i], "|", "?");
  return base::http::glob_matches(pattern, have[j]) && lines_match(expected, i + 1, have, j + 1);
}

void play(const std::string& file, const std::string& client, bool old, const Cluster& cluster) {
  ASSERT_TRUE(cluster.ready);
  const std::string home = cluster.dir + (old ? "/old" : "/new");
  const std::string environment = "export HOME=" + home + " KUBECONFIG=" + cluster.dir + "/config KUBECTL=" + client +
                                  " D=" + test_support::source_dir() +
                                  "/tests/k8s-fake/kubectl; mkdir -p $HOME; kubectl() { " + client + " \"$@\"; }; ";
  int count = 0;
  for (const auto& step : read_session(file, old)) {
    const Output output = run_shell(environment + (step.shell ? step.command : "kubectl " + step.command));
    std::string shown;
    for (const auto& line : output.lines) shown += "  " + line + "\n";
    EXPECT_EQ(output.status != 0, step.fails)
        << file << ":" << step.line << ": " << step.command << "\nexit code " << output.status << "\n"
        << shown;
    EXPECT_TRUE(lines_match(step.expected, 0, output.lines, 0))
        << file << ":" << step.line << ": " << step.command << "\nprinted\n"
        << shown;
    ++count;
  }
  EXPECT_GT(count, 0);
}

std::string old_client() { return test_support::source_dir() + "/build/tools/kubernetes-client/usr/bin/kubectl"; }

TEST(Kubectl, OneOnPath) {
  Cluster cluster;
  const Output version = run_shell("kubectl version --client");
  ASSERT_FALSE(version.lines.empty());
  const bool old = version.lines[0].find("v1.20.") != std::string::npos;  // with no other on PATH it is Debian's
  play("session.txt", "command kubectl", old, cluster);
}

TEST(Kubectl, Debians120) {
  ASSERT_EQ(::access(old_client().c_str(), X_OK), 0) << "run `make kubectl` first";
  Cluster cluster;
  play("session.txt", old_client(), true, cluster);
}

}  // namespace
