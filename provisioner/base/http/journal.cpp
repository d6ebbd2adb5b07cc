#include "provisioner/base/http/journal.h"

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/text.h"

namespace base::http {

namespace {

constexpr std::string_view kMask = "***";

/// A name whose value nobody may read. "secretName" and "automountServiceAccountToken" are not among them.
bool is_secret_name(std::string_view name) {
  static constexpr std::array kParts{"password", "passwd", "passphrase"};
  static constexpr std::array kEnds{"secret",   "_token",      "-token",       "private-key", "privatekey",
                                    "key-data", "accesstoken", "refreshtoken", "bearertoken", "idtoken"};
  const std::string low = to_lower(name);
  if (low == "token" || low == "authorization") return true;
  const auto ends = [&low](const char* end) { return low.ends_with(end); };
  const auto contains = [&low](const char* part) { return low.find(part) != std::string::npos; };
  return std::ranges::any_of(kParts, contains) || std::ranges::any_of(kEnds, ends);
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/// Walks over text once and copies it, masked.
class Masker {
 public:
  explicit Masker(std::string_view text) : text_(text) {
    is_secret_object_ = text.find("\"kind\":\"Secret") != std::string_view::npos ||
                        text.find("\"kind\": \"Secret") != std::string_view::npos ||
                        text.find("kind: Secret") != std::string_view::npos;
  }

  std::string run() {
    while (at_ < text_.size()) {
      if (!is_name_char(text_[at_])) {
        copy(1);
        continue;
      }
      std::size_t end = at_;
      while (end < text_.size() && is_name_char(text_[end])) ++end;
      const std::string_view name = text_.substr(at_, end - at_);
      const char before = at_ > 0 ? text_[at_ - 1] : ' ';
      copy(name.size());
      if (is_secret_name(name)) mask_value(before);
      else if (is_secret_object_ && (name == "data" || name == "stringData")) mask_object();
    }
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void copy(std::size_t count) {
    out_ += text_.substr(at_, count);
    at_ += count;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') copy(1);
  }
  void mask_until(std::string_view ends) {
    const std::size_t end = std::min(text_.find_first_of(ends, at_), text_.size());
    if (end > at_) out_ += kMask;
    at_ = end;
  }
  void mask_quoted() {                    // at the opening quote
    const bool escaped = peek() == '\\';  // JSON inside a JSON string: \"password\":\"…\"
    copy(escaped ? 2 : 1);
    out_ += kMask;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (escaped && c == '\\' && peek(1) == '"') return copy(2);
      if (!escaped && c == '"') return copy(1);
      at_ += c == '\\' && !escaped ? 2 : 1;
    }
    at_ = text_.size();
  }

  /// What follows a secret's name.
  void mask_value(char before) {
    if (before == '<' && peek() == '>') {
      copy(1);
      return mask_until("<");
    }
    if (peek() == '\\' && peek(1) == '"') copy(2);
    else if (peek() == '"' || peek() == '\'') copy(1);
    skip_blanks();
    if (peek() == '=') {
      copy(1);
      return mask_until("& \t\r\n\"");
    }
    if (peek() != ':') return;
    copy(1);
    skip_blanks();
    if (peek() == '"' || (peek() == '\\' && peek(1) == '"')) return mask_quoted();
    if (peek() == '{' || peek() == '[' || peek() == '\n' || peek() == '\r') return;
    mask_until(",}\r\n");
  }

  /// The string values of a JSON object, or of an indented YAML block, that starts here.
  void mask_object() {
    if (peek() == '"') copy(1);
    skip_blanks();
    if (peek() != ':') return;
    copy(1);
    skip_blanks();
    if (peek() == '{') return mask_members();
    if (peek() != '\n' && peek() != '\r') return;
    while (at_ < text_.size()) {  // YAML: indented "name: value" lines
      copy(std::min(text_.find('\n', at_), text_.size() - 1) - at_ + 1);
      if (peek() != ' ') return;
      const std::size_t line_end = std::min(text_.find('\n', at_), text_.size());
      const std::size_t colon = text_.find(':', at_);
      if (colon == std::string_view::npos || colon >= line_end) {
        mask_until("\r\n");
        continue;
      }
      copy(colon - at_ + 1);
      skip_blanks();
      mask_until("\r\n");
    }
  }

  void mask_members() {
    copy(1);
    bool value = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '}') return;
      if (c == '"' && value) {
        mask_quoted();
        value = false;
      } else if (c == '"') {
        const std::size_t end = std::min(text_.find('"', at_ + 1), text_.size() - 1);
        copy(end - at_ + 1);
      } else {
        if (c == ':') value = true;
        if (c == ',') value = false;
        copy(1);
      }
    }
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
  bool is_secret_object_ = false;
};

bool is_binary(std::string_view bytes) {
  return std::ranges::any_of(bytes.substr(0, 512), [](char c) {
    return (c >= 0 && c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
  });
}

const char* name_of(Delivery::Fate fate) {
  switch (fate) {
    case Delivery::Fate::answer: return "";
    case Delivery::Fate::drop_reply: return "drop-reply";
    case Delivery::Fate::cut_reply: return "cut";
    case Delivery::Fate::hang: return "hang";
    case Delivery::Fate::refuse: return "refuse";
  }
  return "";
}

}  // namespace

std::string mask_secrets(std::string_view text) { return Masker(text).run(); }

Journal::Journal(const Clock& clock, JournalOptions options, NameCall name_call, Sink sink)
    : clock_(clock), options_(std::move(options)), name_call_(std::move(name_call)), sink_(std::move(sink)) {}

std::string Journal::body_text(const Headers& headers, const std::string& body) const {
  std::string text = options_.readable ? options_.readable(headers, body) : std::string();
  if (text.empty()) text = body;
  if (is_binary(text)) return "(" + std::to_string(text.size()) + " bytes)";
  text = mask_secrets(text);
  if (text.size() > options_.body_max)
    text = text.substr(0, options_.body_max) + "... (" + std::to_string(text.size()) + " bytes)";
  return text;
}

void Journal::write(const CallName& call, const Request& request, const Response& response, TimePoint start) {
  nlohmann::ordered_json line;
  line["n"] = ++lines_;
  line["time"] = to_rfc3339_micro(start);
  line["server"] = options_.server;
  line["who"] = call.who;
  line["method"] = request.method;
  line["target"] = mask_secrets(request.target);
  if (!call.call.empty()) line["call"] = call.call;
  if (!call.object.empty()) line["object"] = call.object;
  line["status"] = response.status;
  line["took"] = to_go_duration(clock_.now() - start);
  if (response.delivery.fate != Delivery::Fate::answer) line["fate"] = name_of(response.delivery.fate);
  if (response.delivery.delay > Duration{0}) line["delay"] = to_go_duration(response.delivery.delay);
  if (response.outgoing) line["stream"] = true;
  if (options_.bodies) {
    if (!request.body.empty()) line["request"] = body_text(request.headers, request.body);
    if (!response.body.empty()) line["answer"] = body_text(response.headers, response.body);
  }
  sink_(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

Handler Journal::wrap(Handler inner) {
  return [this, inner = std::move(inner)](const Request& request) {
    const TimePoint start = clock_.now();
    const CallName call = name_call_(request);
    Response response = inner(request);
    if (response.later) {
      const auto copy = std::make_shared<const Request>(request);
      response.later->before_delivery(
          [this, call, copy, start](const Response& answer) { write(call, *copy, answer, start); });
    } else {
      write(call, request, response, start);
    }
    return response;
  };
}

}  // namespace base::http
