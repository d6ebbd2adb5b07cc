#include <httplib.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "provisioner/base/http/transport.h"
#include "provisioner/base/text.h"
#include "scenarios/runner/commands.h"

namespace scenario {

using Json = nlohmann::json;

namespace {

/// NAME from the environment, else from the lab's env file.
std::string setting(const std::string& directory, const std::string& name) {
  if (const char* value = std::getenv(name.c_str()); value != nullptr && *value != '\0') return value;
  const auto text = base::read_file(directory + "/env");
  if (!text) return "";
  for (std::string_view line : base::split(*text, '\n'))
    if (line.starts_with("export " + name + "=")) return std::string(line.substr(8 + name.size()));
  return "";
}

struct Connection {
  std::string url, user, password;
};

/// Sends one command; answers to its questions are read line by line from standard input. The exit status.
int send(const Connection& to, const std::string& command) {
  const auto url = base::http::parse_url(to.url);
  if (!url) {
    std::fprintf(stderr, "drydock: %s\n", url.error().message.c_str());
    return 1;
  }
  httplib::SSLClient client(url->host, url->port);
  client.enable_server_certificate_verification(false);  // the lab's own, on the loopback
  client.set_basic_auth(to.user, to.password);
  client.set_read_timeout(60);
  Json answers = Json::array();
  while (true) {
    const Json body = {{"commands", Json::array({command})}, {"answers", answers}};
    const auto answer = client.Post("/drydock/v1/commands", body.dump(), "application/json");
    if (!answer) {
      std::fprintf(stderr, "drydock: no lab answers at %s; start one with: drydock up\n", to.url.c_str());
      return 1;
    }
    const Json json = Json::parse(answer->body, nullptr, false);
    if (answer->status != 200 || !json.is_object() || !json.contains("results") || json["results"].empty()) {
      std::fprintf(stderr, "drydock: HTTP %d: %s\n", answer->status, answer->body.c_str());
      return 1;
    }
    const Json& result = json["results"][0];
    const std::string output = result.value("output", "");
    if (result.contains("question")) {
      std::fprintf(stderr, "%s", result.value("question", "").c_str());
      std::string line;
      if (!std::getline(std::cin, line)) {
        std::fprintf(stderr, "\ndrydock: the command asks and standard input has no answer\n");
        return 1;
      }
      std::fprintf(stderr, "\n");
      answers.push_back(line);
      continue;
    }
    std::fputs(output.c_str(), stdout);
    return result.value("failed", false) ? 1 : 0;
  }
}

/// A word that has blanks or quotes keeps them through the shell's own quoting.
std::string quoted(const std::string& word) {
  if (word.find_first_of(" \t\"") == std::string::npos && !word.empty()) return word;
  return "\"" + base::replace_all(word, "\"", "\\\"") + "\"";
}

}  // namespace

int ontap(const OntapOptions& options) {
  Connection to{setting(options.directory, "DRYDOCK_ONTAP_URL"), setting(options.directory, "DRYDOCK_ONTAP_USER"),
                setting(options.directory, "DRYDOCK_ONTAP_PASSWORD")};
  if (to.url.empty()) {
    std::fprintf(stderr, "drydock: no lab in %s (there is no env file) and DRYDOCK_ONTAP_URL is not set\n",
                 options.directory.c_str());
    return 1;
  }
  if (options.words.size() == 1) return send(to, options.words[0]);
  if (!options.words.empty()) {
    std::string command;
    for (const std::string& word : options.words) command += (command.empty() ? "" : " ") + quoted(word);
    return send(to, command);
  }
  int status = 0;
  for (std::string line; std::getline(std::cin, line);)
    if (!base::trim(line).empty()) status = send(to, line) == 0 ? status : 1;
  return status;
}

}  // namespace scenario
