#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/provisioner/lab.h"

/// Section 11 of the provisioner specification: what 17.10.1 did wrong, row by row. Each test is named after its row
/// and fails on the old behaviour. Rows of the frontends, the command line and the installer stand with those.
namespace provisioner_test {

inline constexpr const char* kName = "ontapnas_192.168.199.107";

struct KnownBug : testing::Test, Lab {
  KnownBug() {
    EXPECT_TRUE(start());
    EXPECT_EQ(add_backend().value(), kName);
    EXPECT_TRUE(add_class(R"({"name":"basic","attributes":{"backendType":"ontap-nas"}})"));
    EXPECT_TRUE(add_class(R"({"name":"any","attributes":{"snapshots":"false"}})"));
    array.calls.clear();
  }
  Result<Volume> add(VolumeConfig config) { return run(core->add_volume(std::move(config))); }
  static VolumeConfig wish(const std::string& name, const std::string& mode = "ReadWriteOnce",
                           const std::string& storage_class = "basic") {
    VolumeConfig config;
    config.name = name;
    config.size = "1Gi";
    config.access_mode = mode;
    config.storage_class = storage_class;
    return config;
  }
  std::string fake(const std::string& protocol) {
    return R"({"version":1,"storageDriverName":"fake","instanceName":"fake1","protocol":")" + protocol +
           R"(","pools":{"p":{"attributes":{"snapshots":{"offer":true}},"sizeBytes":100000000000}}})";
  }
  /// Answers one call in the test's own way, everything else as the array does.
  void answer(const std::string& call, std::function<std::string()> body) {
    const auto others = handler;
    handler = [this, call, body, others](const base::http::Request& request) {
      if (request.body.find("<" + call + ">") == std::string::npos) return others(request);
      array.calls.push_back(call);
      base::http::Response response;
      response.body = body();
      return response;
    };
  }
  static std::string failed(int code, const std::string& reason) {
    return "<netapp><results status=\"failed\" reason=\"" + reason + "\" errno=\"" + std::to_string(code) +
           "\"/></netapp>";
  }
};

}  // namespace provisioner_test
