#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "k8s-fake/streams/session.h"
#include "provisioner/base/http/wire.h"
#include "tests/support/paths.h"

// The real kubectl, the one on PATH and Debian's 1.20, against the sessions over a socket: a server with one pod and
// little else.
namespace k8s_fake {
namespace {

namespace asio = boost::asio;
namespace http = base::http;
using base::Chunk;
using testing::HasSubstr;

/// The commands of the one container.
asio::awaitable<void> run_command(std::shared_ptr<ExecSession> session, std::string command) {
  ExitStatus status;
  if (command == "greet") {
    session->output->write("hello\n");
    session->error->write("to err\n");
  } else if (command == "cat") {
    if (session->tty) session->output->write("ready\n");
    while (const Chunk chunk = co_await session->input->read()) session->output->write(chunk);
  } else if (command == "much") {
    const auto line = std::make_shared<const std::string>(std::string(63, 'm') + "\n");
    for (int i = 0; i < 80'000; ++i) {
      session->output->write(line);
      if (i % 1000 == 0) co_await session->output->room(256 * 1024);
    }
  } else if (command == "seven") {
    status.code = 7;
  } else {
    status.failure = "exec: \"" + command + "\": executable file not found in $PATH: unknown";
  }
  session->finish(status);
}

asio::awaitable<void> shout(std::shared_ptr<ForwardConnection> forward) {
  if (forward->port != 80) {
    forward->fail("error forwarding port " + std::to_string(forward->port) + " to pod p, uid : connection refused");
    co_return;
  }
  while (const Chunk chunk = co_await forward->from_client->read()) {
    std::string text = *chunk;
    for (char& c : text) c = static_cast<char>(std::toupper(c));
    forward->to_client->write(text);
  }
  forward->to_client->close();
}

/// A server with just enough around its pod for kubectl to find it.
class Lab {
 public:
  Lab() {
    auto started =
        http::Server::start(io_, clock_, {}, [this](const http::Request& request) { return handle(request); });
    CHECK(started);
    server_ = std::move(*started);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Lab() {
    asio::post(io_, [this] {
      server_->stop();
      tasks_.stop();
      work_.reset();
    });
    thread_.join();
  }
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

 private:
  static http::Response json(const std::string& body, int status = 200) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/json");
    response.body = body;
    return response;
  }

  http::Response handle(const http::Request& request) {
    const std::string path(request.path());
    const std::string pod = "/api/v1/namespaces/default/pods/p";
    const StreamLoop loop{tasks_, clock_};
    if (path == "/version") return json(R"({"major":"1","minor":"32","gitVersion":"v1.32.4"})");
    if (path == "/api") return json(R"({"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]})");
    if (path == "/apis") return json(R"({"kind":"APIGroupList","apiVersion":"v1","groups":[]})");
    if (path == "/api/v1") {
      return json(
          R"({"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list"]}]})");
    }
    if (path == pod) {
      return json(
          R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"default","uid":"1"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i","ports":[{"containerPort":80}]}]},"status":{"phase":"Running","containerStatuses":[{"name":"c","ready":true,"state":{"running":{}}}]}})");
    }
    if (path == pod + "/exec") {
      std::string command;
      for (const auto& [name, value] : http::parse_query(request.query())) {
        if (name == "command") command = value;
      }
      return serve_exec(request, loop, [this, command](std::shared_ptr<ExecSession> session) {
        tasks_.spawn(run_command(std::move(session), command));
      });
    }
    if (path == pod + "/portforward") {
      return serve_forward(request, loop, [this](std::shared_ptr<ForwardConnection> forward) {
        tasks_.spawn(shout(std::move(forward)));
      });
    }
    return json(R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404})", 404);
  }

  asio::io_context io_{1};
  base::RealClock clock_{io_};
  base::TaskGroup tasks_{io_.get_executor()};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

struct Shell {
  std::string output;
  int code = -1;
};

Shell bash(const std::string& script) {
  Shell shell;
  FILE* const pipe = popen(("exec timeout 60 bash -c '" + script + "' 2>&1").c_str(), "r");
  char buffer[4096];
  for (std::size_t got = fread(buffer, 1, sizeof(buffer), pipe); got > 0; got = fread(buffer, 1, sizeof(buffer), pipe))
    shell.output.append(buffer, got);
  const int status = pclose(pipe);
  shell.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return shell;
}

struct Client {
  const char* name;
  std::string command;  // with the environment it needs in front
};

std::vector<Client> clients(const std::string& url) {
  const std::string debian = test_support::source_dir() + "/build/tools/kubernetes-client/usr/bin/kubectl";
  const std::string flags = " --kubeconfig=/dev/null --cache-dir=$(mktemp -d) --server=" + url + " ";
  return {
      {"PathDefault", "kubectl" + flags},
      {"PathSpdy", "env KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false KUBECTL_PORT_FORWARD_WEBSOCKETS=false kubectl" + flags},
      {"Debian120", debian + flags}};
}

TEST(Kubectl, ExecCarriesInputOutputAndExitCodes) {
  Lab lab;
  for (const Client& client : clients(lab.url())) {
    SCOPED_TRACE(client.name);
    const Shell greet = bash(client.command + "exec p -- greet");
    EXPECT_THAT(greet.output, HasSubstr("hello\n"));
    EXPECT_THAT(greet.output, HasSubstr("to err\n"));
    EXPECT_EQ(greet.code, 0) << greet.output;
    const Shell seven = bash(client.command + "exec p -- seven");
    EXPECT_EQ(seven.output, "command terminated with exit code 7\n");
    EXPECT_EQ(seven.code, 7);
    const Shell cat = bash("printf \"one\\ntwo\\n\" | " + client.command + "exec -i p -- cat");
    EXPECT_EQ(cat.output, "one\ntwo\n");
    EXPECT_EQ(cat.code, 0);
    const Shell much = bash(client.command + "exec p -- much | wc -c");
    EXPECT_EQ(much.output, "5120000\n");
    const Shell unknown = bash(client.command + "exec p -- nonsense");
    EXPECT_THAT(unknown.output, HasSubstr("executable file not found in $PATH"));
    EXPECT_NE(unknown.code, 0);
  }
}

TEST(Kubectl, ATerminalIsServed) {
  Lab lab;
  for (const Client& client : clients(lab.url())) {
    SCOPED_TRACE(client.name);
    // Typed only after the command has spoken: by then kubectl has put the terminal into raw mode.
    const Shell shell = bash("coproc script -qec \"" + client.command +
                             "exec -it p -- cat\" /dev/null; pid=$COPROC_PID; read -u ${COPROC[0]} line; "
                             "printf \"typed\\r\\004\" >&${COPROC[1]}; cat <&${COPROC[0]}; wait $pid");
    EXPECT_THAT(shell.output, HasSubstr("typed\r\n"));
    EXPECT_EQ(shell.code, 0) << shell.output;
  }
}

TEST(Kubectl, PortForwardCarriesConnections) {
  Lab lab;
  for (const Client& client : clients(lab.url())) {
    SCOPED_TRACE(client.name);
    const Shell shell =
        bash("exec 3< <(exec " + client.command +
             "port-forward p :80 2>&1); forward=$!; read -u3 line; port=${line#*127.0.0.1:}; port=${port%% *}; "
             "for i in 1 2; do exec 4<>/dev/tcp/127.0.0.1/$port; echo ping$i >&4; read -u4 reply; echo $reply; exec "
             "4>&-; done; kill $forward; wait $forward");
    EXPECT_THAT(shell.output, HasSubstr("PING1\nPING2\n"));
  }
}

}  // namespace
}  // namespace k8s_fake
