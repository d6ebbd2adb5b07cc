// The Docker volume plugin over a tiny array in memory, and its UNIX socket.
#include "provisioner/docker/plugin.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <thread>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/http/memory.h"
#include "provisioner/base/http/wire.h"
#include "provisioner/core/json.h"
#include "tests/provisioner/lab.h"
#include "tests/provisioner/tiny_array.h"

namespace provisioner_test {
namespace {

using testing::HasSubstr;
namespace docker = provisioner::docker;

constexpr const char* kFile =
    R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"192.168.199.108","dataLIF":"192.168.199.107","svm":"tridentsvm","username":"u",)"
    R"("password":"p","aggregate":"aggr3","nfsMountOptions":"-o nfsvers=3 -w"})";

boost::asio::awaitable<bool> stopped(docker::Plugin& plugin) {
  co_await plugin.stop();
  co_return true;
}

/// A host whose mounts are a set of paths.
struct PluginLab {
  explicit PluginLab(const std::string& file = kFile) {
    auto parsed = docker::parse_backend_file(file, "netapp");
    EXPECT_TRUE(parsed) << parsed.error().message;
    const DriverContext context{.executor = io.get_executor(),
                                .clock = clock,
                                .transport = transport,
                                .logger = logger,
                                .instance = docker::kOwner,
                                .version = "17.10.1",
                                .kubernetes_version = {}};
    driver = std::move(*make_driver(context, parsed->driver));
    EXPECT_TRUE(run(driver->start()));
    parsed->plugin.data_lif = "192.168.199.107";
    docker::Host host{.make_directory =
                          [this](const std::string& path) {
                            folders.insert(path);
                            return Result<void>();
                          },
                      .remove_directory = [this](const std::string& path) { folders.erase(path); },
                      .exists = [this](const std::string& path) { return folders.contains(path); },
                      .is_mounted = [this](const std::string& path) { return mounts.contains(path); },
                      .run = [this](const std::vector<std::string>& argv) { return command(argv); }};
    plugin = std::make_unique<docker::Plugin>(io.get_executor(), logger, *driver, std::move(host), parsed->plugin);
    array.calls.clear();
  }
  ~PluginLab() { run(stopped(*plugin)); }

  template <class T>
  T run(boost::asio::awaitable<T> call) {
    std::optional<T> out;
    base::TaskGroup tasks(io.get_executor());
    tasks.spawn(store_result(std::move(call), out));
    clock.run_until([&] { return out.has_value(); }, std::chrono::hours(1));
    clock.run_ready();
    return std::move(*out);
  }
  Result<void> command(const std::vector<std::string>& argv) {
    std::string line;
    for (const std::string& word : argv) line += (line.empty() ? "" : " ") + word;
    commands.push_back(line);
    if (broken) return Error{ErrorKind::unavailable, "no route to host"};
    if (argv.front() == "mount") mounts.insert(argv.back());
    if (argv.front() == "umount") mounts.erase(argv.back());
    return {};
  }
  /// "200 {…}"
  std::string ask(const std::string& method, const std::string& body = "{}") {
    base::http::Request request;
    request.method = "POST";
    request.target = method;
    request.body = body;
    base::http::Response response = plugin->handle(request);
    if (response.later) {
      clock.run_until([&] { return response.later->ready(); }, std::chrono::hours(1));
      auto waited = run(response.later->wait(clock, clock.now()));
      response = waited.value_or(base::http::Response());
    }
    if (response.status != 404) {
      EXPECT_EQ(response.headers.get("Content-Type"), "application/vnd.docker.plugins.v1.1+json");
    }
    return std::to_string(response.status) + " " + response.body;
  }

  boost::asio::io_context io;
  base::VirtualClock clock{io};
  base::Logger logger{clock, base::log_to_nowhere()};
  TinyArray array;
  base::http::Handler handler = [this](const base::http::Request& request) {
    if (request.body.find("<snapshot-get-iter>") == std::string::npos) return array.handle(request);
    base::http::Response response;
    response.body =
        "<netapp><results status=\"passed\"><num-records>1</num-records><attributes-list><snapshot-info><name>s1</name>"
        "<access-time>1511855192</access-time></snapshot-info></attributes-list></results></netapp>";
    return response;
  };
  base::http::MemoryTransport transport{
      clock, [this](const std::string& host, std::uint16_t) { return host == "192.168.199.108" ? &handler : nullptr; }};
  std::unique_ptr<Driver> driver;
  std::unique_ptr<docker::Plugin> plugin;
  std::set<std::string> folders, mounts;
  std::vector<std::string> commands;
  bool broken = false;
};

TEST(DockerPlugin, AVolumesWholeLife) {
  PluginLab lab;
  const std::string at = "/var/lib/docker-volumes/netapp/netappdvp_my_vol";
  const std::string named = R"({"Name":"my-vol"})";
  EXPECT_EQ(lab.ask("/Plugin.Activate"), "200 {\"Implements\":[\"VolumeDriver\"]}\n");
  EXPECT_EQ(lab.ask("/VolumeDriver.Capabilities"), "200 {\"Capabilities\":{\"Scope\":\"global\"}}\n");
  EXPECT_EQ(
      lab.ask("/VolumeDriver.Create", R"({"Name":"my-vol","Opts":{"Size":"2","UNIXPermissions":"---rwxr-xr-x"}})"),
      "200 {}\n");
  ASSERT_TRUE(lab.array.volumes.contains("netappdvp_my_vol"));
  EXPECT_EQ(lab.array.volumes.at("netappdvp_my_vol").size, 2147483648U) << "without a unit it counts GiB";
  EXPECT_EQ(lab.array.volumes.at("netappdvp_my_vol").junction, "/netappdvp_my_vol");
  EXPECT_EQ(lab.ask("/VolumeDriver.Create", R"({"Name":"my-vol","Opts":{"size":"2"}})"), "200 {}\n")
      << "a repeat finds it";
  EXPECT_THAT(lab.ask("/VolumeDriver.Create", R"({"Name":"my-vol","Opts":{"size":"3"}})"), HasSubstr("500 {\"Err\":"));
  lab.array.volumes["unrelated"] = {.size = 1073741824, .aggregate = "aggr3"};
  lab.array.volumes["netappdvp_old"] = {.size = 1073741824, .aggregate = "aggr3"};  // made by an earlier plugin
  EXPECT_EQ(lab.ask("/VolumeDriver.List"), "200 {\"Volumes\":[{\"Name\":\"my-vol\"},{\"Name\":\"old\"}]}\n");
  EXPECT_THAT(lab.ask("/VolumeDriver.Path", named), HasSubstr("500 {\"Err\":"));
  EXPECT_EQ(lab.ask("/VolumeDriver.Get", named),
            "200 "
            "{\"Volume\":{\"Name\":\"my-vol\",\"Mountpoint\":\"\",\"Status\":{\"Snapshots\":[{\"Name\":\"s1\","
            "\"Created\":\"2017-11-28T07:46:32Z\"}]}}}\n");
  EXPECT_EQ(lab.ask("/VolumeDriver.Mount", R"({"Name":"my-vol","ID":"1"})"), "200 {\"Mountpoint\":\"" + at + "\"}\n");
  EXPECT_EQ(lab.ask("/VolumeDriver.Mount", R"({"Name":"my-vol","ID":"2"})"), "200 {\"Mountpoint\":\"" + at + "\"}\n");
  EXPECT_EQ(lab.commands,
            (std::vector<std::string>{"mount -v -o nfsvers=3 -w 192.168.199.107:/netappdvp_my_vol " + at}));
  EXPECT_EQ(lab.ask("/VolumeDriver.Path", named), "200 {\"Mountpoint\":\"" + at + "\"}\n");
  EXPECT_EQ(lab.ask("/VolumeDriver.Unmount", named), "200 {}\n");
  EXPECT_EQ(lab.commands.back(), "umount " + at);
  EXPECT_TRUE(lab.folders.empty());
  EXPECT_EQ(lab.ask("/VolumeDriver.Remove", named), "200 {}\n");
  EXPECT_FALSE(lab.array.volumes.contains("netappdvp_my_vol"));
  EXPECT_EQ(lab.ask("/VolumeDriver.Remove", R"({"Name":"netappdvp_old"})"), "200 {}\n")
      << "a name that has the prefix is used as it is";
  EXPECT_EQ(lab.array.volumes.size(), 1U);
}

TEST(DockerPlugin, ClonesAndDisabledDeletes) {
  PluginLab lab(std::string(kFile).substr(0, std::string(kFile).size() - 1) +
                R"(,"disableDelete":true,"storagePrefix":"p_","defaults":{"size":"5g"}})");
  EXPECT_EQ(lab.ask("/VolumeDriver.Create", R"({"Name":"v"})"), "200 {}\n");
  EXPECT_EQ(lab.array.volumes.at("p_v").size, 5368709120U);
  EXPECT_EQ(lab.ask("/VolumeDriver.Create", R"({"Name":"c","Opts":{"from":"v","splitOnClone":"false"}})"), "200 {}\n");
  EXPECT_EQ(lab.array.volumes.at("p_c").parent, "p_v");
  EXPECT_THAT(lab.ask("/VolumeDriver.Create", R"({"Name":"d","Opts":{"from":"nobody"}})"), HasSubstr("was not found"));
  EXPECT_EQ(lab.ask("/VolumeDriver.Remove", R"({"Name":"v"})"), "200 {}\n");
  EXPECT_TRUE(lab.array.volumes.contains("p_v"));
}

TEST(DockerPlugin, BadInputIsNamed) {
  PluginLab lab;
  const std::vector<std::tuple<const char*, const char*, const char*>> rows{
      {"/VolumeDriver.Create", "{", "500 {\"Err\":"},
      {"/VolumeDriver.Create", "[]", "must be an object"},
      {"/VolumeDriver.Create", "{}", "cannot be a volume's name"},
      {"/VolumeDriver.Create", R"({"Name":"../etc"})", "cannot be a volume's name"},
      {"/VolumeDriver.Create", R"({"Name":"a b"})", "cannot be a volume's name"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":[]})", "Opts must be an object"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":{"size":5}})", "must be a text"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":{"size":"-1"}})", "500 {\"Err\":"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":{"size":"99999999999999999999"}})", "500 {\"Err\":"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":{"colour":"red"}})", "unknown option colour"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":{"snapshotDir":"maybe"}})",
       "invalid boolean value for snapshotDir"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":{"spaceReserve":"half"}})", "spaceReserve must be none or volume"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":{"fromSnapshot":"s"}})", "needs the option from"},
      {"/VolumeDriver.Create", R"({"Name":"v","Opts":{"aggregate":"aggr9"}})", "aggregate aggr9 is not assigned"},
      {"/VolumeDriver.Get", R"({"Name":"v"})", "was not found"},
      {"/VolumeDriver.Mount", R"({"Name":"v"})", "was not found"},
      {"/VolumeDriver.Dance", "{}", "404 404 page not found"}};
  for (const auto& [method, body, why] : rows) EXPECT_THAT(lab.ask(method, body), HasSubstr(why)) << body;
  EXPECT_TRUE(lab.array.volumes.empty());
  EXPECT_EQ(lab.ask("/VolumeDriver.Create", R"({"Name":"v"})"), "200 {}\n");
  lab.broken = true;
  EXPECT_THAT(lab.ask("/VolumeDriver.Mount", R"({"Name":"v"})"), HasSubstr("no route to host"));
  EXPECT_TRUE(lab.folders.empty());
  const std::vector<std::pair<const char*, const char*>> files{
      {"{", "could not decode"},
      {R"({"version":1,"storageDriverName":"ontap-san","managementLIF":"x","username":"u","password":"p"})",
       "serves ontap-nas"},
      {R"({"version":1})", ""},
      {R"({"version":7,"storageDriverName":"ontap-nas"})", ""}};
  for (const auto& [text, why] : files) {
    const auto parsed = docker::parse_backend_file(text, "netapp");
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr(why));
  }
}

/// What a client on the socket is answered; runs on a thread of its own, as a client does.
std::string ask_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return "no connection";
  const std::string request =
      "POST /Plugin.Activate HTTP/1.1\r\nHost: plugin.moby.localhost\r\nContent-Length: 2\r\nConnection: "
      "close\r\n\r\n{}";
  if (write(fd, request.data(), request.size()) < 0) return "not written";
  std::string answer;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = read(fd, buffer.data(), buffer.size())) > 0;)
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  close(fd);
  return answer;
}

TEST(DockerPlugin, AnswersOnAUnixSocketAndReplacesADeadOne) {
  std::string folder = (std::filesystem::temp_directory_path() / "drydock_plugin_XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/netapp.sock";
  for (int round = 0; round < 2; ++round) {  // the second finds what the first left
    boost::asio::io_context io;
    base::RealClock clock(io);
    base::http::ServerOptions options;
    options.listen = {.address = "unix:" + path, .port = 0};
    base::http::Handler echo = [](const base::http::Request& request) {
      base::http::Response response;
      response.body = request.method + " " + request.target + " " + request.body;
      return response;
    };
    auto server = base::http::Server::start(io, clock, options, echo);
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_FALSE(base::http::Server::start(io, clock, options, echo)) << "somebody listens there";
    std::string answer;
    std::thread client([&] {
      answer = ask_socket(path);
      boost::asio::post(io, [&] { (*server)->stop(); });
    });
    io.run();
    client.join();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("POST /Plugin.Activate {}")) << answer;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace provisioner_test
