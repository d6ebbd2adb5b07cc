#include "provisioner/base/http/message.h"

#include <algorithm>
#include <array>

#include "provisioner/base/text.h"

namespace base::http {

const std::string* Headers::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(entries_, [&](const Entry& entry) { return equals_ignoring_case(entry.first, name); });
  return found == entries_.end() ? nullptr : &found->second;
}

std::string Headers::get(std::string_view name) const {
  const std::string* value = find(name);
  return value ? *value : std::string();
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(name, std::move(value));
}

void Headers::add(std::string_view name, std::string value) {
  entries_.emplace_back(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(entries_, [&](const Entry& entry) { return equals_ignoring_case(entry.first, name); });
}

std::string_view Request::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view Request::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += c == '+' && plus_is_space ? ' ' : c;
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equal = part.find('=');
    const std::string_view value = equal == std::string_view::npos ? std::string_view() : part.substr(equal + 1);
    out.emplace_back(percent_decode(part.substr(0, equal), true), percent_decode(value, true));
  }
  return out;
}

std::string_view reason_phrase(int status) {
  struct Row {
    int status;
    std::string_view text;
  };
  static constexpr std::array rows{Row{100, "Continue"},
                                   Row{101, "Switching Protocols"},
                                   Row{200, "OK"},
                                   Row{201, "Created"},
                                   Row{202, "Accepted"},
                                   Row{204, "No Content"},
                                   Row{301, "Moved Permanently"},
                                   Row{302, "Found"},
                                   Row{304, "Not Modified"},
                                   Row{307, "Temporary Redirect"},
                                   Row{400, "Bad Request"},
                                   Row{401, "Unauthorized"},
                                   Row{403, "Forbidden"},
                                   Row{404, "Not Found"},
                                   Row{405, "Method Not Allowed"},
                                   Row{406, "Not Acceptable"},
                                   Row{408, "Request Timeout"},
                                   Row{409, "Conflict"},
                                   Row{410, "Gone"},
                                   Row{412, "Precondition Failed"},
                                   Row{413, "Payload Too Large"},
                                   Row{415, "Unsupported Media Type"},
                                   Row{422, "Unprocessable Entity"},
                                   Row{429, "Too Many Requests"},
                                   Row{431, "Request Header Fields Too Large"},
                                   Row{500, "Internal Server Error"},
                                   Row{501, "Not Implemented"},
                                   Row{502, "Bad Gateway"},
                                   Row{503, "Service Unavailable"},
                                   Row{504, "Gateway Timeout"}};
  const auto* const found = std::ranges::find(rows, status, &Row::status);
  return found == rows.end() ? "Unknown" : found->text;
}

}  // namespace base::http
