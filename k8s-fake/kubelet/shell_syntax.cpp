#include "k8s-fake/kubelet/shell_syntax.h"

#include <algorithm>
#include <cctype>

namespace k8s_fake {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr int kNestingMax = 64;

struct Token {
  enum class Kind { word, op, end };
  Kind kind = Kind::end;
  std::string text;
};

/// Where a quoted or substituted stretch that starts at `i` ends (past its last character); npos when it never does.
std::size_t skip_stretch(const std::string& s, std::size_t i) {
  const char c = s[i];
  if (c == '\'' || c == '`') {
    const std::size_t end = s.find(c, i + 1);
    return end == std::string::npos ? end : end + 1;
  }
  if (c == '"') {
    for (++i; i < s.size(); ++i) {
      if (s[i] == '\\') {
        ++i;
      } else if (s[i] == '"') {
        return i + 1;
      } else if (s[i] == '$' && i + 1 < s.size() && s[i + 1] == '(') {
        const std::size_t end = skip_stretch(s, i);
        if (end == std::string::npos) return end;
        i = end - 1;
      }
    }
    return std::string::npos;
  }
  // "$(" or "${"
  const char open = s[i + 1];
  const char close = open == '(' ? ')' : '}';
  int depth = 0;
  for (++i; i < s.size();) {
    if (s[i] == open) ++depth;
    if (s[i] == close && --depth == 0) return i + 1;
    if (s[i] == '\'' || s[i] == '"') {
      const std::size_t end = skip_stretch(s, i);
      if (end == std::string::npos) return end;
      i = end;
    } else {
      i += s[i] == '\\' ? 2 : 1;
    }
  }
  return std::string::npos;
}

class Lexer {
 public:
  explicit Lexer(const std::string& text) : s_(text) {}

  Result<std::vector<Token>> all() {
    std::vector<Token> tokens;
    while (i_ < s_.size()) {
      const char c = s_[i_];
      if (c == ' ' || c == '\t' || c == '\r') {
        ++i_;
      } else if (c == '\\' && i_ + 1 < s_.size() && s_[i_ + 1] == '\n') {
        i_ += 2;
      } else if (c == '#') {
        while (i_ < s_.size() && s_[i_] != '\n') ++i_;
      } else if (c == '\n') {
        tokens.push_back({Token::Kind::op, ";"});
        ++i_;
      } else if (std::string_view("|&;<>()").find(c) != std::string_view::npos) {
        tokens.push_back({Token::Kind::op, operator_here()});
      } else {
        auto word = word_here();
        if (!word) return word.error();
        const bool fd = i_ < s_.size() && (s_[i_] == '>' || s_[i_] == '<') && word->size() == 1 &&
                        std::isdigit(static_cast<unsigned char>((*word)[0]));
        if (fd) {
          tokens.push_back({Token::Kind::op, *word + operator_here()});
        } else {
          tokens.push_back({Token::Kind::word, *word});
        }
      }
    }
    tokens.push_back({});
    return tokens;
  }

 private:
  std::string operator_here() {
    for (const char* op : {"&&", "||", ";;", ">>", ">&", "<<", "&>"}) {
      if (s_.compare(i_, 2, op) == 0) {
        i_ += 2;
        return op;
      }
    }
    return std::string(1, s_[i_++]);
  }

  Result<std::string> word_here() {
    std::string word;
    while (i_ < s_.size()) {
      const char c = s_[i_];
      const bool substitution = c == '$' && i_ + 1 < s_.size() && (s_[i_ + 1] == '(' || s_[i_ + 1] == '{');
      if (c == '\'' || c == '"' || c == '`' || substitution) {
        const std::size_t end = skip_stretch(s_, i_);
        if (end == std::string::npos) return Error{ErrorKind::invalid, "syntax error: unterminated quoted string"};
        word += s_.substr(i_, end - i_);
        i_ = end;
      } else if (c == '\\' && i_ + 1 < s_.size()) {
        word += s_.substr(i_, 2);
        i_ += 2;
      } else if (std::string_view(" \t\r\n|&;<>()").find(c) != std::string_view::npos) {
        break;
      } else {
        word += c;
        ++i_;
      }
    }
    return word;
  }

  const std::string& s_;
  std::size_t i_ = 0;
};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<ShellPtr> program() {
    auto list = list_until({});
    if (list && peek().kind != Token::Kind::end) return unexpected();
    return list;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  bool is_op(const char* text) const { return peek().kind == Token::Kind::op && peek().text == text; }
  bool is_word(const char* text) const { return peek().kind == Token::Kind::word && peek().text == text; }
  Error unexpected() const {
    return {ErrorKind::invalid, peek().kind == Token::Kind::end ? std::string("syntax error: unexpected end of file")
                                                                : "syntax error: unexpected \"" + peek().text + "\""};
  }
  void skip_separators() {
    while (is_op(";")) ++at_;
  }

  Result<ShellPtr> list_until(const std::vector<const char*>& ends) {
    if (++depth_ > kNestingMax) return Error{ErrorKind::invalid, "syntax error: nested too deeply"};
    auto node = std::make_shared<ShellNode>();
    node->kind = ShellNode::Kind::list;
    skip_separators();
    const auto at_end = [&] {
      if (peek().kind == Token::Kind::end || is_op(")")) return true;
      return std::any_of(ends.begin(), ends.end(), [&](const char* word) { return is_word(word); });
    };
    while (!at_end()) {
      auto part = pipeline();
      if (!part) return part;
      node->parts.push_back(*part);
      std::string op = ";";
      if (is_op("&&") || is_op("||") || is_op("&") || is_op(";")) {
        op = peek().text;
        ++at_;
      } else if (!at_end()) {
        return unexpected();
      }
      node->operators.push_back(op);
      skip_separators();
    }
    --depth_;
    return ShellPtr(node);
  }

  Result<ShellPtr> pipeline() {
    auto node = std::make_shared<ShellNode>();
    node->kind = ShellNode::Kind::pipeline;
    if (is_word("!")) {
      node->negated = true;
      ++at_;
    }
    for (;;) {
      auto stage = command();
      if (!stage) return stage;
      node->parts.push_back(*stage);
      if (!is_op("|")) break;
      ++at_;
      skip_separators();
    }
    return ShellPtr(node);
  }

  Result<ShellPtr> expect_list(ShellNode& into, const std::vector<const char*>& ends) {
    auto list = list_until(ends);
    if (!list) return list;
    into.parts.push_back(*list);
    if (std::none_of(ends.begin(), ends.end(), [&](const char* word) { return is_word(word); })) return unexpected();
    return list;
  }

  Result<ShellPtr> branch() {
    auto node = std::make_shared<ShellNode>();
    node->kind = ShellNode::Kind::branch;
    ++at_;
    if (auto part = expect_list(*node, {"then"}); !part) return part;
    ++at_;
    if (auto part = expect_list(*node, {"else", "elif", "fi"}); !part) return part;
    if (is_word("elif")) {
      auto rest = branch();
      if (!rest) return rest;
      node->parts.push_back(*rest);
      return ShellPtr(node);
    }
    if (is_word("else")) {
      ++at_;
      if (auto part = expect_list(*node, {"fi"}); !part) return part;
    }
    ++at_;
    return ShellPtr(node);
  }

  Result<ShellPtr> loop(bool until) {
    auto node = std::make_shared<ShellNode>();
    node->kind = ShellNode::Kind::loop;
    node->negated = until;
    ++at_;
    if (auto part = expect_list(*node, {"do"}); !part) return part;
    ++at_;
    if (auto part = expect_list(*node, {"done"}); !part) return part;
    ++at_;
    return ShellPtr(node);
  }

  Result<ShellPtr> each() {
    auto node = std::make_shared<ShellNode>();
    node->kind = ShellNode::Kind::each;
    ++at_;
    if (peek().kind != Token::Kind::word) return unexpected();
    node->name = peek().text;
    ++at_;
    if (is_word("in")) {
      node->explicit_values = true;
      ++at_;
      while (peek().kind == Token::Kind::word) node->words.push_back(tokens_[at_++].text);
    }
    skip_separators();
    if (!is_word("do")) return unexpected();
    ++at_;
    if (auto part = expect_list(*node, {"done"}); !part) return part;
    ++at_;
    return ShellPtr(node);
  }

  Result<ShellPtr> group(const char* closing_word) {
    auto node = std::make_shared<ShellNode>();
    node->kind = ShellNode::Kind::group;
    ++at_;
    auto list = closing_word ? list_until({closing_word}) : list_until({});
    if (!list) return list;
    node->parts.push_back(*list);
    if (closing_word ? !is_word(closing_word) : !is_op(")")) return unexpected();
    ++at_;
    return ShellPtr(node);
  }

  Result<ShellPtr> command() {
    Result<ShellPtr> node = is_word("if")      ? branch()
                            : is_word("while") ? loop(false)
                            : is_word("until") ? loop(true)
                            : is_word("for")   ? each()
                            : is_word("{")     ? group("}")
                            : is_op("(")       ? group(nullptr)
                                               : simple();
    if (!node || (*node)->kind == ShellNode::Kind::simple) return node;
    while (redirect_here(**node)) {
    }
    return node;
  }

  bool redirect_here(ShellNode& node) {
    if (peek().kind != Token::Kind::op) return false;
    std::string op = peek().text;
    int fd = -1;
    if (std::isdigit(static_cast<unsigned char>(op[0]))) {
      fd = op[0] - '0';
      op.erase(0, 1);
    }
    if (op != ">" && op != ">>" && op != "<" && op != ">&" && op != "&>") return false;
    if (tokens_[at_ + 1].kind != Token::Kind::word) return false;
    node.redirects.push_back({fd >= 0 ? fd : (op == "<" ? 0 : 1), op, tokens_[at_ + 1].text});
    at_ += 2;
    return true;
  }

  Result<ShellPtr> simple() {
    auto node = std::make_shared<ShellNode>();
    for (;;) {
      if (peek().kind == Token::Kind::word) {
        node->words.push_back(tokens_[at_++].text);
      } else if (!redirect_here(*node)) {
        break;
      }
    }
    if (node->words.empty() && node->redirects.empty()) return unexpected();
    return ShellPtr(node);
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<ShellPtr> parse_shell(const std::string& text) {
  auto tokens = Lexer(text).all();
  if (!tokens) return tokens.error();
  return Parser(std::move(*tokens)).program();
}

}  // namespace k8s_fake
