// What every command has in common: reading parameters, replies, queries over the objects of a view, and show.
#include <algorithm>

#include "ontap-sim/cli/command.h"
#include "ontap-sim/model/query.h"
#include "ontap-sim/model/types.h"
#include "provisioner/base/check.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

bool matches(const Record& record, std::string_view field, const Word& wanted) {
  const auto found = record.find(field);
  if (wanted.quoted) return text_of(record, field) == (wanted.text.empty() ? "-" : wanted.text);
  if (found == record.end()) return model::query_matches(wanted.text, "-", model::QueryCase::ignored);
  const Value& value = found->second;
  if (value.number)
    return model::query_matches(wanted.text, std::to_string(*value.number)) ||
           model::query_matches(wanted.text, value.text);
  for (const std::string& part : value.parts) {
    if (model::query_matches(wanted.text, part)) return true;
  }
  return model::query_matches(wanted.text, value.text.empty() ? "-" : value.text);
}

const Field* field_of(const Command& command, std::string_view name) {
  const auto field = std::ranges::find(command.view->fields, name, &Field::name);
  return field == command.view->fields.end() ? nullptr : &*field;
}

bool literal(const Word& word) { return word.quoted || !model::is_pattern(word.text); }

// True if every key of the view was given, and plainly: the query names one object.
bool names_one_object(const Call& call) {
  return std::ranges::all_of(call.command.view->fields, [&](const Field& field) {
    if (!field.key) return true;
    if (field.name == "vserver" && !call.user.svm.empty()) return true;
    const auto given = call.given.find(field.name);
    return given != call.given.end() && literal(given->second);
  });
}

std::string entries(std::size_t count, std::string_view done) {
  return std::to_string(count) + " entries were " + std::string(done) + ".\n";
}

}  // namespace

std::string Call::text(std::string_view name) const { return text_or(name, ""); }

std::string Call::text_or(std::string_view name, std::string_view fallback) const {
  const auto found = given.find(name);
  if (found == given.end()) return std::string(fallback);
  return found->second.text == "-" && !found->second.quoted ? std::string() : found->second.text;
}

std::optional<bool> Call::maybe_flag(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  return text(name) == "true";
}
bool Call::flag(std::string_view name, bool fallback) const { return maybe_flag(name).value_or(fallback); }
std::optional<std::uint64_t> Call::number(std::string_view name) const { return base::parse_unsigned(text(name)); }
std::vector<std::string> Call::list(std::string_view name) const { return split_list(text(name)); }

std::optional<std::uint64_t> Call::bytes(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  const auto size = model::parse_size(text(name));
  if (!size || *size < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*size);
}

std::string Call::vserver() const { return has("vserver") ? text("vserver") : user.svm; }

Reply ok(std::string output) { return {.output = std::move(output), .failed = false, .question = {}}; }
Reply failed(std::string_view reason) { return refused("command failed: " + std::string(reason)); }
Reply refused(std::string_view text) {
  return {.output = "Error: " + std::string(text) + "\n", .failed = true, .question = {}};
}
Reply ask(std::string prompt, bool secret) {
  return {.output = {},
          .failed = false,
          .question = Question{.prompt = std::move(prompt), .secret = secret, .confirm = false}};
}

std::optional<Reply> confirm(Call& call, std::size_t index, std::string_view warning, bool& declined) {
  declined = false;
  if (!call.settings.confirmations) return std::nullopt;
  if (call.answered(index + 1)) {
    declined = call.answer(index) != "y";
    return std::nullopt;
  }
  Reply reply = ask("\nWarning: " + std::string(warning) + " {y|n}: ");
  reply.question->confirm = true;
  return reply;
}

std::vector<Record> select(Call& call) {
  CHECK(call.command.view != nullptr);
  std::vector<Record> records = call.command.view->list(call);
  const bool is_show = call.command.run == nullptr;
  std::erase_if(records, [&](const Record& record) {
    for (const auto& [name, word] : call.given) {
      const Field* field = field_of(call.command, name);
      if (field != nullptr && (field->key || is_show) && !matches(record, name, word)) return true;
    }
    return std::ranges::any_of(
        call.conditions, [&](const auto& condition) { return !matches(record, condition.first, condition.second); });
  });
  return records;
}

Reply for_each_selected(Call& call, Reply (*one)(Call& call, const Record& record), std::string_view done) {
  const std::vector<Record> records = select(call);
  if (records.empty())
    return names_one_object(call) ? failed("entry doesn't exist") : ok("There are no entries matching your query.\n");
  Reply whole;
  std::size_t count = 0;
  for (const Record& record : records) {
    Reply reply = one(call, record);
    if (reply.question) return reply;
    whole.output += reply.output;
    whole.failed = whole.failed || reply.failed;
    count += reply.failed ? 0 : 1;
  }
  if (!names_one_object(call) && !whole.failed) whole.output += entries(count, done);
  return whole;
}

Reply show(Call& call) {
  const View& view = *call.command.view;
  const std::vector<Record> records = select(call);
  if (records.empty()) return ok("There are no entries matching your query.\n");
  std::vector<std::string_view> fields = call.fields;
  if (call.settings.show_all_fields && !call.instance && fields.empty()) {
    for (const Field& field : view.fields) fields.push_back(field.name);
  }
  if (!call.settings.separator.empty()) {
    if (fields.empty()) fields = view.layouts[0].columns;
    return ok(render_separated(view.fields, fields, records, call.settings.separator));
  }
  const Layout* layout = &view.layouts[0];
  bool chosen = false;
  for (const Layout& other : view.layouts) {
    if (!other.flag.empty() && call.flag(other.flag)) {
      layout = &other;
      chosen = true;
    }
  }
  std::string out;
  if (!fields.empty()) {
    out = render_fields(view.fields, fields, records);
  } else if (call.instance || (names_one_object(call) && !chosen)) {
    out = render_instances(view.fields, records);
  } else {
    out = render_table(*layout, view.fields, records);
  }
  if (records.size() > 1) out += entries(records.size(), "displayed");
  return ok(std::move(out));
}

Param required(std::string_view name, std::string_view hint, std::string_view label) {
  return {.name = name, .hint = hint, .label = label, .required = true};
}
Param positional(std::string_view name, std::string_view hint, std::string_view label) {
  return {.name = name, .hint = hint, .label = label, .required = true, .positional = true};
}
Param optional(std::string_view name, std::string_view hint, std::string_view label) {
  return {.name = name, .hint = hint, .label = label};
}
Param optional_list(std::string_view name, std::string_view hint, std::string_view label) {
  return {.name = name, .hint = hint, .label = label, .list = true};
}
Param choice(std::string_view name, std::string_view choices, std::string_view label) {
  return {.name = name, .label = label, .kind = Kind::choice, .choices = choices};
}
Param required_choice(std::string_view name, std::string_view choices, std::string_view label) {
  return {.name = name, .label = label, .kind = Kind::choice, .choices = choices, .required = true};
}
Param boolean(std::string_view name, std::string_view label) {
  return {.name = name, .label = label, .kind = Kind::boolean};
}
Param number(std::string_view name, std::string_view label) {
  return {.name = name, .label = label, .kind = Kind::number};
}
Param size(std::string_view name, std::string_view label) { return {.name = name, .label = label, .kind = Kind::size}; }
Param flag(std::string_view name, std::string_view label) { return {.name = name, .label = label, .kind = Kind::flag}; }

}  // namespace ontap_sim::cli
