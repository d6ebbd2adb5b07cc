#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/cli/view.h"
#include "ontap-sim/cli/words.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/result.h"

/// A command of the clustershell is one row: path, parameters, and a function over the model. Everything generic
/// (abbreviation, checking values, `?`, queries, tables) reads the row. Rules live in the model; a command only
/// translates. A command that needs an answer (a password, "are you sure") asks before it changes anything: it returns
/// the question and is run again with the answers it got, so that a session needs no thread of its own.
namespace ontap_sim::model {
struct Cluster;
}

namespace ontap_sim::cli {

enum class Kind { text, boolean, number, size, percent, choice, flag };
enum class Privilege { admin, advanced, diagnostic };
/// Who may run it: anybody, or administrators of the cluster only.
enum class Reach { any, cluster };

struct Param {
  std::string_view name = {};      // "home-node"
  std::string_view hint = "text";  // stands in <…> in `?`
  std::string_view label = {};     // what it means, in `?`
  Kind kind = Kind::text;
  std::string_view choices = {};  // of Kind::choice: "up|down"
  bool required = false;
  bool positional = false;  // may stand without its name
  bool list = false;        // comma-separated
};

/// A question to the user. `secret` answers are not echoed; a `confirm` takes only y or n.
struct Question {
  std::string prompt = {};
  bool secret = false;
  bool confirm = false;
};

struct Reply {
  std::string output = {};  // whole lines
  bool failed = false;
  std::optional<Question> question = {};
};

class Call;

struct View {
  std::vector<Layout> layouts = {};  // the first is the default
  std::vector<Field> fields = {};
  std::vector<Record> (*list)(Call& call) = nullptr;  // every object the caller may see, in key order
};

struct Command {
  std::string_view path = {};  // "network interface create"
  std::string_view help = {};
  Reach reach = Reach::any;
  Privilege privilege = Privilege::admin;
  std::vector<Param> params = {};
  Reply (*run)(Call& call) = nullptr;  // null for a show, which the view describes whole
  const View* view = nullptr;          // a show; or what the keys of a modify or delete are matched against
  std::string_view source = {};
};

/// Options of a session that commands read (`set`).
struct Settings {
  Privilege privilege = Privilege::admin;
  bool confirmations = true;
  bool show_all_fields = false;
  std::string separator = {};  // empty: tables
  std::uint64_t rows = 0;      // lines per page, 0 = no paging
};

/// Who is typing. `svm` is empty for administrators of the cluster.
struct User {
  std::string name = "admin";
  std::string role = "admin";
  std::string svm = {};
};

/// One run of one command: its parameters, and the model.
class Call {
 public:
  Call(model::Cluster& on, const Command& row, const User& by, const Settings& with)
      : cluster(on), command(row), user(by), settings(with) {}

  bool has(std::string_view name) const { return given.contains(name); }
  /// The value as typed; "" when absent.
  std::string text(std::string_view name) const;
  std::string text_or(std::string_view name, std::string_view fallback) const;
  bool flag(std::string_view name, bool fallback = false) const;
  std::optional<bool> maybe_flag(std::string_view name) const;
  std::optional<std::uint64_t> number(std::string_view name) const;
  std::optional<std::uint64_t> bytes(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  /// The SVM a command acts on: -vserver, or the caller's own.
  std::string vserver() const;

  /// Next unread answer; asks when there is none (see ask()).
  bool answered(std::size_t count) const { return answers.size() >= count; }
  const std::string& answer(std::size_t index) const { return answers[index]; }

  model::Cluster& cluster;
  const Command& command;
  const User& user;
  const Settings& settings;
  std::map<std::string_view, Word> given;       // parameters by full name
  std::vector<std::string_view> fields;         // -fields
  bool instance = false;                        // -instance
  std::map<std::string_view, Word> conditions;  // of an extended query { … }
  std::vector<std::string> answers;
};

Reply ok(std::string output = {});
/// "Error: command failed: REASON".
Reply failed(std::string_view reason);
/// "Error: TEXT", for what the shell itself refuses.
Reply refused(std::string_view text);
Reply ask(std::string prompt, bool secret = false);
/// The confirmation of a dangerous command; nothing when confirmations are off or the answer was yes.
/// `declined` is set when the answer at `index` was no.
std::optional<Reply> confirm(Call& call, std::size_t index, std::string_view warning, bool& declined);

/// The objects of the command's view that its key parameters (queries) and its extended query select, in key order.
std::vector<Record> select(Call& call);
/// Runs `one` on every selected object of a modify or delete. No match of literal keys: "entry doesn't exist"; of a
/// pattern: "There are no entries matching your query.". With a pattern the number of entries acted on is printed.
Reply for_each_selected(Call& call, Reply (*one)(Call& call, const Record& record), std::string_view done);
/// A show command.
Reply show(Call& call);

/// Short forms for the tables.
Param required(std::string_view name, std::string_view hint, std::string_view label);
Param positional(std::string_view name, std::string_view hint, std::string_view label);
Param optional(std::string_view name, std::string_view hint, std::string_view label);
Param optional_list(std::string_view name, std::string_view hint, std::string_view label);
Param choice(std::string_view name, std::string_view choices, std::string_view label);
Param required_choice(std::string_view name, std::string_view choices, std::string_view label);
Param boolean(std::string_view name, std::string_view label);
Param number(std::string_view name, std::string_view label);
Param size(std::string_view name, std::string_view label);
Param flag(std::string_view name, std::string_view label);

/// All commands, sorted by path.
const std::vector<Command>& commands();

}  // namespace ontap_sim::cli
