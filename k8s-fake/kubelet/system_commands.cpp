/// Commands about the machine: df, mount, ping, sleep, env, hostname, date, id, and the images that only run: nginx,
/// etcd, pause.
#include <cmath>
#include <cstdio>

#include "k8s-fake/kubelet/commands.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// As df -h and ls -h: at most one decimal below ten, always rounded up.
std::string human(std::uint64_t bytes, bool gnu) {
  if (bytes == 0) return "0";
  static const char* const kUnits[] = {"", "K", "M", "G", "T", "P"};
  int unit = 0;
  double value = static_cast<double>(bytes);
  while (value >= 1024 && unit < 5) {
    value /= 1024;
    ++unit;
  }
  char text[24];
  if (!gnu) {
    std::snprintf(text, sizeof text, "%.1f%s", value, kUnits[unit]);
    return text;
  }
  const double rounded = std::ceil(value * 10 - 1e-9) / 10;
  if (unit > 0 && rounded < 10) {
    std::snprintf(text, sizeof text, "%.1f%s", rounded, kUnits[unit]);
  } else {
    std::snprintf(text, sizeof text, "%.0f%s", std::ceil(value - 1e-9), kUnits[unit]);
  }
  return text;
}

struct DiskLine {
  std::string source, type, size, used, available, percent, where;
};

/// Nothing when the data behind the mount is gone.
std::optional<DiskLine> disk_line(const FileMount& mount, bool human_sizes, bool gnu) {
  std::uint64_t size = 40ULL << 30;
  std::uint64_t used = 3ULL << 30;
  std::uint64_t available = size - used;
  if (mount.usage && !mount.usage(size, used, available)) return std::nullopt;
  const auto figure = [&](std::uint64_t bytes) {
    return human_sizes ? human(bytes, gnu) : std::to_string((bytes + 1023) / 1024);
  };
  const std::uint64_t whole = used + available;
  const std::uint64_t percent = whole == 0 ? 0 : (used * 100 + whole - 1) / whole;
  return DiskLine{mount.source, mount.fs_type,     figure(size),
                  figure(used), figure(available), std::to_string(percent) + "%",
                  mount.path};
}

std::string gnu_table(const std::vector<DiskLine>& lines, bool human_sizes, bool types) {
  std::size_t first = std::string_view("Filesystem").size();
  std::size_t type = 4;
  std::size_t size = human_sizes ? 5 : 9, used = human_sizes ? 5 : 4, available = human_sizes ? 5 : 9;
  for (const DiskLine& line : lines) {
    first = std::max(first, line.source.size());
    type = std::max(type, line.type.size());
    size = std::max(size, line.size.size());
    used = std::max(used, line.used.size());
    available = std::max(available, line.available.size());
  }
  std::string text;
  const auto add = [&](const DiskLine& line) {
    char row[600];
    const std::string kind = types ? " " + line.type + std::string(type - std::min(type, line.type.size()), ' ') : "";
    std::snprintf(row, sizeof row, "%-*s%s %*s %*s %*s %4s %s\n", static_cast<int>(first), line.source.c_str(),
                  kind.c_str(), static_cast<int>(size), line.size.c_str(), static_cast<int>(used), line.used.c_str(),
                  static_cast<int>(available), line.available.c_str(), line.percent.c_str(), line.where.c_str());
    text += row;
  };
  add({"Filesystem", "Type", human_sizes ? "Size" : "1K-blocks", "Used", human_sizes ? "Avail" : "Available", "Use%",
       "Mounted on"});
  for (const DiskLine& line : lines) add(line);
  return text;
}

std::string busybox_table(const std::vector<DiskLine>& lines, bool human_sizes) {
  std::string text = human_sizes ? "Filesystem                Size      Used Available Use% Mounted on\n"
                                 : "Filesystem           1K-blocks      Used Available Use% Mounted on\n";
  for (const DiskLine& line : lines) {
    char row[600];
    const bool wide = line.source.size() > 20;
    std::snprintf(row, sizeof row, wide ? "%s\n%21s%9s %9s %9s %4s %s\n" : "%-20s%s%10s %9s %9s %4s %s\n",
                  line.source.c_str(), "", line.size.c_str(), line.used.c_str(), line.available.c_str(),
                  line.percent.c_str(), line.where.c_str());
    text += row;
  }
  return text;
}

int df(Command& c) {
  bool human_sizes = false;
  bool types = false;
  std::vector<std::string> names;
  for (std::size_t i = 1; i < c.args.size(); ++i) {
    if (c.args[i].size() > 1 && c.args[i][0] == '-') {
      human_sizes = human_sizes || c.args[i].find('h') != std::string::npos;
      types = types || c.args[i].find('T') != std::string::npos;
    } else {
      names.push_back(c.args[i]);
    }
  }
  const bool gnu = !c.busybox();
  std::vector<DiskLine> lines;
  int code = 0;
  const auto add = [&](const FileMount& mount, const std::string& name) {
    if (auto line = disk_line(mount, human_sizes, gnu)) lines.push_back(std::move(*line));
    else code = c.fail(name + ": Stale file handle");
  };
  if (names.empty()) {
    for (const FileMount& mount : c.files().mounts()) add(mount, mount.path);
  }
  for (const std::string& name : names) {
    if (!c.files().exists(c.path(name))) {
      code = c.fail(gnu ? name + ": No such file or directory" : name + ": can't find mount point");
      continue;
    }
    add(c.files().mount_of(c.path(name)), name);
  }
  if (!lines.empty()) c.out(gnu ? gnu_table(lines, human_sizes, types) : busybox_table(lines, human_sizes));
  return code;
}

int mount(Command& c) {
  std::string text;
  for (const FileMount& one : c.files().mounts())
    text += one.source + " on " + one.path + " type " + one.fs_type + " (" + one.options + ")\n";
  c.out(std::move(text));
  return 0;
}

std::string milliseconds(base::Duration time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::chrono::duration<double, std::milli>(time).count());
  return text;
}

asio::awaitable<int> ping(Command& c) {
  std::uint64_t count = 0;
  std::uint64_t wait_seconds = 10;
  std::string address;
  for (std::size_t i = 1; i < c.args.size(); ++i) {
    const bool value = i + 1 < c.args.size();
    if (c.args[i] == "-c" && value) count = base::parse_unsigned(c.args[++i]).value_or(0);
    else if (c.args[i] == "-c" || c.args[i] == "-4" || c.args[i] == "-q") continue;
    else if ((c.args[i] == "-W" || c.args[i] == "-w") && value)
      wait_seconds = base::parse_unsigned(c.args[++i]).value_or(10);
    else if ((c.args[i] == "-i" || c.args[i] == "-s") && value) ++i;
    else address = c.args[i];
  }
  if (address.empty()) co_return c.fail("usage: ping [OPTIONS] HOST");
  if (address.find_first_not_of("0123456789.") != std::string::npos && address != "localhost")
    co_return c.fail("bad address '" + address + "'");
  bool stop = false;
  bool* stopped = &stop;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  base::Signal wake(executor);
  base::Signal* bell = &wake;
  c.process->on_signal = [stopped, bell](int number) {
    if (number != SIGINT) return false;
    *stopped = true;
    bell->notify();
    return true;
  };
  c.out("PING " + address + " (" + address + "): 56 data bytes\n");
  std::vector<base::Duration> times;
  std::uint64_t sent = 0;
  while (!stop && (count == 0 || sent < count)) {
    auto trip = c.hooks && c.hooks->ping ? c.hooks->ping(address) : std::optional<base::Duration>();
    if (!trip && (address.starts_with("127.") || address == "localhost")) trip = 60us;  // ourselves and other pods
    ++sent;
    if (trip) {
      co_await base::sleep_for(c.process->clock(), *trip);
      times.push_back(*trip);
      c.out("64 bytes from " + address + ": seq=" + std::to_string(sent - 1) + " ttl=254 time=" + milliseconds(*trip) +
            " ms\n");
    }
    const bool last = count != 0 && sent == count;
    if (last && trip) break;
    const base::Duration pause = last ? std::chrono::seconds(wait_seconds) : base::Duration(1s);
    const base::TimerId timer = c.process->clock().after(pause, [bell] { bell->notify(); });
    if (!stop) co_await wake.wait();
    c.process->clock().cancel(timer);
  }
  c.process->on_signal = nullptr;
  const std::uint64_t lost = sent == 0 ? 0 : (sent - times.size()) * 100 / sent;
  // On a terminal the echoed ^C has ended the line already.
  std::string text = std::string(stop && c.process->spec().tty ? "" : "\n") + "--- " + address +
                     " ping statistics ---\n" + std::to_string(sent) + " packets transmitted, " +
                     std::to_string(times.size()) + " packets received, " + std::to_string(lost) + "% packet loss\n";
  if (!times.empty()) {
    base::Duration sum{0};
    for (const base::Duration time : times) sum += time;
    text += "round-trip min/avg/max = " + milliseconds(*std::min_element(times.begin(), times.end())) + "/" +
            milliseconds(sum / static_cast<std::int64_t>(times.size())) + "/" +
            milliseconds(*std::max_element(times.begin(), times.end())) + " ms\n";
  }
  c.out(std::move(text));
  co_return times.empty() ? 1 : 0;
}

asio::awaitable<int> sleep(Command& c) {
  if (c.args.size() < 2) co_return c.fail("missing operand");
  base::Duration total{0};
  for (std::size_t i = 1; i < c.args.size(); ++i) {
    std::string text = c.args[i];
    if (text == "infinity" || text == "inf") text = "31536000";
    double factor = 1;
    if (!text.empty() && std::string_view("smhd").find(text.back()) != std::string_view::npos) {
      factor = text.back() == 'm' ? 60 : text.back() == 'h' ? 3600 : text.back() == 'd' ? 86400 : 1;
      text.pop_back();
    }
    const std::size_t dot = text.find('.');
    const auto whole = base::parse_unsigned(text.substr(0, dot));
    const std::string fraction = dot == std::string::npos ? "" : text.substr(dot + 1, 9);
    const auto part = fraction.empty() ? std::optional<std::uint64_t>(0) : base::parse_unsigned(fraction);
    if (!whole || !part || *whole > 1000000000)
      co_return c.fail(c.busybox() ? "invalid number '" + c.args[i] + "'"
                                   : "invalid time interval '" + c.args[i] + "'");
    const double seconds = (static_cast<double>(*whole) +
                            static_cast<double>(*part) / std::pow(10.0, static_cast<double>(fraction.size()))) *
                           factor;
    total += std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(std::min(seconds, 3e9)));
  }
  co_await base::sleep_for(c.process->clock(), total);
  co_return 0;
}

int env(Command& c) {
  std::string text;
  if (c.args[0] == "printenv" && c.args.size() > 1) {
    const auto found = c.env.find(c.args[1]);
    if (found == c.env.end()) return 1;
    c.out(found->second + "\n");
    return 0;
  }
  for (const auto& [name, value] : c.env) text += name + "=" + value + "\n";
  c.out(std::move(text));
  return 0;
}

int date(Command& c) {
  const base::TimePoint now = c.process->clock().now();
  const std::string iso = base::to_rfc3339(now);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (c.args.size() > 1 && c.args.back() == "+%s") {
    c.out(std::to_string(seconds) + "\n");
    return 0;
  }
  if (c.args.size() > 1 && c.args.back().starts_with('+')) {
    std::string text = c.args.back().substr(1);
    const std::pair<const char*, std::string> parts[] = {
        {"%Y", iso.substr(0, 4)},  {"%m", iso.substr(5, 2)},  {"%d", iso.substr(8, 2)},
        {"%H", iso.substr(11, 2)}, {"%M", iso.substr(14, 2)}, {"%S", iso.substr(17, 2)},
        {"%F", iso.substr(0, 10)}, {"%T", iso.substr(11, 8)}, {"%s", std::to_string(seconds)}};
    for (const auto& [from, to] : parts) text = base::replace_all(text, from, to);
    c.out(text + "\n");
    return 0;
  }
  static const char* const kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static const char* const kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto month = base::parse_unsigned(iso.substr(5, 2)).value_or(1);
  const auto day = base::parse_unsigned(iso.substr(8, 2)).value_or(1);
  c.out(std::string(kDays[(seconds / 86400) % 7]) + " " + kMonths[(month - 1) % 12] + (day < 10 ? "  " : " ") +
        std::to_string(day) + " " + iso.substr(11, 8) + " UTC " + iso.substr(0, 4) + "\n");
  return 0;
}

int hostname(Command& c) {
  const bool address = c.args.size() > 1 && (c.args[1] == "-i" || c.args[1] == "-I");
  c.out((address ? c.process->spec().pod_ip : c.process->spec().host_name) + "\n");
  return 0;
}

int id(Command& c) {
  if (c.args[0] == "whoami") c.out("root\n");
  else if (c.args.size() > 1) c.out("0\n");
  else
    c.out(c.busybox() ? "uid=0(root) gid=0(root) groups=0(root),10(wheel)\n"
                      : "uid=0(root) gid=0(root) groups=0(root)\n");
  return 0;
}

int uname(Command& c) {
  if (c.args.size() > 1 && c.args[1] == "-n") c.out(c.process->spec().host_name + "\n");
  else if (c.args.size() > 1 && c.args[1] == "-r") c.out("6.1.0\n");
  else if (c.args.size() > 1 && c.args[1] == "-m") c.out("x86_64\n");
  else if (c.args.size() > 1 && c.args[1] == "-a")
    c.out("Linux " + c.process->spec().host_name + " 6.1.0 #1 SMP x86_64 GNU/Linux\n");
  else c.out("Linux\n");
  return 0;
}

int pwd(Command& c) {
  c.out(c.cwd + "\n");
  return 0;
}

int ps(Command& c) {
  std::string main_program;
  for (const std::string& word : c.process->spec().argv) main_program += (main_program.empty() ? "" : " ") + word;
  c.out("PID   USER     TIME  COMMAND\n    1 root      0:00 " + main_program + "\n");
  return 0;
}

int yes(Command&) { return 0; }
int no(Command&) { return 1; }

/// A task that waits for its end.
asio::awaitable<void> forever(base::Clock& clock) {
  for (;;) co_await base::sleep_for(clock, 24h * 365);
}

asio::awaitable<int> pause(Command& c) {
  co_await forever(c.process->clock());
  co_return 0;
}

asio::awaitable<int> nginx(Command& c) {
  const std::string stamp = base::replace_all(base::to_rfc3339(c.process->clock().now()).substr(0, 10), "-", "/") +
                            " " + base::to_rfc3339(c.process->clock().now()).substr(11, 8);
  c.out(
      "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n"
      "/docker-entrypoint.sh: Configuration complete; ready for start up\n");
  c.err(stamp + " [notice] 1#1: using the \"epoll\" event method\n" + stamp + " [notice] 1#1: nginx/1.25.3\n" + stamp +
        " [notice] 1#1: start worker processes\n");
  co_await forever(c.process->clock());
  co_return 0;
}

asio::awaitable<int> etcd(Command& c) {
  const std::string now = base::to_rfc3339_micro(c.process->clock().now());
  const std::string stamp = now.substr(0, 10) + " " + now.substr(11, 15);
  c.err(stamp + " I | etcdmain: etcd Version: 3.1.3\n" + stamp + " I | etcdmain: Git SHA: 21fdcc6\n" + stamp +
        " I | embed: ready to serve client requests\n");
  co_await forever(c.process->clock());
  co_return 0;
}

}  // namespace

const std::vector<CommandRow>& system_commands() {
  static const std::vector<CommandRow> rows = {{"df", df},
                                               {"mount", mount},
                                               {"ping", nullptr, ping},
                                               {"sleep", nullptr, sleep},
                                               {"env", env},
                                               {"printenv", env},
                                               {"date", date},
                                               {"hostname", hostname},
                                               {"id", id},
                                               {"whoami", id},
                                               {"uname", uname},
                                               {"pwd", pwd},
                                               {"ps", ps},
                                               {"true", yes},
                                               {"false", no},
                                               {"sync", yes},
                                               {"pause", nullptr, pause},
                                               {"nginx", nullptr, nginx},
                                               {"etcd", nullptr, etcd},
                                               {"sh", nullptr, run_shell},
                                               {"bash", nullptr, run_shell},
                                               {"ash", nullptr, run_shell}};
  return rows;
}

}  // namespace k8s_fake
