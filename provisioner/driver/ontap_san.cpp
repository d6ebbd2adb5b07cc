#include "provisioner/driver/ontap_san.h"

#include <algorithm>

#include "provisioner/base/text.h"
#include "provisioner/driver/ontap_driver.h"

namespace provisioner {

namespace {

using boost::asio::awaitable;
using zapi::Element;
using zapi::Scope;

constexpr int kMinorExactSize = 110;
constexpr int kInitiatorThere = 9008;
constexpr const char* kFileSystemAttribute = "com.netapp.ndvp.fstype";

/// A LUN as large as its FlexVol would go offline when its blocks are rewritten under a snapshot: a tenth more.
std::uint64_t with_head_room(std::uint64_t lun_bytes) { return lun_bytes + lun_bytes / 10; }
std::string lun_path(const std::string& volume) { return "/vol/" + volume + "/lun0"; }

class OntapSan final : public OntapDriver {
 public:
  OntapSan(const DriverContext& context, OntapConfig config)
      : OntapDriver(context, std::move(config), Protocol::block) {}

  awaitable<Result<void>> start() override {
    std::string& group = array_.config.options["igroupName"];
    if (group.empty() || group == "netappdvp") group = "trident";
    if (auto started = co_await array_.start("ontapsan_"); !started) co_return started;
    const auto groups = co_await array_.zapi.list(Element("igroup-get-iter"), Scope::svm);
    if (!groups) co_return groups.error().to_error("error reading the initiator groups");
    const bool there = std::ranges::any_of(*groups, [&](const Element& entry) {
      const std::string svm = entry.get("vserver");
      return entry.get("initiator-group-name") == group && (svm.empty() || svm == array_.config.option("svm"));
    });
    if (array_.config.option("manageIgroup") == "true") co_return co_await manage_group(group, there);
    if (!there) {
      co_return Error{ErrorKind::invalid,
                      "initiator group " + group + " was not found on SVM " + array_.config.option("svm") +
                          "; create it by hand and add the initiators of all hosts, or set manageIgroup"};
    }
    array_.log.warning("Make sure that the initiator group has the initiators of all hosts.", {{"igroup", group}});
    co_return Result<void>();
  }

  awaitable<Result<Made>> create(CreateSpec spec) override {
    if (auto fits = check_size(array_.config, spec.size_bytes); !fits) co_return fits.error();
    const std::string system = base::to_lower(spec.config.file_system.empty() ? array_.config.fallback("fileSystemType")
                                                                              : spec.config.file_system);
    if (system != "xfs" && system != "ext3" && system != "ext4") {
      co_return Error{ErrorKind::invalid,
                      "unsupported fileSystemType: \"" + system + "\"; supported are xfs, ext3 and ext4"};
    }
    if (!spec.clone_of.empty()) {
      const auto clone = co_await array_.ensure_clone(spec, "");
      if (!clone) co_return clone.error();
      co_return co_await finished(spec, system);
    }
    auto order = array_.order_for(spec);
    if (!order) co_return order.error();
    order->size_bytes = with_head_room(spec.size_bytes);
    if (order->snapshot_reserve.empty()) order->snapshot_reserve = "0";
    const auto volume = co_await array_.ensure(*order);
    if (!volume) co_return volume.error();
    if (const auto made = co_await make_lun(spec.internal_name, spec.size_bytes); !made)
      co_return co_await undone(spec, made.error());
    Element attribute("lun-set-attribute");
    attribute.with("name", kFileSystemAttribute).with("path", lun_path(spec.internal_name)).with("value", system);
    if (const auto set = co_await array_.zapi.call(attribute, Scope::svm); !set) {
      co_return co_await undone(
          spec, set.error().to_error("error setting the file system attribute of LUN " + lun_path(spec.internal_name)));
    }
    co_return co_await finished(spec, system);
  }

  awaitable<Result<void>> destroy(DestroySpec spec) override {
    if (spec.owner) {  // only what is ours: look before the LUN is touched
      const auto volume = co_await array_.find(spec.internal_name);
      if (!volume) co_return volume.error();
      if (*volume && (*volume)->owner() != spec.owner) co_return co_await array_.destroy(std::move(spec));
    }
    // A parent of clones cannot go; its LUN must not go without it.
    if (const auto free = co_await without_clones(spec.internal_name); !free) co_return free.error();
    Element offline("lun-offline");
    offline.with("path", lun_path(spec.internal_name));
    co_await warned(offline);
    Element destroy_lun("lun-destroy");
    destroy_lun.with("path", lun_path(spec.internal_name));
    co_await warned(destroy_lun);
    co_return co_await array_.destroy(std::move(spec));
  }

  /// The size is the LUN's.
  awaitable<Result<std::optional<ArrayVolume>>> find(std::string name) override {
    auto seen = co_await OntapDriver::find(name);
    if (!seen || !*seen) co_return seen;
    const auto size = co_await lun_size(name);
    if (size && *size > 0) (*seen)->size_bytes = *size;
    co_return seen;
  }

  awaitable<Result<void>> resize(std::string name, std::uint64_t size_bytes) override {
    if (auto fits = check_size(array_.config, size_bytes); !fits) co_return fits.error();
    if (auto grown = co_await array_.resize(name, with_head_room(size_bytes)); !grown) co_return grown;
    Element request("lun-resize");
    request.with("path", lun_path(name)).with("size", std::to_string(size_bytes));
    const auto reply = co_await array_.zapi.call(request, Scope::svm);
    constexpr int kSameSize = 9042;
    if (!reply && reply.error().code != kSameSize)
      co_return reply.error().to_error("error resizing LUN " + lun_path(name));
    co_return Result<void>();
  }

 protected:
  awaitable<Result<Made>> publish(FlexVol volume, ImportSpec spec, bool untouched) override {
    const auto size = co_await lun_size(volume.name);
    if (!size) co_return size.error();
    if (*size == 0) co_return Error{ErrorKind::invalid, "volume " + volume.name + " has no LUN lun0"};
    auto made = co_await mapped(volume.name, !untouched);
    if (!made) co_return made.error();
    made->size_bytes = *size;
    made->file_system = spec.config.file_system;
    co_return made;
  }

 private:
  awaitable<Result<void>> without_clones(std::string name) {
    const Element parent("volume-clone-parent-attributes", {Element("name", name)});
    Element request("volume-get-iter");
    request.with(Element("query", {Element("volume-attributes", {Element("volume-clone-attributes", {parent})})}));
    const auto clones = co_await array_.zapi.list(request, Scope::svm);
    if (!clones) co_return clones.error().to_error("error looking for clones of volume " + name);
    if (clones->empty()) co_return Result<void>();
    co_return Error{ErrorKind::conflict, "volume " + name + " has clones; delete or split them first"};
  }
  /// Makes the group if need be and adds the initiators that the backend file names.
  awaitable<Result<void>> manage_group(std::string group, bool there) {
    if (!there) {
      Element request("igroup-create");
      request.with("initiator-group-name", group).with("initiator-group-type", "iscsi").with("os-type", "linux");
      const auto made = co_await array_.zapi.call(request, Scope::svm);
      if (!made && made.error().code != zapi::code::kIgroupExists)
        co_return made.error().to_error("error creating initiator group " + group);
    }
    const std::string initiators = array_.config.option("igroupInitiators");
    for (const std::string_view part : base::split(initiators, ',')) {
      const std::string initiator(base::trim(part));
      if (initiator.empty()) continue;
      Element request("igroup-add");
      request.with("initiator", initiator).with("initiator-group-name", group);
      const auto added = co_await array_.zapi.call(request, Scope::svm);
      if (!added && added.error().code != kInitiatorThere)
        co_return added.error().to_error("error adding " + initiator + " to initiator group " + group);
    }
    co_return Result<void>();
  }
  /// Failures of best-effort steps are worth a warning, unless what is to go has gone already.
  awaitable<void> warned(Element request) {
    const auto reply = co_await array_.zapi.call(request, Scope::svm);
    if (!reply && reply.error().kind != ErrorKind::not_found) {
      array_.log.warning("A step of deleting a LUN failed.",
                         {{"call", request.name}, {"path", request.get("path")}, {"error", reply.error().message}});
    }
  }
  awaitable<Result<std::uint64_t>> lun_size(std::string volume) {
    Element request("lun-get-iter");
    request.with(Element("query", {Element("lun-info", {Element("path", lun_path(volume))})}));
    const auto luns = co_await array_.zapi.list(request, Scope::svm);
    if (!luns) co_return luns.error().to_error("error reading LUN " + lun_path(volume));
    if (luns->empty()) co_return std::uint64_t{0};
    co_return base::parse_unsigned(luns->front().get("size")).value_or(0);
  }
  awaitable<Result<void>> make_lun(std::string volume, std::uint64_t size_bytes) {
    Element request("lun-create-by-size");
    request.with("ostype", "linux")
        .with("path", lun_path(volume))
        .with("size", std::to_string(size_bytes))
        .with("space-reservation-enabled", "false");
    if (array_.api_minor >= kMinorExactSize) request.with("use-exact-size", "true");
    const auto reply = co_await array_.zapi.call(request, Scope::svm);
    if (reply) co_return Result<void>();
    if (reply.error().code != zapi::code::kLunExists)
      co_return reply.error().to_error("error creating LUN " + lun_path(volume));
    const auto size = co_await lun_size(volume);
    if (!size) co_return size.error();
    if (*size < size_bytes)
      co_return Error{ErrorKind::invalid,
                      "LUN " + lun_path(volume) + " exists with another size, " + std::to_string(*size)};
    co_return Result<void>();
  }
  awaitable<Result<Made>> mapped(std::string volume, bool may_map) {
    Made made;
    made.access.iscsi_target_portal = array_.config.option("dataLIF");
    for (const std::string& address : array_.data_addresses) {
      if (address != made.access.iscsi_target_portal) made.access.iscsi_portals.push_back(address);
    }
    made.access.iscsi_igroup = array_.config.option("igroupName");
    const auto services = co_await array_.zapi.list(Element("iscsi-service-get-iter"), Scope::svm);
    if (!services) co_return services.error().to_error("error reading the iSCSI service");
    for (const Element& service : *services) {
      const std::string svm = service.get("vserver");
      if (svm.empty() || svm == array_.config.option("svm")) made.access.iscsi_target_iqn = service.get("node-name");
    }
    if (made.access.iscsi_target_iqn.empty())
      co_return Error{ErrorKind::invalid, "SVM " + array_.config.option("svm") + " has no iSCSI service"};
    Element asked("lun-map-list-info");
    asked.with("path", lun_path(volume));
    const auto maps = co_await array_.zapi.call(asked, Scope::svm);
    if (!maps) co_return maps.error().to_error("error reading the maps of LUN " + lun_path(volume));
    std::string number;
    if (const Element* groups = maps->find("initiator-groups")) {
      for (const Element& group : groups->children) {
        if (group.get("initiator-group-name") == made.access.iscsi_igroup) number = group.get("lun-id");
      }
    }
    if (number.empty() && !may_map)
      co_return Error{ErrorKind::invalid,
                      "LUN " + lun_path(volume) + " is not mapped to initiator group " + made.access.iscsi_igroup};
    if (number.empty()) {
      Element map("lun-map");
      map.with("initiator-group", made.access.iscsi_igroup).with("path", lun_path(volume));
      const auto reply = co_await array_.zapi.call(map, Scope::svm);
      if (!reply) co_return reply.error().to_error("error mapping LUN " + lun_path(volume));
      number = reply->get("lun-id-assigned");
    }
    made.access.iscsi_lun_number = static_cast<std::int32_t>(base::parse_unsigned(number).value_or(0));
    co_return made;
  }
  awaitable<Result<Made>> finished(CreateSpec spec, std::string file_system) {
    auto made = co_await mapped(spec.internal_name, true);
    if (!made) co_return co_await undone(spec, made.error());
    made->size_bytes = spec.size_bytes;
    made->file_system = file_system;
    co_return made;
  }
  awaitable<Result<Made>> undone(CreateSpec spec, Error why) {
    if (why.kind == ErrorKind::unavailable || why.kind == ErrorKind::unknown_outcome) co_return left_behind(why);
    DestroySpec gone;
    gone.internal_name = spec.internal_name;
    gone.owner = spec.owner;
    if (!spec.clone_of.empty() && spec.clone_snapshot.empty()) gone.clone_of = spec.clone_of;
    const auto destroyed = co_await destroy(gone);
    if (destroyed) co_return why;
    why.message += "; cleaning up failed: " + destroyed.error().message;
    co_return left_behind(why);
  }
};

}  // namespace

Result<std::unique_ptr<Driver>> make_ontap_san(const DriverContext& context, const Json& config) {
  auto parsed = parse_ontap(config);
  if (!parsed) return parsed.error();
  return Result<std::unique_ptr<Driver>>(std::make_unique<OntapSan>(context, std::move(*parsed)));
}

}  // namespace provisioner
