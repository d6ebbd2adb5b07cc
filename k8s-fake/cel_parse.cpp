#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <utility>

#include "k8s-fake/cel.h"
#include "provisioner/base/text.h"

namespace k8s_fake::cel {
namespace {

constexpr int kDepthMax = 60;

struct Token {
  enum class Kind { end, name, number, text, mark };
  Kind kind = Kind::end;
  std::string text;
  Json value;
  std::size_t at = 0;
};

/// Functions by name and number of arguments (the receiver counts); "name/n".
const std::set<std::string, std::less<>> kFunctions = {
    "size/1",   "startsWith/2", "endsWith/2", "contains/2",   "matches/2",    "int/1",      "uint/1",
    "double/1", "string/1",     "bool/1",     "lowerAscii/1", "upperAscii/1", "trim/1",     "split/2",
    "split/3",  "replace/3",    "replace/4",  "substring/2",  "substring/3",  "indexOf/2",  "lastIndexOf/2",
    "join/1",   "join/2",       "charAt/2",   "find/2",       "findAll/2",    "isSorted/1", "sum/1",
    "min/1",    "max/1",        "type/1",     "dyn/1",        "isURL/1"};
const std::set<std::string, std::less<>> kMacros = {"all", "exists", "exists_one", "map", "filter"};

class Parser {
 public:
  Parser(const std::string& source, const std::vector<std::string>& variables)
      : source_(source), names_(variables.begin(), variables.end()) {
    advance();
  }

  NodePtr parse() {
    NodePtr node = conditional();
    if (problem_.text.empty() && token_.kind != Token::Kind::end)
      fail(token_.at, "Syntax error: extraneous input '" + token_.text + "' expecting <EOF>");
    return node;
  }
  const Problem& problem() const { return problem_; }

 private:
  NodePtr fail(std::size_t at, std::string text) {
    if (problem_.text.empty()) problem_ = {at, std::move(text)};
    token_ = {};
    position_ = source_.size();
    return std::make_shared<Node>();
  }

  bool is(const char* mark) const { return token_.kind == Token::Kind::mark && token_.text == mark; }
  bool take(const char* mark) {
    if (!is(mark)) return false;
    advance();
    return true;
  }
  void expect(const char* mark) {
    if (!take(mark))
      fail(token_.at, token_.kind == Token::Kind::end
                          ? std::string("Syntax error: missing '") + mark + "' at '<EOF>'"
                          : "Syntax error: mismatched input '" + token_.text + "' expecting '" + mark + "'");
  }

  void read_text(char quote, bool raw, bool triple) {
    std::string out;
    while (position_ < source_.size()) {
      const char c = source_[position_];
      if (c == quote && (!triple || source_.compare(position_, 3, std::string(3, quote)) == 0)) {
        position_ += triple ? 3 : 1;
        token_.kind = Token::Kind::text;
        token_.value = out;
        return;
      }
      ++position_;
      if (c != '\\' || raw) {
        out += c;
        continue;
      }
      if (position_ >= source_.size()) break;
      const char next = source_[position_++];
      const std::string plain = "nrtabfv\\'\"`?", means = "\n\r\t\a\b\f\v\\'\"`?";
      if (const auto found = plain.find(next); found != std::string::npos) {
        out += means[found];
      } else if ((next == 'x' || next == 'X' || next == 'u') && position_ + (next == 'u' ? 4 : 2) <= source_.size()) {
        const std::size_t digits = next == 'u' ? 4 : 2;
        const auto code = std::strtoul(source_.substr(position_, digits).c_str(), nullptr, 16);
        if (code < 0x80) out += static_cast<char>(code);
        else if (code < 0x800) {
          out += static_cast<char>(0xC0 | (code >> 6));
          out += static_cast<char>(0x80 | (code & 0x3F));
        } else {
          out += static_cast<char>(0xE0 | (code >> 12));
          out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
          out += static_cast<char>(0x80 | (code & 0x3F));
        }
        position_ += digits;
      } else {
        fail(position_ - 1, "Syntax error: token recognition error");
        return;
      }
    }
    fail(token_.at, "Syntax error: token recognition error at: '" + source_.substr(token_.at) + "'");
  }

  void read_number() {
    const std::size_t start = position_;
    const bool hex = source_.compare(position_, 2, "0x") == 0;
    if (hex) position_ += 2;
    bool real = false;
    while (position_ < source_.size()) {
      const char c = source_[position_];
      const bool digit =
          hex ? std::isxdigit(static_cast<unsigned char>(c)) != 0 : std::isdigit(static_cast<unsigned char>(c)) != 0;
      const bool sign =
          !hex && (c == '+' || c == '-') && (source_[position_ - 1] == 'e' || source_[position_ - 1] == 'E');
      if (!hex && (c == '.' || c == 'e' || c == 'E')) real = true;
      else if (!digit && !sign) break;
      ++position_;
    }
    const std::string text = source_.substr(start, position_ - start);
    if (position_ < source_.size() && source_[position_] == 'u') ++position_;
    token_.kind = Token::Kind::number;
    token_.text = text;
    if (real) token_.value = std::strtod(text.c_str(), nullptr);
    else token_.value = static_cast<std::int64_t>(std::strtoll(text.c_str(), nullptr, hex ? 16 : 10));
  }

  void advance() {
    while (position_ < source_.size()) {
      if (std::isspace(static_cast<unsigned char>(source_[position_])) != 0) ++position_;
      else if (source_.compare(position_, 2, "//") == 0)
        position_ = std::min(source_.find('\n', position_), source_.size());
      else break;
    }
    token_ = {};
    token_.at = position_;
    if (position_ >= source_.size()) return;
    const char c = source_[position_];
    const bool raw = (c == 'r' || c == 'R') && position_ + 1 < source_.size() &&
                     (source_[position_ + 1] == '"' || source_[position_ + 1] == '\'');
    if (c == '"' || c == '\'' || raw) {
      if (raw) ++position_;
      const char quote = source_[position_];
      const bool triple = source_.compare(position_, 3, std::string(3, quote)) == 0;
      position_ += triple ? 3 : 1;
      read_text(quote, raw, triple);
      return;
    }
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) return read_number();
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_') {
      const std::size_t start = position_;
      while (position_ < source_.size() &&
             (std::isalnum(static_cast<unsigned char>(source_[position_])) != 0 || source_[position_] == '_'))
        ++position_;
      token_.kind = Token::Kind::name;
      token_.text = source_.substr(start, position_ - start);
      return;
    }
    token_.kind = Token::Kind::mark;
    for (const char* two : {"&&", "||", "==", "!=", "<=", ">="}) {
      if (source_.compare(position_, 2, two) != 0) continue;
      token_.text = two;
      position_ += 2;
      return;
    }
    token_.text = std::string(1, c);
    ++position_;
    if (std::string("?:<>+-*/%!.,()[]{}").find(c) == std::string::npos)
      fail(token_.at, "Syntax error: token recognition error at: '" + std::string(1, c) + "'");
  }

  static NodePtr make(Node::Kind kind, std::string text, std::size_t at, std::vector<NodePtr> args) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->text = std::move(text);
    node->at = at;
    node->args = std::move(args);
    return node;
  }

  NodePtr conditional() {
    if (++depth_ > kDepthMax) return fail(token_.at, "expression recursion limit exceeded: 250");
    NodePtr node = binary(0);
    const std::size_t at = token_.at;
    if (take("?")) {
      NodePtr yes = binary(0);
      expect(":");
      NodePtr no = conditional();
      node = make(Node::Kind::conditional, "?:", at, {node, yes, no});
    }
    --depth_;
    return node;
  }

  /// Operators from the loosest to the tightest.
  static int level_of(const std::string& mark) {
    if (mark == "||") return 0;
    if (mark == "&&") return 1;
    if (mark == "==" || mark == "!=" || mark == "<" || mark == "<=" || mark == ">" || mark == ">=" || mark == "in")
      return 2;
    if (mark == "+" || mark == "-") return 3;
    if (mark == "*" || mark == "/" || mark == "%") return 4;
    return -1;
  }

  NodePtr binary(int level) {
    if (level > 4) return unary();
    NodePtr left = binary(level + 1);
    for (;;) {
      const bool in = token_.kind == Token::Kind::name && token_.text == "in";
      if ((token_.kind != Token::Kind::mark && !in) || level_of(token_.text) != level) return left;
      const Token op = token_;
      advance();
      NodePtr right = binary(level + 1);
      left = make(Node::Kind::binary, op.text, op.at, {left, right});
    }
  }

  NodePtr unary() {
    const Token op = token_;
    if (!is("!") && !is("-")) return postfix(primary());
    if (++depth_ > kDepthMax) return fail(op.at, "expression recursion limit exceeded: 250");
    advance();
    NodePtr inner = unary();
    --depth_;
    return make(Node::Kind::unary, op.text, op.at, {inner});
  }

  std::vector<NodePtr> arguments(const char* end) {
    std::vector<NodePtr> out;
    while (!is(end) && problem_.text.empty()) {
      out.push_back(conditional());
      if (!take(",")) break;
    }
    expect(end);
    return out;
  }

  NodePtr call(const Token& name, NodePtr receiver) {
    advance();  // the bracket
    if (receiver != nullptr && kMacros.contains(name.text)) return macro(name, receiver);
    if (receiver == nullptr && name.text == "has") {
      NodePtr member = conditional();
      expect(")");
      if (member->kind != Node::Kind::member) return fail(name.at, "invalid argument to has() macro");
      return make(Node::Kind::macro, "has", name.at, {member});
    }
    std::vector<NodePtr> args = arguments(")");
    if (receiver != nullptr) args.insert(args.begin(), receiver);
    if (!kFunctions.contains(name.text + "/" + std::to_string(args.size())))
      return fail(name.at, "undeclared reference to '" + name.text + "' (in container '')");
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::call;
    node->text = name.text;
    node->at = name.at;
    node->args = std::move(args);
    node->has_receiver = receiver != nullptr;
    return node;
  }

  NodePtr macro(const Token& name, NodePtr receiver) {
    const Token variable = token_;
    if (variable.kind != Token::Kind::name) return fail(variable.at, "argument must be a simple name");
    advance();
    expect(",");
    const bool fresh = names_.insert(variable.text).second;
    std::vector<NodePtr> args = {receiver, conditional()};
    if (name.text == "map" && take(",")) args.push_back(conditional());
    if (fresh) names_.erase(variable.text);
    expect(")");
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::macro;
    node->text = name.text;
    node->at = name.at;
    node->args = std::move(args);
    node->variable = variable.text;
    return node;
  }

  NodePtr postfix(NodePtr node) {
    for (;;) {
      const std::size_t at = token_.at;
      if (take(".")) {
        const Token name = token_;
        if (name.kind != Token::Kind::name) return fail(name.at, "Syntax error: no viable alternative at input '.'");
        advance();
        node = is("(") ? call(name, node) : make(Node::Kind::member, name.text, name.at, {node});
      } else if (take("[")) {
        NodePtr index = conditional();
        expect("]");
        node = make(Node::Kind::index, "[]", at, {node, index});
      } else {
        return node;
      }
    }
  }

  NodePtr primary() {
    const Token token = token_;
    const auto literal = [&](Json value) {
      auto node = std::make_shared<Node>();
      node->value = std::move(value);
      node->at = token.at;
      return node;
    };
    if (token.kind == Token::Kind::number || token.kind == Token::Kind::text) {
      advance();
      return literal(token.value);
    }
    if (token.kind == Token::Kind::name) {
      advance();
      if (token.text == "true" || token.text == "false") return literal(token.text == "true");
      if (token.text == "null") return literal(nullptr);
      if (is("(")) return call(token, nullptr);
      if (!names_.contains(token.text))
        return fail(token.at, "undeclared reference to '" + token.text + "' (in container '')");
      return make(Node::Kind::name, token.text, token.at, {});
    }
    if (take("(")) {
      NodePtr inner = conditional();
      expect(")");
      return inner;
    }
    if (take("[")) return make(Node::Kind::list, "[]", token.at, arguments("]"));
    if (take("{")) {
      std::vector<NodePtr> entries;
      while (!is("}") && problem_.text.empty()) {
        entries.push_back(conditional());
        expect(":");
        entries.push_back(conditional());
        if (!take(",")) break;
      }
      expect("}");
      return make(Node::Kind::map, "{}", token.at, std::move(entries));
    }
    const std::string seen = token.kind == Token::Kind::end ? "<EOF>" : token.text;
    return fail(token.at, "Syntax error: mismatched input '" + seen +
                              "' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, "
                              "NUM_UINT, STRING, BYTES, IDENTIFIER}");
  }

  const std::string& source_;
  std::set<std::string, std::less<>> names_;
  std::size_t position_ = 0;
  Token token_;
  Problem problem_;
  int depth_ = 0;
};

}  // namespace

base::Result<NodePtr, Problem> compile(const std::string& source, const std::vector<std::string>& variables) {
  Parser parser(source, variables);
  NodePtr node = parser.parse();
  if (!parser.problem().text.empty()) return parser.problem();
  return node;
}

std::string describe(const std::string& source, const Problem& problem) {
  const std::size_t at = std::min(problem.at, source.size());
  const std::size_t before = at == 0 ? std::string::npos : source.rfind('\n', at - 1);
  const std::size_t start = before == std::string::npos ? 0 : before + 1;
  const std::size_t end = std::min(source.find('\n', start), source.size());
  const auto line = 1 + std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(start), '\n');
  return "ERROR: <input>:" + std::to_string(line) + ":" + std::to_string(at - start + 1) + ": " + problem.text +
         "\n | " + source.substr(start, end - start) + "\n | " + std::string(at - start, '.') + "^";
}

bool mentions(const Node& node, const std::string& name) {
  if (node.kind == Node::Kind::name && node.text == name) return true;
  return std::any_of(node.args.begin(), node.args.end(), [&](const NodePtr& each) { return mentions(*each, name); });
}

}  // namespace k8s_fake::cel
