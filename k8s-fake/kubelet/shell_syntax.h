#pragma once

#include <memory>
#include <string>
#include <vector>

#include "provisioner/base/result.h"

/// The grammar of the small shell: lists, pipelines, if, while, until, for, groups, redirections. Words are kept as
/// written; expansion happens when they are used.
namespace k8s_fake {

struct Redirect {
  int fd = 1;
  std::string op;  // > >> < >&
  std::string word;
};

struct ShellNode;
using ShellPtr = std::shared_ptr<ShellNode>;

struct ShellNode {
  enum class Kind { simple, pipeline, list, branch, loop, each, group };
  Kind kind = Kind::simple;
  std::vector<std::string> words;  // simple: assignments and words; each: the values
  std::vector<Redirect> redirects;
  std::vector<ShellPtr>
      parts;  // pipeline: stages; list: commands; branch: condition, then, else; loop and each: condition, body
  std::vector<std::string> operators;  // list: what follows part i: ";", "&&", "||", "&"
  std::string name;                    // each: the variable
  bool negated = false;                // pipeline with "!", loop: until
  bool explicit_values = false;        // each: "in" was there
};

/// Errors: the shell's message without its "sh: " prefix.
base::Result<ShellPtr> parse_shell(const std::string& text);

}  // namespace k8s_fake
