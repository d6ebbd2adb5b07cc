#include <array>

#include "provisioner/base/check.h"
#include "provisioner/base/http/message.h"
#include "provisioner/tridentctl/command.h"

/// `get` and `delete`: the same three kinds, listed, fetched and removed one by one.
namespace provisioner::tridentctl {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::array<Kind, 3> kKinds{{{"backend", "backend", "backends"},
                                      {"storageclass", "storageClass", "storageClasses"},
                                      {"volume", "volume", "volumes"}}};

const Kind& kind_of(const Context& context) {
  return kind_named(std::string_view(context.path).substr(context.path.rfind(' ') + 1));
}

std::string text_at(const Json& object, const std::vector<std::string>& path) {
  Json at = object;
  for (const std::string& key : path) {
    if (!at.is_object() || !at.contains(key)) return {};
    Json next = at[key];
    at = std::move(next);
  }
  return at.is_string() ? at.get<std::string>() : at.is_null() ? std::string() : at.dump();
}

std::string name_of(const Kind& kind, const Json& object) {
  return kind.word == "backend" ? text_at(object, {"name"}) : text_at(object, {"Config", "name"});
}

/// The kind's table: a heading and where its text stands. `wide` rows only with -o wide.
struct Column {
  std::string heading;
  std::vector<std::string> path;
  bool wide = false;
};

std::vector<Column> columns_of(const Kind& kind) {
  if (kind.word == "backend") {
    return {{"Name", {"name"}},
            {"Storage Driver", {"config", "storageDriverName"}},
            {"Online", {"online"}},
            {"Volumes", {"volumes"}}};
  }
  if (kind.word == "storageclass") return {{"Name", {"Config", "name"}}};
  return {{"Name", {"Config", "name"}},
          {"Internal Name", {"Config", "internalName"}, true},
          {"Size", {"Config", "size"}},
          {"Storage Class", {"Config", "storageClass"}},
          {"Protocol", {"Config", "protocol"}},
          {"Backend", {"backend"}},
          {"Pool", {"pool"}},
          {"Access Mode", {"Config", "accessMode"}, true}};
}

std::string cell(const Column& column, const Json& object) {
  if (column.heading == "Size") return human_size(text_at(object, column.path));
  if (column.heading == "Volumes") {
    const Json volumes = object.value("volumes", Json::array());
    return std::to_string(volumes.is_array() ? volumes.size() : 0);
  }
  return text_at(object, column.path);
}

void print_table(const Context& context, const Kind& kind, const std::vector<Json>& objects) {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows(objects.size());
  for (const Column& column : columns_of(kind)) {
    if (column.wide && context.format() != "wide") continue;
    header.push_back(column.heading);
    for (std::size_t i = 0; i < objects.size(); ++i) rows[i].push_back(cell(column, objects[i]));
  }
  context.host.out(table(header, rows));
}

Json reduced(const Context& context, const Kind& kind, const Json& object) {
  if (context.parsed.on("full")) return object;
  if (kind.word == "backend") return reduce_backend(object);
  if (kind.word == "storageclass") return reduce_storage_class(object);
  return object;
}

std::string target_of(const Kind& kind, const std::string& name) {
  return "/" + std::string(kind.word) + "/" + base::http::percent_encode(name);
}

int get_kind(Context& context) {
  const Kind& kind = kind_of(context);
  if (context.mode == Mode::tunnel) {
    std::vector<std::string> words{"get", std::string(kind.word)};
    if (context.parsed.on("full")) words.emplace_back("--full");
    words.insert(words.end(), context.parsed.args.begin(), context.parsed.args.end());
    return context.forward(words);
  }
  std::vector<std::string> names = context.parsed.args;
  if (names.empty()) {
    auto listed = list_names(context, kind);
    if (!listed) return context.fail(listed.error().message);
    names = std::move(*listed);
  }
  std::vector<Json> objects;
  for (const std::string& name : names) {
    auto object = get_object(context, kind, name);
    if (!object) {
      // A listed object that is gone by the time it is fetched is no failure of this command.
      if (context.parsed.args.empty() && object.error().kind == ErrorKind::not_found) continue;
      return context.fail(object.error().message);
    }
    objects.push_back(std::move(*object));
  }
  print_objects(context, kind, objects);
  return 0;
}

int delete_kind(Context& context) {
  const Kind& kind = kind_of(context);
  const bool all = context.parsed.on("all");
  std::vector<std::string> names = context.parsed.args;
  if (all && !names.empty()) return context.fail("cannot use --all together with names of a " + std::string(kind.word));
  if (!all && names.empty()) return context.fail(std::string(kind.word) + " name not specified");
  if (context.mode == Mode::tunnel) {
    std::vector<std::string> words{"delete", std::string(kind.word)};
    if (all) words.emplace_back("--all");
    words.insert(words.end(), names.begin(), names.end());
    return context.forward(words);
  }
  if (all) {
    auto listed = list_names(context, kind);
    if (!listed) return context.fail(listed.error().message);
    names = std::move(*listed);
  }
  for (const std::string& name : names) {
    const auto answer = context.rest("DELETE", target_of(kind, name));
    if (!answer) return context.fail(answer.error().message);
    if (answer->status != 200)
      return context.fail(refusal("could not delete " + std::string(kind.word) + " " + name + ". ", *answer));
  }
  return 0;
}

const Flag kFull{.letter = 0,
                 .name = "full",
                 .boolean = true,
                 .help = "Show every field the server returns",
                 .initial = {},
                 .hidden = false};
const Flag kAll{
    .letter = 0, .name = "all", .boolean = true, .help = "Delete all of them", .initial = {}, .hidden = false};

}  // namespace

const Kind& kind_named(std::string_view word) {
  for (const Kind& kind : kKinds) {
    if (kind.word == word) return kind;
  }
  CHECK(false);
  return kKinds[0];
}

std::string refusal(const std::string& what, const HttpAnswer& answer) {
  std::string text = what + std::to_string(answer.status) + " " + answer.reason;
  const Json body = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  const std::string why = text_at(body, {"error"});
  if (!why.empty()) text += ": " + why;
  return text;
}

Result<Json> get_object(const Context& context, const Kind& kind, const std::string& name) {
  const std::string what = "could not get " + std::string(kind.word) + " " + name + ". ";
  const auto answer = context.rest("GET", target_of(kind, name));
  if (!answer) return answer.error();
  if (answer->status != 200) {
    return Error{answer->status == 404 ? ErrorKind::not_found : ErrorKind::unavailable, refusal(what, *answer)};
  }
  Json body = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  const std::string key(kind.one);
  if (!body.is_object() || !body.contains(key) || !body[key].is_object())
    return Error{ErrorKind::invalid, what + "The answer is not understood"};
  Json object = std::move(body[key]);
  return object;
}

Result<std::vector<std::string>> list_names(const Context& context, const Kind& kind) {
  const std::string what = "could not get " + std::string(kind.many) + ". ";
  const auto answer = context.rest("GET", "/" + std::string(kind.word));
  if (!answer) return answer.error();
  if (answer->status != 200) return Error{ErrorKind::unavailable, refusal(what, *answer)};
  const Json body = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  const std::string key(kind.many);
  if (!body.is_object() || !body.contains(key)) return Error{ErrorKind::invalid, what + "The answer is not understood"};
  std::vector<std::string> names;
  for (const Json& name : body[key]) {
    if (name.is_string()) names.push_back(name.get<std::string>());
  }
  return names;
}

void print_objects(const Context& context, const Kind& kind, const std::vector<Json>& objects) {
  const std::string format = context.format();
  if (format == "json" || format == "yaml") {
    Json items = Json::object();
    items["items"] = Json::array();
    for (const Json& object : objects) items["items"].push_back(reduced(context, kind, object));
    context.host.out(format == "json" ? to_go_json(items) : to_go_yaml(items));
  } else if (format == "name") {
    for (const Json& object : objects) context.host.out(name_of(kind, object) + "\n");
  } else {
    print_table(context, kind, objects);
  }
}

std::vector<Command> get_commands() {
  return {{.path = "get backend",
           .aliases = "b, backends",
           .args = "[<name>...]",
           .summary = "Get one or more storage backends from Trident",
           .flags = {kFull},
           .needs = Needs::server,
           .run = get_kind},
          {.path = "get storageclass",
           .aliases = "sc, storageclasses",
           .args = "[<name>...]",
           .summary = "Get one or more storage classes from Trident",
           .flags = {kFull},
           .needs = Needs::server,
           .run = get_kind},
          {.path = "get volume",
           .aliases = "v, volumes",
           .args = "[<name>...]",
           .summary = "Get one or more volumes from Trident",
           .flags = {kFull},
           .needs = Needs::server,
           .run = get_kind}};
}

std::vector<Command> delete_commands() {
  return {{.path = "delete backend",
           .aliases = "b, backends",
           .args = "<name> [<name>...]",
           .summary = "Delete one or more storage backends from Trident",
           .flags = {kAll},
           .needs = Needs::server,
           .run = delete_kind},
          {.path = "delete storageclass",
           .aliases = "sc, storageclasses",
           .args = "<name> [<name>...]",
           .summary = "Delete one or more storage classes from Trident",
           .flags = {kAll},
           .needs = Needs::server,
           .run = delete_kind},
          // 17.10.1 gave volumes the alias of backends by mistake; scripts that learnt it still find "delete backend"
          // first.
          {.path = "delete volume",
           .aliases = "v, volumes",
           .args = "<name> [<name>...]",
           .summary = "Delete one or more storage volumes from Trident",
           .flags = {kAll},
           .needs = Needs::server,
           .run = delete_kind}};
}

}  // namespace provisioner::tridentctl
