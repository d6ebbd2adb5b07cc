#include "provisioner/tridentctl/later.h"

#include "provisioner/base/http/message.h"
#include "provisioner/base/text.h"
#include "provisioner/kube/yaml.h"

namespace provisioner::tridentctl {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

std::string field(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return {};
  const Json& value = object[key];
  return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : value.dump();
}

std::string encoded(const std::string& name) { return base::http::percent_encode(name); }

/// The answer's object when it has the expected status, else the error's text.
Result<Json> asked(const Context& context, const std::string& method, const std::string& target,
                   const std::string& body, int status, const std::string& what) {
  const auto answer = context.rest(method, target, body);
  if (!answer) return answer.error();
  if (answer->status != status)
    return Error{answer->status == 404 ? ErrorKind::not_found : ErrorKind::invalid, refusal(what, *answer)};
  Json json = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Error{ErrorKind::invalid, what + "The answer is not understood"};
  return json;
}

/// JSON and YAML of `items`, or the names, or a table.
void print(const Context& context, const std::vector<std::string>& header,
           const std::vector<std::vector<std::string>>& rows, const std::vector<std::string>& names,
           const Json& items) {
  const std::string format = context.format();
  Json all = Json::object();
  all["items"] = items;
  if (format == "json") context.host.out(to_go_json(all));
  else if (format == "yaml") context.host.out(to_go_yaml(all));
  else if (format == "name") context.host.out(names.empty() ? "" : base::join(names, "\n") + "\n");
  else context.host.out(table(header, rows));
}

int update_backend(Context& context) {
  if (context.parsed.args.size() != 1) return context.fail("exactly one backend name must be given");
  const auto body = backend_json(context);
  if (!body) return context.fail(body.error().message);
  const std::string name = context.parsed.args.front();
  if (context.mode == Mode::tunnel)
    return context.forward({"update", "backend", name, "--base64", base::base64_encode(*body)});
  const auto updated =
      asked(context, "POST", "/backend/" + encoded(name), *body, 200, "could not update backend " + name + ". ");
  if (!updated) return context.fail(updated.error().message);
  const Kind& kind = kind_named("backend");
  auto object = get_object(context, kind, field(*updated, "backend"));
  if (!object) return context.fail(object.error().message);
  print_objects(context, kind, {*object});
  return 0;
}

/// The claim's file as JSON; the server makes the claim.
Result<std::string> claim_json(const Context& context) {
  const std::string file = context.parsed.text("filename");
  const std::string given = context.parsed.text("base64");
  if (given.empty() && file.empty()) return Error{ErrorKind::invalid, "no PVC input file was specified"};
  Result<std::string> text = std::string();
  if (given.empty()) {
    text = context.host.read_file(file);
  } else if (const auto decoded = base::base64_decode(given)) {
    text = *decoded;
  } else {
    text = Error{ErrorKind::invalid, "the claim is not valid base64"};
  }
  if (!text) return text.error();
  const auto claim = provisioner::yaml_to_json(*text);
  if (!claim) return claim.error();
  return claim->dump();
}

int import_volume(Context& context) {
  if (context.parsed.args.size() != 2)
    return context.fail("accepts 2 arg(s), received " + std::to_string(context.parsed.args.size()));
  const auto claim = claim_json(context);
  if (!claim) return context.fail(claim.error().message);
  const std::string encoded_claim = base::base64_encode(*claim);
  if (context.mode == Mode::tunnel) {
    std::vector<std::string> words{"import", "volume", "--base64", encoded_claim};
    if (context.parsed.on("no-manage")) words.emplace_back("--no-manage");
    words.insert(words.end(), context.parsed.args.begin(), context.parsed.args.end());
    return context.forward(words);
  }
  Json request = Json::object();
  request["backend"] = context.parsed.args[0];
  request["internalName"] = context.parsed.args[1];
  request["noManage"] = context.parsed.on("no-manage");
  request["pvcData"] = encoded_claim;
  const auto made = asked(context, "POST", "/volume/import", request.dump(), 201, "could not import volume: ");
  if (!made) return context.fail(made.error().message);
  if (!made->contains("volume") || !(*made)["volume"].is_object())
    return context.fail("could not import volume: the answer is not understood");
  const Json volume = (*made)["volume"];
  print_objects(context, kind_named("volume"), {volume});
  return 0;
}

/// "ns/claim".
int explain_claim(Context& context) {
  const std::size_t slash = context.parsed.args.size() == 1 ? context.parsed.args[0].find('/') : std::string::npos;
  if (slash == std::string::npos) return context.fail("name one claim as NAMESPACE/NAME");
  const std::string claim = context.parsed.args.front();
  if (context.mode == Mode::tunnel) return context.forward({"explain", "pvc", claim});
  const auto body =
      asked(context, "GET", "/explain/" + encoded(claim.substr(0, slash)) + "/" + encoded(claim.substr(slash + 1)), "",
            200, "could not explain claim " + claim + ". ");
  if (!body) return context.fail(body.error().message);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> names;
  const Json pools = body->value("pools", Json::array());
  for (const Json& pool : pools) {
    rows.push_back({field(pool, "backend"), field(pool, "pool"), field(pool, "suitable"), field(pool, "reason")});
    if (field(pool, "suitable") == "true") names.push_back(field(pool, "backend") + ":" + field(pool, "pool"));
  }
  print(context, {"Backend", "Pool", "Suitable", "Reason"}, rows, names, pools);
  return 0;
}

Result<Json> snapshot_of(const Context& context, const std::string& id) {
  const std::size_t slash = id.find('/');
  if (slash == std::string::npos)
    return Error{ErrorKind::invalid, "\"" + id + "\" is no snapshot; name it as VOLUME/SNAPSHOT"};
  auto body = asked(context, "GET", "/snapshot/" + encoded(id.substr(0, slash)) + "/" + encoded(id.substr(slash + 1)),
                    "", 200, "could not get snapshot " + id + ". ");
  if (!body) return body.error();
  Json snapshot = body->value("snapshot", Json::object());
  return snapshot;
}

void print_snapshots(const Context& context, const std::vector<std::pair<std::string, Json>>& snapshots) {
  const bool wide = context.format() == "wide";
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> names;
  Json items = Json::array();
  for (const auto& [id, snapshot] : snapshots) {
    std::vector<std::string> row{id.substr(id.find('/') + 1), id.substr(0, id.find('/'))};
    if (wide) row.insert(row.end(), {field(snapshot, "created"), field(snapshot, "sizeBytes")});
    rows.push_back(std::move(row));
    names.push_back(id);
    items.push_back(snapshot);
  }
  const std::vector<std::string> narrow_header{"Name", "Volume"};
  const std::vector<std::string> wide_header{"Name", "Volume", "Created", "Size"};
  print(context, wide ? wide_header : narrow_header, rows, names, items);
}

int get_snapshots(Context& context) {
  const std::string volume = context.parsed.text("volume");
  if (context.mode == Mode::tunnel) {
    std::vector<std::string> words{"get", "snapshot"};
    words.insert(words.end(), context.parsed.args.begin(), context.parsed.args.end());
    if (!volume.empty()) words.insert(words.end(), {"--volume", volume});
    return context.forward(words);
  }
  std::vector<std::string> ids = context.parsed.args;
  if (ids.empty()) {
    const auto body = asked(context, "GET", volume.empty() ? "/snapshot" : "/volume/" + encoded(volume) + "/snapshot",
                            "", 200, "could not get snapshots. ");
    if (!body) return context.fail(body.error().message);
    const Json listed = body->value("snapshots", Json::array());
    for (const Json& id : listed) {
      if (id.is_string()) ids.push_back(id.get<std::string>());
    }
  }
  std::vector<std::pair<std::string, Json>> found;
  for (const std::string& id : ids) {
    auto snapshot = snapshot_of(context, id);
    if (!snapshot && context.parsed.args.empty() && snapshot.error().kind == ErrorKind::not_found) continue;
    if (!snapshot) return context.fail(snapshot.error().message);
    found.emplace_back(id, std::move(*snapshot));
  }
  print_snapshots(context, found);
  return 0;
}

int create_snapshot(Context& context) {
  if (context.parsed.args.size() != 1 || context.parsed.args[0].find('/') == std::string::npos)
    return context.fail("name one snapshot as VOLUME/SNAPSHOT");
  const std::string id = context.parsed.args.front();
  if (context.mode == Mode::tunnel) return context.forward({"create", "snapshot", id});
  Json request = Json::object();
  request["volumeName"] = id.substr(0, id.find('/'));
  request["name"] = id.substr(id.find('/') + 1);
  const auto made = asked(context, "POST", "/snapshot", request.dump(), 201, "could not create snapshot " + id + ". ");
  if (!made) return context.fail(made.error().message);
  auto snapshot = snapshot_of(context, id);
  if (!snapshot) return context.fail(snapshot.error().message);
  print_snapshots(context, {{id, *snapshot}});
  return 0;
}

int delete_snapshot(Context& context) {
  if (context.parsed.args.empty()) return context.fail("snapshot name not specified");
  if (context.mode == Mode::tunnel) {
    std::vector<std::string> words{"delete", "snapshot"};
    words.insert(words.end(), context.parsed.args.begin(), context.parsed.args.end());
    return context.forward(words);
  }
  for (const std::string& id : context.parsed.args) {
    const std::size_t slash = id.find('/');
    if (slash == std::string::npos) return context.fail("\"" + id + "\" is no snapshot; name it as VOLUME/SNAPSHOT");
    const auto gone =
        asked(context, "DELETE", "/snapshot/" + encoded(id.substr(0, slash)) + "/" + encoded(id.substr(slash + 1)), "",
              200, "could not delete snapshot " + id + ". ");
    if (!gone) return context.fail(gone.error().message);
  }
  return 0;
}

const Flag kFile{.letter = 'f',
                 .name = "filename",
                 .boolean = false,
                 .help = "Path to YAML or JSON file",
                 .initial = {},
                 .hidden = false};
const Flag kClaimFile{.letter = 'f',
                      .name = "filename",
                      .boolean = false,
                      .help = "Path to YAML or JSON PVC file",
                      .initial = {},
                      .hidden = false};
const Flag kBase64{
    .letter = 0, .name = "base64", .boolean = false, .help = "Base64 encoding", .initial = {}, .hidden = true};
const Flag kNoManage{.letter = 0,
                     .name = "no-manage",
                     .boolean = true,
                     .help = "Create PV/PVC only, don't assume volume lifecycle management",
                     .initial = {},
                     .hidden = false};
const Flag kVolume{.letter = 0,
                   .name = "volume",
                   .boolean = false,
                   .help = "Only snapshots of this volume",
                   .initial = {},
                   .hidden = false};

}  // namespace

std::vector<Command> later_commands() {
  return {{.path = "update backend",
           .aliases = "b",
           .args = "<name>",
           .summary = "Update a backend in Trident",
           .flags = {kFile, kBase64},
           .needs = Needs::server,
           .run = update_backend},
          {.path = "import volume",
           .aliases = "v",
           .args = "<backendName> <volumeName>",
           .summary = "Import an existing volume to Trident",
           .flags = {kClaimFile, kBase64, kNoManage},
           .needs = Needs::server,
           .run = import_volume},
          {.path = "explain pvc",
           .aliases = "claim",
           .args = "<namespace>/<name>",
           .summary = "List every storage pool with the reason why it is used or not",
           .flags = {},
           .needs = Needs::server,
           .run = explain_claim},
          {.path = "create snapshot",
           .aliases = "s",
           .args = "<volume>/<name>",
           .summary = "Make a snapshot of a volume",
           .flags = {},
           .needs = Needs::server,
           .run = create_snapshot},
          {.path = "get snapshot",
           .aliases = "s, snap, snapshots",
           .args = "[<volume>/<name>...]",
           .summary = "Get one or more snapshots from Trident",
           .flags = {kVolume},
           .needs = Needs::server,
           .run = get_snapshots},
          {.path = "delete snapshot",
           .aliases = "s, snap, snapshots",
           .args = "<volume>/<name> [<volume>/<name>...]",
           .summary = "Delete one or more snapshots from Trident",
           .flags = {},
           .needs = Needs::server,
           .run = delete_snapshot}};
}

}  // namespace provisioner::tridentctl
