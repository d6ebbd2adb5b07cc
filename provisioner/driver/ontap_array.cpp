#include "provisioner/driver/ontap_array.h"

#include <algorithm>
#include <set>

#include "provisioner/base/text.h"
#include "provisioner/core/json.h"
#include "provisioner/core/name_table.h"
#include "provisioner/core/size.h"

namespace provisioner {

using boost::asio::awaitable;
using zapi::Element;
using zapi::Scope;

namespace {

constexpr int kMinorMin = 30;        // ONTAPI 1.30 = 8.3
constexpr int kMinorShowAggr = 100;  // 9.0
constexpr std::size_t kCommentMax = 1023;

Error wrapped(const std::string& what, const zapi::Failure& failure) { return failure.to_error(what); }

zapi::Login login_of(const OntapConfig& config) {
  zapi::Login login;
  login.address = config.option("managementLIF");
  login.user = config.option("username");
  login.password = config.option("password");
  login.svm = config.option("svm");
  login.ca_pem = config.option("trustedCACertificate");
  if (!login.ca_pem.empty() && !login.ca_pem.starts_with("-----"))
    login.ca_pem = base::base64_decode(login.ca_pem).value_or(login.ca_pem);
  return login;
}

}  // namespace

std::string owner_comment(const Owner& owner, const VolumeConfig& config) {
  Json tag;
  tag["provisioner"] = "drydock";
  tag["owner"] = owner.instance;
  tag["volume"] = owner.volume;
  Json whole = tag;
  whole["config"] = to_json(config);
  std::string text = whole.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= kCommentMax ? text : tag.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::optional<Owner> owner_from_comment(const std::string& comment) {
  if (!comment.starts_with('{')) return std::nullopt;
  const auto json = parse_json(comment);
  if (!json || json->value("provisioner", Json()) != "drydock") return std::nullopt;
  const Json* owner = member(*json, "owner");
  const Json* volume = member(*json, "volume");
  if (owner == nullptr || volume == nullptr || !owner->is_string() || !volume->is_string()) return std::nullopt;
  return Owner{owner->get<std::string>(), volume->get<std::string>()};
}

std::optional<Owner> FlexVol::owner() const { return owner_from_comment(comment); }

std::string clone_snapshot_name(const std::string& internal_name) { return "for_" + internal_name; }

OntapArray::OntapArray(const DriverContext& given, OntapConfig configuration, Protocol protocol)
    : context(given),
      config(std::move(configuration)),
      log(given.logger),
      zapi(given.executor, given.clock, given.transport, given.logger, login_of(config)),
      locks_(given.executor) {
  facts.type = config.common.driver;
  facts.protocol = protocol;
  const auto api = config.common.trace.find("api");
  zapi.set_tracing(api != config.common.trace.end() && api->second);
}

awaitable<Result<void>> OntapArray::start(std::string name_prefix) {
  facts.pools.clear();
  if (auto done = co_await find_svm(); !done) co_return done.error();
  if (auto done = co_await read_version(); !done) co_return done.error();
  co_await read_serials();
  if (auto done = co_await find_data_lif(); !done) co_return done.error();
  facts.backend_name =
      config.option("backendName").empty() ? name_prefix + config.option("dataLIF") : config.option("backendName");
  if (auto done = co_await read_pools(); !done) co_return done.error();
  co_await log_event("initialized");
  co_await heartbeat();
  co_return Result<void>();
}

awaitable<Result<void>> OntapArray::find_svm() {
  if (!config.option("svm").empty()) co_return Result<void>();
  const auto records = co_await zapi.list(Element("vserver-get-iter"), Scope::untunnelled);
  if (!records)
    co_return wrapped("cannot derive the SVM to use, please specify svm in the backend configuration", records.error());
  if (records->size() != 1) {
    co_return Error{ErrorKind::invalid, "cannot derive the SVM to use: the login sees " +
                                            std::to_string(records->size()) +
                                            " of them; please specify svm in the backend configuration"};
  }
  config.options["svm"] = records->front().get("vserver-name");
  zapi.set_svm(config.option("svm"));
  log.debug("Derived the SVM.", {{"svm", config.option("svm")}});
  co_return Result<void>();
}

awaitable<Result<void>> OntapArray::read_version() {
  const auto reply = co_await zapi.call(Element("system-get-ontapi-version"), Scope::svm);
  if (!reply) co_return wrapped("could not determine the Data ONTAP API version", reply.error());
  const auto major = base::parse_unsigned(reply->get("major-version"));
  const auto minor = base::parse_unsigned(reply->get("minor-version"));
  if (!major || !minor)
    co_return Error{ErrorKind::invalid, "could not determine the Data ONTAP API version: the reply has none"};
  if (*major != 1 || *minor < kMinorMin) {
    co_return Error{ErrorKind::invalid, "Data ONTAP 8.3 or later is required; the array speaks ONTAPI " +
                                            std::to_string(*major) + "." + std::to_string(*minor)};
  }
  api_minor = static_cast<int>(*minor);
  co_return Result<void>();
}

awaitable<void> OntapArray::read_serials() {
  Element request("system-node-get-iter");
  request.with(Element("desired-attributes", {Element("node-details-info", {Element("node-serial-number")})}));
  const auto records = co_await zapi.list(request, Scope::untunnelled);
  serials_.clear();
  if (!records) {
    log.warning("Could not read the node serial numbers.", {{"error", records.error().message}});
    co_return;
  }
  for (const Element& node : *records) {
    if (std::string serial = node.get("node-serial-number"); !serial.empty()) serials_.push_back(std::move(serial));
  }
}

awaitable<Result<void>> OntapArray::find_data_lif() {
  const char* protocol = facts.protocol == Protocol::file ? "nfs" : "iscsi";
  const std::string label = facts.protocol == Protocol::file ? "NFS" : "iSCSI";
  const auto records = co_await zapi.list(Element("net-interface-get-iter"), Scope::svm);
  if (!records) co_return wrapped("error checking network interfaces", records.error());
  data_addresses.clear();
  for (const Element& lif : *records) {
    const Element* protocols = lif.find("data-protocols");
    if (protocols == nullptr || lif.get("address").empty()) continue;
    const bool speaks = std::ranges::any_of(protocols->children,
                                            [&](const Element& entry) { return base::trim(entry.text) == protocol; });
    if (speaks) data_addresses.push_back(lif.get("address"));
  }
  const std::string wanted = config.option("dataLIF");
  if (data_addresses.empty() ||
      (!wanted.empty() && std::ranges::find(data_addresses, wanted) == data_addresses.end())) {
    const std::string which = wanted.empty() ? "" : " with address " + wanted;
    co_return Error{ErrorKind::invalid,
                    "could not find " + label + " data LIF" + which + " on SVM " + config.option("svm")};
  }
  if (wanted.empty()) config.options["dataLIF"] = data_addresses.front();
  co_return Result<void>();
}

awaitable<Result<void>> OntapArray::read_pools() {
  const std::string svm = config.option("svm");
  Element request("vserver-get-iter");
  request.with(Element("query", {Element("vserver-info", {Element("vserver-name", svm)})}));
  const auto records = co_await zapi.list(request, Scope::svm);
  if (!records) co_return wrapped("could not read the aggregates of SVM " + svm, records.error());
  if (records->empty()) co_return Error{ErrorKind::invalid, "SVM " + svm + " was not found"};
  std::vector<std::string> names;
  if (const Element* list = records->front().find("vserver-aggr-info-list")) {
    for (const Element& aggregate : list->children) {
      if (std::string name = aggregate.get("aggr-name"); !name.empty()) names.push_back(std::move(name));
    }
  }
  if (names.empty()) co_return Error{ErrorKind::invalid, "SVM " + svm + " has no assigned aggregates"};
  std::ranges::sort(names);
  aggregates_ = names;
  media_ = co_await read_media();
  Offers common;
  common["backendType"] = std::vector<std::string>{facts.type};
  common["snapshots"] = facts.type != "ontap-nas-economy";
  common["encryption"] = api_minor >= kMinorEncryption;
  common["provisioningType"] = std::vector<std::string>{"thick", "thin"};
  const auto place = [](Offers& offers, const std::string& region, const std::string& zone, const Labels& labels) {
    if (!region.empty()) offers["region"] = std::vector<std::string>{region};
    if (!zone.empty()) offers["zone"] = std::vector<std::string>{zone};
    if (!labels.empty()) offers["labels"] = labels;
  };
  for (std::size_t i = 0; i < config.pools.size(); ++i) {
    Offers offers = common;
    std::set<std::string> kinds;
    for (const auto& [name, kind] : media_) kinds.insert(kind);
    if (without_encryption_.size() == names.size()) offers["encryption"] = false;
    if (!kinds.empty()) offers["media"] = std::vector<std::string>(kinds.begin(), kinds.end());
    place(offers, config.pools[i].region, config.pools[i].zone, config.pools[i].labels);
    facts.pools.push_back({facts.backend_name + "_pool_" + std::to_string(i), std::move(offers)});
  }
  for (const std::string& name : names) {
    if (!config.pools.empty()) break;
    Offers offers = common;
    if (without_encryption_.contains(name)) offers["encryption"] = false;
    if (const auto kind = media_.find(name); kind != media_.end())
      offers["media"] = std::vector<std::string>{kind->second};
    place(offers, config.option("region"), config.option("zone"), config.labels);
    facts.pools.push_back({name, std::move(offers)});
  }
  co_return Result<void>();
}

awaitable<std::map<std::string, std::string>> OntapArray::read_media() {
  const bool show = api_minor >= kMinorShowAggr;
  const Element request(show ? "vserver-show-aggr-get-iter" : "aggr-get-iter");
  const auto records = co_await zapi.list(request, show ? Scope::svm : Scope::untunnelled);
  std::map<std::string, std::string> media;
  if (!records) {
    // Without the privilege pools simply stay without a medium; anything else is worth the same warning.
    log.warning("Could not read the media types of the aggregates; pools will not offer \"media\".",
                {{"error", records.error().message}});
    co_return media;
  }
  without_encryption_.clear();
  for (const Element& aggregate : *records) {
    const std::string name = aggregate.get("aggregate-name");
    if (aggregate.get("is-nve-capable") == "false") without_encryption_.insert(name);
    const std::string type = aggregate.get(show ? "aggregate-type" : "aggr-raid-attributes/aggregate-type");
    if (type == "hdd" || type == "hybrid" || type == "ssd") media[name] = type;
    else log.warning("Aggregate has an unknown media type.", {{"aggregate", name}, {"mediaType", type}});
  }
  co_return media;
}

awaitable<Result<std::map<std::string, std::uint64_t>>> OntapArray::free_space() {
  const bool show = api_minor >= kMinorShowAggr;
  const Element request(show ? "vserver-show-aggr-get-iter" : "aggr-get-iter");
  const auto records = co_await zapi.list(request, show ? Scope::svm : Scope::untunnelled);
  if (!records) co_return wrapped("could not read the free space of the aggregates", records.error());
  std::map<std::string, std::uint64_t> bytes;
  std::uint64_t sum = 0;
  for (const Element& aggregate : *records) {
    const std::string name = aggregate.get("aggregate-name");
    const std::string text = aggregate.get(show ? "available-size" : "aggr-space-attributes/size-available");
    const auto free = base::parse_unsigned(text);
    if (!free || std::ranges::find(aggregates_, name) == aggregates_.end()) continue;
    bytes[name] = *free;
    sum += *free;
  }
  if (config.pools.empty() || bytes.empty()) co_return bytes;
  std::map<std::string, std::uint64_t> shared;
  for (const PoolInfo& pool : facts.pools) shared[pool.name] = sum;
  co_return shared;
}

awaitable<void> OntapArray::log_event(std::string category) {
  std::string extended = "trident-" + context.version;
  if (!context.kubernetes_version.empty()) extended += " " + context.kubernetes_version;
  std::string text = "drydock " + facts.type + " docker volume plugin" +
                     (category == "initialized" ? " initialized" : "") + ", version " + context.version + " [" +
                     extended + "] build stable";
  if (category == "heartbeat") text += ", SVM[" + config.option("svm") + "], StoragePrefix[" + prefix() + "]";
  Element request("ems-autosupport-log");
  request.with("app-version", "1")
      .with("auto-support", "false")
      .with("category", category)
      .with("computer-name", context.host_name);
  request.with("event-description", text)
      .with("event-id", "1")
      .with("event-source", "netappdvp")
      .with("log-level", "5");
  const auto reply = co_await zapi.call(request, Scope::svm);
  if (!reply)
    log.warning("Could not write to the array's event log.",
                {{"category", category}, {"error", reply.error().message}});
}

awaitable<void> OntapArray::heartbeat() {
  const base::TimePoint now = context.clock.now();
  if (now < next_heartbeat_) co_return;
  double hours = 24;
  if (const std::string& text = config.option("usageHeartbeat"); !text.empty()) {
    char* end = nullptr;
    const double parsed = std::strtod(text.c_str(), &end);
    if (*end == '\0') hours = parsed;
    else log.warning("Invalid usageHeartbeat, using 24 hours.", {{"usageHeartbeat", text}});
  }
  if (!(hours > 0) || hours > 24.0 * 365 * 100) {
    next_heartbeat_ = base::TimePoint::max();
    co_return;
  }
  next_heartbeat_ = now + std::chrono::seconds(static_cast<long>(hours * 3600));
  co_await log_event("heartbeat");
}

awaitable<Result<void>> OntapArray::check() {
  const auto reply = co_await zapi.call(Element("system-get-ontapi-version"), Scope::svm);
  if (!reply) co_return wrapped("the array does not answer", reply.error());
  co_return Result<void>();
}

Json OntapArray::config_view() const {
  Json json;
  json["version"] = config.common.version;
  json["storageDriverName"] = config.common.driver;
  json["storagePrefix"] = prefix();
  json["serialNumbers"] = serials_;
  for (const char* key : {"managementLIF", "dataLIF", "igroupName", "svm"}) json[key] = config.option(key);
  return json;
}

const VirtualPool* OntapArray::virtual_pool(const std::string& name) const {
  for (std::size_t i = 0; i < config.pools.size(); ++i) {
    if (facts.pools[i].name == name) return &config.pools[i];
  }
  return nullptr;
}

Result<FlexVolOrder> OntapArray::order_for(const CreateSpec& spec) const {
  const VirtualPool* pool = virtual_pool(spec.pool);
  const auto fallback = [&](std::string_view key) {
    return pool == nullptr ? config.fallback(key) : pool->defaults.find(key)->second;
  };
  const auto chosen = [&](const std::string& wanted, std::string_view key) {
    return wanted.empty() ? fallback(key) : wanted;
  };
  FlexVolOrder order;
  order.name = spec.internal_name;
  order.aggregate = spec.pool;
  order.size_bytes = spec.size_bytes;
  order.owner = spec.owner;
  order.comment = owner_comment(spec.owner, spec.config);
  order.space_reserve = fallback("spaceReserve");
  order.snapshot_policy = chosen(spec.config.snapshot_policy, "snapshotPolicy");
  order.snapshot_reserve = chosen(spec.config.snapshot_reserve, "snapshotReserve");
  order.unix_permissions = chosen(spec.config.unix_permissions, "unixPermissions");
  order.export_policy = chosen(spec.config.export_policy, "exportPolicy");
  order.security_style = fallback("securityStyle");
  const std::string directory = chosen(spec.config.snapshot_directory, "snapshotDir");
  if (!parse_bool(directory, order.snapshot_directory)) {
    return Error{ErrorKind::invalid, "invalid boolean value for snapshotDir: \"" + directory + "\""};
  }
  if (const auto type = spec.requests.find("provisioningType"); type != spec.requests.end()) {
    const std::string text = to_text(type->second);
    if (text == "thin") order.space_reserve = "none";
    else if (text == "thick") order.space_reserve = "volume";
    else log.warning("Expected thin or thick as provisioningType; ignored.", {{"provisioningType", text}});
  }
  std::string encryption = chosen(spec.config.encryption, "encryption");
  if (const auto wanted = spec.requests.find("encryption");
      spec.config.encryption.empty() && wanted != spec.requests.end() && to_text(wanted->second) == "true") {
    encryption = "true";
  }
  if (!parse_bool(encryption, order.encryption))
    return Error{ErrorKind::invalid, "invalid boolean value for encryption: \"" + encryption + "\""};
  if (order.encryption && api_minor < kMinorEncryption)
    return Error{ErrorKind::invalid, "encrypted volumes are not supported before ONTAP 9.1"};
  if (pool == nullptr) return order;
  const auto wanted = spec.requests.find("media");
  for (const std::string& name : aggregates_) {
    const auto kind = media_.find(name);
    if (wanted == spec.requests.end() || (kind != media_.end() && to_text(wanted->second) == kind->second))
      order.aggregates.push_back(name);
  }
  if (order.aggregates.empty()) return Error{ErrorKind::invalid, "no aggregate fits virtual pool " + spec.pool};
  // Spread by name, so that a repeat after a crash begins where the first try did.
  const auto first = static_cast<std::ptrdiff_t>(fnv(spec.internal_name) % order.aggregates.size());
  std::rotate(order.aggregates.begin(), order.aggregates.begin() + first, order.aggregates.end());
  order.aggregate = order.aggregates.front();
  return order;
}

Result<void> check_size(const OntapConfig& config, std::uint64_t size_bytes) {
  const std::string asked = "requested volume size (" + std::to_string(size_bytes) + " bytes)";
  if (size_bytes < kOntapVolumeMin) {
    return Error{ErrorKind::invalid,
                 asked + " is too small; the minimum volume size is " + std::to_string(kOntapVolumeMin) + " bytes"};
  }
  const std::string& limit = config.option("limitVolumeSize");
  if (limit.empty()) return {};
  const auto most = parse_size(limit);
  if (most && size_bytes > *most)
    return Error{ErrorKind::invalid, asked + " is above the backend's limitVolumeSize (" + limit + ")"};
  return {};
}

}  // namespace provisioner
