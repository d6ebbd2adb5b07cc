#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/cli/command.h"

/// One login to the clustershell: lines in, text out. It never waits: when a command asks (a password, "are you sure"),
/// prompt() is the question and the next line is its answer. SSH, /drydock/v1/commands and scenarios are skins over
/// this.
namespace ontap_sim::cli {

class Session {
 public:
  /// `name` stands in prompts: the cluster's, or the SVM's for its administrators.
  Session(model::Cluster& cluster, User user);

  /// "cluster1::> ", "cluster1::*> ", "cluster1::storage disk> ", or the question that is open.
  std::string prompt() const;
  bool secret() const { return question_ && question_->secret; }
  bool asking() const { return question_.has_value(); }
  bool ended() const { return ended_; }

  struct Result {
    std::string output;
    bool failed = false;
  };
  /// One line of input, without its newline: a command, or the answer to the open question.
  Result line(std::string_view input);
  /// Leaves the open question (Ctrl-C).
  void interrupt() { question_.reset(); }

  std::string help(std::string_view line) const;
  std::vector<std::string> complete(std::string_view line) const;
  Settings& settings() { return settings_; }

 private:
  Result run(const std::vector<Word>& words);
  Result run_pending();
  bool run_built_in(const std::vector<Word>& words, Result& result);
  Result set(const std::vector<Word>& words);

  model::Cluster& cluster_;
  User user_;
  Settings settings_;
  std::string directory_;
  std::vector<Word> pending_;               // the command whose question is open
  std::vector<std::vector<Word>> waiting_;  // commands of the same line after it
  std::vector<std::string> answers_;
  std::optional<Question> question_;
  bool ended_ = false;
};

/// Runs the commands of one line with answers given beforehand. When they do not suffice, `question` holds the one that
/// is open and nothing of that command has been done.
struct Outcome {
  std::string output = {};
  bool failed = false;
  std::optional<Question> question = {};
};
Outcome run_line(model::Cluster& cluster, const User& user, std::string_view line,
                 const std::vector<std::string>& answers, const Settings& settings = {});

}  // namespace ontap_sim::cli
