// Kubernetes' protobuf form: every message of the field table there and back, what kubectl sends, and what clients are
// given.
#include <gtest/gtest.h>

#include <set>

#include "k8s-fake/field_table.h"
#include "k8s-fake/protobuf.h"
#include "k8s-fake/server.h"
#include "provisioner/base/text.h"
#include "tests/k8s-fake/api/client.h"

namespace {

using namespace k8s_fake;

constexpr const char* kOnly = "application/vnd.kubernetes.protobuf";

Json value_of(const Field& field, std::size_t depth);

/// An object with every field of a message set; messages that hold themselves end after a few rounds.
Json full(const Message& shape, std::size_t depth) {
  Json out = Json::object();
  for (const auto& field : shape.fields) {
    if (field.number == 0) continue;
    if (field.inlined) {
      out.update(full(*field.message, depth));
      continue;
    }
    if (depth == 0 && field.type == Field::Type::message) continue;
    const Json one = value_of(field, depth);
    switch (field.many) {
      case Field::Many::one: out[field.name] = one; break;
      case Field::Many::list: out[field.name] = Json::array({one, one}); break;
      case Field::Many::map: out[field.name] = {{"a", one}, {"b", one}}; break;
    }
  }
  return out;
}

Json value_of(const Field& field, std::size_t depth) {
  switch (field.type) {
    case Field::Type::text: return "text-" + field.name;
    case Field::Type::integer: return -7;
    case Field::Type::real: return 0.25;
    case Field::Type::boolean: return true;
    case Field::Type::bytes: return "AAH/";
    case Field::Type::quantity: return "1536Mi";
    case Field::Type::int_or_string: return field.name.size() % 2 == 0 ? Json("50%") : Json(80);
    case Field::Type::time: return "2017-11-28T07:46:32Z";
    case Field::Type::micro_time: return "2017-11-28T07:46:32.012345Z";
    case Field::Type::duration: return "1m30s";
    case Field::Type::raw: return {{"any", {1, "two", nullptr}}};
    case Field::Type::items: return {"x", "y"};
    case Field::Type::message: {
      const Message& inner = *field.message;
      if (inner.name == "JSONSchemaPropsOrBool") return false;
      if (inner.name == "JSONSchemaPropsOrStringArray") return {"a", "b"};
      if (inner.name == "JSONSchemaPropsOrArray") return full(*inner.by_number(1)->message, 0);
      return full(inner, depth - 1);
    }
    case Field::Type::unknown: return nullptr;
  }
  return nullptr;
}

struct Case {
  std::string group_version, kind;
};

std::vector<Case> every_kind() {
  World world;
  std::vector<Case> out;
  for (const auto& each : world.fake.server().kinds.endpoints()) {
    if (each->resource->custom == nullptr) out.push_back({each->group_version(), each->kind()});
    for (const auto& sub : each->resource->subresources) {
      if (!sub.group_version.empty()) out.push_back({sub.group_version, sub.kind});
    }
  }
  out.push_back({"meta.k8s.io/v1", "PartialObjectMetadata"});
  out.push_back({"v1", "Status"});
  return out;
}

TEST(Protobuf, EveryFieldOfEveryKindComesBack) {
  std::set<std::string> without;
  int kinds = 0;
  for (const auto& each : every_kind()) {
    const Message* shape = find_message(each.group_version, each.kind);
    if (shape == nullptr && (each.kind == "Status" || each.kind == "PartialObjectMetadata"))
      shape = find_message("meta/v1", each.kind);
    if (shape == nullptr) {
      without.insert(each.group_version + " " + each.kind);
      continue;
    }
    Json object = full(*shape, 4);
    object["kind"] = each.kind;
    object["apiVersion"] = each.group_version;
    const auto bytes = encode_protobuf(object);
    ASSERT_TRUE(bytes.has_value()) << each.group_version << " " << each.kind;
    const auto back = decode_protobuf(*bytes, "", "");
    ASSERT_TRUE(back.ok()) << each.kind << ": " << back.error().message;
    EXPECT_EQ(*back, object) << each.group_version << " " << each.kind << "\n" << Json::diff(object, *back).dump();
    ++kinds;
  }
  EXPECT_GT(kinds, 60);
  // Old shapes whose clients speak JSON, and device allocation, which no storage client asks for.
  for (const auto& each : without)
    EXPECT_TRUE(each.find("v1beta1") != std::string::npos || each.rfind("resource.k8s.io/", 0) == 0)
        << each << " has no rows in the field table";
}

TEST(Protobuf, WhatKubectlCreateNamespaceSends) {
  const std::string hex =
      "6b387300"
      "0a0f0a02763112094e616d657370616365"
      "121f0a170a0774726964656e7412001a0022002a0032003800420012001a020a00"
      "1a002200";
  std::string body;
  for (std::size_t i = 0; i < hex.size(); i += 2) body += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  World world;
  const auto made = world.send("POST", "/api/v1/namespaces?fieldManager=kubectl-create", body,
                               {{"Content-Type", kOnly}, {"Accept", "application/json"}});
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(body_of(made)["metadata"]["name"], "trident");
  EXPECT_FALSE(body_of(made)["metadata"].contains("generateName"));
}

TEST(Protobuf, AnswersAsAsked) {
  World world;
  ASSERT_EQ(world.post("/api/v1/namespaces/default/configmaps", {{"metadata", {{"name", "a"}}}, {"data", {{"k", "v"}}}})
                .status,
            201);
  const std::string path = "/api/v1/namespaces/default/configmaps";
  const auto read = [&](const std::string& target, const std::string& accept) {
    return world.send("GET", target, "", {{"Accept", accept}});
  };

  const auto one = read(path + "/a", "application/vnd.kubernetes.protobuf, */*");
  EXPECT_EQ(one.headers.get("Content-Type"), kOnly);
  const auto object = decode_protobuf(one.body, "", "");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(*object, world.get(path + "/a"));

  const auto list = read(path, kOnly);
  EXPECT_EQ(list.headers.get("Content-Type"), kOnly);
  EXPECT_NE(list.body.find("ConfigMapList"), std::string::npos);

  const auto absent = read(path + "/b", "application/vnd.kubernetes.protobuf,application/json");
  EXPECT_EQ(absent.status, 404);
  const auto status = decode_protobuf(absent.body, "", "");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ((*status)["message"], "configmaps \"b\" not found");
  EXPECT_EQ((*status)["details"]["kind"], "configmaps");

  const auto table = read(
      path,
      "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io");
  EXPECT_EQ(table.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(body_of(table)["kind"], "Table");
  const auto partial = read(
      path, "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json");
  EXPECT_EQ(partial.headers.get("Content-Type"), kOnly);
  EXPECT_NE(partial.body.find("PartialObjectMetadataList"), std::string::npos);
  EXPECT_EQ(read(path, "application/json;q=0.9,application/vnd.kubernetes.protobuf;q=0.1").headers.get("Content-Type"),
            "application/json");
  const auto yaml = read(path + "/a", "application/yaml");
  EXPECT_EQ(yaml.headers.get("Content-Type"), "application/yaml");
  EXPECT_EQ(yaml.body.rfind("apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n", 0), 0u) << yaml.body;
  EXPECT_EQ(read(path, "text/html").status, 406);
}

TEST(Protobuf, WatchFramesHaveTheirLength) {
  World world;
  const auto watch = world.send("GET", "/api/v1/namespaces/default/configmaps?watch=true", "",
                                {{"Accept", "application/vnd.kubernetes.protobuf;stream=watch,application/json"}});
  EXPECT_EQ(watch.headers.get("Content-Type"), "application/vnd.kubernetes.protobuf;stream=watch");
  ASSERT_EQ(world.post("/api/v1/namespaces/default/configmaps", {{"metadata", {{"name", "w"}}}}).status, 201);
  std::string bytes;
  while (const auto chunk = watch.outgoing->try_read()) bytes += *chunk;
  ASSERT_GT(bytes.size(), 4u);
  std::size_t length = 0;
  for (int i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  EXPECT_EQ(length, bytes.size() - 4);
  // WatchEvent {1: "ADDED", 2: {1: the object in its envelope}}
  EXPECT_EQ(bytes.substr(4, 7), std::string("\x0a\x05"
                                            "ADDED"));
  const auto envelope = bytes.find(std::string("k8s\0", 4));
  ASSERT_NE(envelope, std::string::npos);
  const auto object = decode_protobuf(std::string_view(bytes).substr(envelope), "", "");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(*object, world.get("/api/v1/namespaces/default/configmaps/w"));
}

TEST(Protobuf, CustomKindsHaveNone) {
  World world;
  const Json crd = {{"metadata", {{"name", "things.example.com"}}},
                    {"spec",
                     {{"group", "example.com"},
                      {"scope", "Namespaced"},
                      {"names", {{"plural", "things"}, {"kind", "Thing"}}},
                      {"versions", Json::array({Json{{"name", "v1"},
                                                     {"served", true},
                                                     {"storage", true},
                                                     {"schema", {{"openAPIV3Schema", {{"type", "object"}}}}}}})}}}};
  ASSERT_EQ(world.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd).status, 201);
  const std::string path = "/apis/example.com/v1/namespaces/default/things";
  const auto refused = world.send("POST", path, "k8s", {{"Content-Type", kOnly}});
  EXPECT_EQ(refused.status, 415);
  EXPECT_EQ(
      world.send("GET", path, "", {{"Accept", "application/vnd.kubernetes.protobuf, */*"}}).headers.get("Content-Type"),
      "application/json");
  EXPECT_EQ(world.send("GET", path, "", {{"Accept", kOnly}}).status, 406);
}

TEST(Protobuf, BrokenBodiesAreRefused) {
  World world;
  const std::string path = "/api/v1/namespaces/default/configmaps";
  for (const std::string& body : {std::string("{}"), std::string("k8s\0", 4) + "\x0a\xff",
                                  std::string("k8s\0\x12\x7f", 6), std::string("k8s\0\x0f", 5)}) {
    const auto refused = world.send("POST", path, body, {{"Content-Type", kOnly}});
    EXPECT_EQ(refused.status, body.size() == 2 || body.size() > 4 ? 400 : refused.status) << refused.body;
    EXPECT_EQ(body_of(refused)["kind"], "Status");
  }
  EXPECT_EQ(world.send("POST", path, "\xa1", {{"Content-Type", "application/cbor"}}).status, 415);
}

}  // namespace
