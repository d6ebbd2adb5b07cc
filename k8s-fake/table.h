#pragma once

#include <optional>
#include <string>

#include "k8s-fake/server.h"

/// Tables: what kubectl prints. Columns depend on the kind and on the announced version. Source: kubernetes.md 1.12,
/// appendix B.
namespace k8s_fake {

/// The columnDefinitions array of an endpoint.
Json column_definitions(const Server& server, const Endpoint& endpoint);
/// One row as JSON text.
std::string table_row(const Server& server, const Endpoint& endpoint, const Object& object, const View& view);
/// "34m", "2d5h": the age of something, as tables print it. `<unknown>` when the text is not a time.
std::string human_age(const Server& server, const std::string& rfc3339);
std::string human_duration(base::Duration span);
/// "2017-11-28T07:46:32Z" (fraction allowed) -> time.
std::optional<base::TimePoint> parse_time(std::string_view rfc3339);

}  // namespace k8s_fake
