#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// The texts tridentctl prints: tables, JSON and YAML, byte for byte as 17.10.1's libraries lay them out.
/// Source: provisioner specification 4.5 and 4.6 (tablewriter, encoding/json, ghodss/yaml).
namespace provisioner::tridentctl {

using Json = nlohmann::ordered_json;  // keys in the order they came

/// Header upper-cased and centred; numbers right-aligned, other cells left-aligned; cells over 30 columns wrap at
/// blanks.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

/// Two blanks per level, HTML characters escaped, a newline at the end.
std::string to_go_json(const Json& value);

/// Keys sorted at every level, followed by one blank line.
std::string to_go_yaml(const Json& value);

/// "1.0 GiB", "20 MiB", "0 B". Text that is no size counts as 0.
std::string human_size(const std::string& size);

/// What the default output keeps of a server's object (`--full` keeps all).
Json reduce_backend(const Json& backend);
Json reduce_storage_class(const Json& storage_class);

}  // namespace provisioner::tridentctl
