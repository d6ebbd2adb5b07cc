#include "ontap-sim/cli/session.h"

#include "ontap-sim/cli/resolve.h"
#include "ontap-sim/model/cluster.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

std::string_view parent(std::string_view directory) {
  const std::size_t space = directory.rfind(' ');
  return space == std::string_view::npos ? std::string_view() : directory.substr(0, space);
}

std::optional<Privilege> privilege_of(std::string_view text) {
  for (const auto& [name, level] : {std::pair{std::string_view("admin"), Privilege::admin},
                                    std::pair{std::string_view("advanced"), Privilege::advanced},
                                    std::pair{std::string_view("diagnostic"), Privilege::diagnostic}}) {
    if (!text.empty() && name.starts_with(text)) return level;
  }
  return std::nullopt;
}

constexpr std::string_view kAdvancedWarning =
    "\nWarning: These advanced commands are potentially dangerous; use them only when\n         directed to do so by "
    "NetApp personnel.\nDo you want to continue? {y|n}: ";
constexpr std::string_view kDiagnosticWarning =
    "\nWarning: These diagnostic commands are for use by NetApp personnel only.\nDo you want to continue? {y|n}: ";

}  // namespace

Session::Session(model::Cluster& cluster, User user) : cluster_(cluster), user_(std::move(user)) {}

std::string Session::prompt() const {
  if (question_) return question_->prompt;
  const std::string name = user_.svm.empty() ? cluster_.name : user_.svm;
  return name + "::" + directory_ + (settings_.privilege == Privilege::admin ? "> " : "*> ");
}

Session::Result Session::line(std::string_view input) {
  if (question_) {
    std::string answer(input);
    if (question_->confirm) {
      answer = base::to_lower(base::trim(input));
      if (answer == "yes") answer = "y";
      if (answer == "no") answer = "n";
      if (answer != "y" && answer != "n") return {};  // asked again
    }
    answers_.push_back(std::move(answer));
    question_.reset();
    return run_pending();
  }
  const std::string_view text = base::trim(input);
  if (text.ends_with("?")) return {.output = help(text.substr(0, text.size() - 1)), .failed = false};
  auto commands = split_line(input);
  if (!commands) return {.output = commands.error() + "\n", .failed = true};
  waiting_ = std::move(*commands);
  pending_.clear();
  answers_.clear();
  return run_pending();
}

// Runs the command whose question was answered, then those after it on the same line, up to the next question.
Session::Result Session::run_pending() {
  Result whole;
  while (!ended_ && (!pending_.empty() || !waiting_.empty())) {
    if (pending_.empty()) {
      pending_ = std::move(waiting_.front());
      waiting_.erase(waiting_.begin());
    }
    const Result one = run(pending_);
    whole.output += one.output;
    whole.failed = whole.failed || one.failed;
    if (question_) return whole;
    pending_.clear();
    answers_.clear();
  }
  return whole;
}

Session::Result Session::run(const std::vector<Word>& words) {
  Result result;
  if (run_built_in(words, result)) return result;
  const auto target = find_target(words, directory_, settings_, user_);
  if (!target) return {.output = target.error() + "\n", .failed = true};
  if (target->command == nullptr) {
    if (target->words_used < words.size())
      return {.output = "Error: \"" + words[target->words_used].text + "\" is not a recognized command\n",
              .failed = true};
    directory_ = target->directory;
    return result;
  }
  Call call(cluster_, *target->command, user_, settings_);
  call.answers = answers_;
  if (auto bound = bind(call, words, target->words_used); !bound)
    return {.output = bound.error() + "\n", .failed = true};
  model::settle(cluster_);
  Reply reply = target->command->run == nullptr ? show(call) : target->command->run(call);
  question_ = std::move(reply.question);
  return {.output = std::move(reply.output), .failed = reply.failed};
}

bool Session::run_built_in(const std::vector<Word>& words, Result& result) {
  const std::string& first = words[0].text;
  if (words.size() == 1) {
    if (first == "exit" || first == "quit" || first == "logout") {
      ended_ = true;
      result.output = "Goodbye\n";
      return true;
    }
    if (first == "top") {
      directory_.clear();
      return true;
    }
    if (first == "up" || first == "..") {
      directory_ = parent(directory_);
      return true;
    }
  }
  if (first == "rows") {
    if (words.size() == 2 && base::parse_unsigned(words[1].text)) {
      settings_.rows = *base::parse_unsigned(words[1].text);
    } else if (words.size() == 1) {
      result.output = "Current rows setting: " + std::to_string(settings_.rows) + "\n";
    } else {
      result = {.output = "Error: invalid argument \"" + words.back().text + "\"\n", .failed = true};
    }
    return true;
  }
  if (first == "set") {
    result = set(words);
    return true;
  }
  return false;
}

Session::Result Session::set(const std::vector<Word>& words) {
  Settings wanted = settings_;
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string name = words[i].text;
    if (!name.starts_with("-")) {
      const auto level = privilege_of(name);
      if (!level) return {.output = "Error: invalid argument \"" + name + "\"\n", .failed = true};
      wanted.privilege = *level;
      continue;
    }
    name.erase(0, 1);
    if (i + 1 == words.size() || name.empty())
      return {.output = "Error: Missing value for \"" + words[i].text + "\"\n", .failed = true};
    const std::string& value = words[++i].text;
    const std::string invalid = "Error: \"" + value + "\" is an invalid value for field \"-" + name + "\"\n";
    if (std::string_view("privilege").starts_with(name)) {
      const auto level = privilege_of(value);
      if (!level) return {.output = invalid, .failed = true};
      wanted.privilege = *level;
    } else if (std::string_view("confirmations").starts_with(name)) {
      if (value != "on" && value != "off") return {.output = invalid, .failed = true};
      wanted.confirmations = value == "on";
    } else if (std::string_view("showallfields").starts_with(name) && name.size() > 4) {
      if (value != "true" && value != "false") return {.output = invalid, .failed = true};
      wanted.show_all_fields = value == "true";
    } else if (std::string_view("showseparator").starts_with(name) && name.size() > 4) {
      wanted.separator = value;
    } else if (std::string_view("rows").starts_with(name)) {
      if (!base::parse_unsigned(value)) return {.output = invalid, .failed = true};
      wanted.rows = *base::parse_unsigned(value);
    } else if (name != "units" && name != "vserver" && name != "node" && name != "prompt-timestamp" &&
               name != "stop-on-error") {
      return {.output = "Error: invalid argument \"-" + name + "\"\n", .failed = true};
    }
  }
  if (wanted.privilege > settings_.privilege && wanted.confirmations) {
    if (answers_.empty()) {
      const std::string_view warning = wanted.privilege == Privilege::advanced ? kAdvancedWarning : kDiagnosticWarning;
      question_ = Question{.prompt = std::string(warning), .secret = false, .confirm = true};
      return {};
    }
    if (answers_[0] != "y") return {};
  }
  settings_ = wanted;
  return {};
}

std::string Session::help(std::string_view line) const {
  const auto parsed = split_line(line);
  if (!parsed) return parsed.error() + "\n";
  return help_text(parsed->empty() ? std::vector<Word>() : parsed->back(), directory_, settings_, user_);
}

std::vector<std::string> Session::complete(std::string_view line) const {
  return completions(line, directory_, settings_, user_);
}

Outcome run_line(model::Cluster& cluster, const User& user, std::string_view line,
                 const std::vector<std::string>& answers, const Settings& settings) {
  Session session(cluster, user);
  session.settings() = settings;
  Session::Result result = session.line(line);
  Outcome outcome{.output = std::move(result.output), .failed = result.failed, .question = {}};
  std::size_t next = 0;
  while (session.asking()) {
    if (next == answers.size()) {
      outcome.question = Question{.prompt = session.prompt(), .secret = session.secret(), .confirm = false};
      outcome.failed = true;
      break;
    }
    outcome.output += session.prompt() + "\n";
    Session::Result more = session.line(answers[next++]);
    outcome.output += more.output;
    outcome.failed = outcome.failed || more.failed;
  }
  return outcome;
}

}  // namespace ontap_sim::cli
