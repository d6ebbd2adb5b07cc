#include <charconv>
#include <map>

#include "scenarios/runner/jmespath_ast.h"

namespace scenario::jmes {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

enum class T {
  end,
  identifier,
  quoted,
  literal,
  number,
  variable,
  root,
  current,
  dot,
  star,
  flatten,
  lbracket,
  rbracket,
  filter,
  lparen,
  rparen,
  lbrace,
  rbrace,
  comma,
  colon,
  pipe,
  either,
  both,
  negation,
  expref,
  compare,
  assign,
  plus,
  minus,
  times,
  divide,
  modulo,
  floordiv,
};

struct Token {
  T type = T::end;
  std::string text;
  Json value;
  std::size_t at = 0;
};

int binding_power(T type) {
  switch (type) {
    case T::pipe: return 1;
    case T::either: return 2;
    case T::both: return 3;
    case T::compare: return 5;
    case T::plus:
    case T::minus: return 6;
    case T::times:
    case T::divide:
    case T::modulo:
    case T::floordiv: return 7;
    case T::flatten: return 9;
    case T::star: return 7;  // between two operands it multiplies
    case T::filter: return 21;
    case T::dot: return 40;
    case T::lbracket: return 55;
    case T::lparen: return 60;
    default: return 0;
  }
}
constexpr int kProjectionStop = 10;
constexpr int kNot = 45;
constexpr int kDepthMax = 512;

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
      start_ = at_;
      if (at_ >= text_.size()) break;
      Token token = next();
      if (!problem_.empty())
        return Error{ErrorKind::invalid, "syntax: " + problem_ + " at column " + std::to_string(start_ + 1)};
      token.at = start_;
      tokens.push_back(std::move(token));
    }
    tokens.push_back(Token{T::end, "end of expression", {}, at_});
    return tokens;
  }

 private:
  bool eat(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  static bool word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  static bool digit(char c) { return c >= '0' && c <= '9'; }
  std::string word() {
    const std::size_t from = at_;
    while (at_ < text_.size() && (word_start(text_[at_]) || digit(text_[at_]))) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }
  /// The text up to the closing quote, the quote's own escape kept as it stands.
  std::string until(char quote) {
    std::string content;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        return content;
      }
      content += c;
      if (c == '\\' && at_ + 1 < text_.size()) content += text_[++at_];
    }
    problem_ = std::string("unclosed ") + quote;
    return content;
  }
  static std::string unescape(const std::string& text, char quote) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == quote) ++i;
      result += text[i];
    }
    return result;
  }
  Token json(T type, const std::string& text) {
    Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) problem_ = "not JSON: " + text;
    return Token{type, type == T::quoted && value.is_string() ? value.get<std::string>() : text, value, 0};
  }
  Token next() {
    const char c = text_[at_];
    if (word_start(c)) return Token{T::identifier, word(), {}, 0};
    if (digit(c)) {
      const std::size_t from = at_;
      while (at_ < text_.size() && digit(text_[at_])) ++at_;
      return Token{T::number, std::string(text_.substr(from, at_ - from)), {}, 0};
    }
    if (c == '"') return json(T::quoted, "\"" + until('"') + "\"");
    if (c == '`') return json(T::literal, unescape(until('`'), '`'));
    if (c == '\'') {
      std::string raw = unescape(until('\''), '\'');
      return Token{T::literal, raw, Json(raw), 0};
    }
    if (c == '$') {
      ++at_;
      if (at_ < text_.size() && word_start(text_[at_])) return Token{T::variable, word(), {}, 0};
      return Token{T::root, "$", {}, 0};
    }
    static const std::vector<std::pair<std::string_view, T>> kFixed = {
        {"[]", T::flatten},   {"[?", T::filter},     {"[", T::lbracket},  {"]", T::rbracket}, {"(", T::lparen},
        {")", T::rparen},     {"{", T::lbrace},      {"}", T::rbrace},    {",", T::comma},    {":", T::colon},
        {"||", T::either},    {"|", T::pipe},        {"&&", T::both},     {"&", T::expref},   {"==", T::compare},
        {"!=", T::compare},   {"<=", T::compare},    {">=", T::compare},  {"<", T::compare},  {">", T::compare},
        {"=", T::assign},     {"!", T::negation},    {".", T::dot},       {"*", T::star},     {"@", T::current},
        {"+", T::plus},       {"-", T::minus},       {"//", T::floordiv}, {"/", T::divide},   {"%", T::modulo},
        {"\u2212", T::minus}, {"\u00f7", T::divide}, {"\u00d7", T::times}};
    for (const auto& [word_text, type] : kFixed)
      if (eat(word_text)) return Token{type, std::string(word_text), {}, 0};
    problem_ = std::string("unknown character ") + c;
    return Token{};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::string problem_;
};

NodePtr make(NodeKind kind, std::string text, std::vector<NodePtr> children = {}) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->text = std::move(text);
  node->children = std::move(children);
  return node;
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<NodePtr> run() {
    NodePtr node = expression(0);
    if (problem_.empty() && peek().type != T::end) unexpected();
    if (!problem_.empty()) return Error{ErrorKind::invalid, "syntax: " + problem_};
    return node;
  }

 private:
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  NodePtr unexpected() {
    if (problem_.empty()) problem_ = "unexpected " + peek().text + " at column " + std::to_string(peek().at + 1);
    return current();
  }
  static NodePtr current() { return make(NodeKind::current, ""); }
  void expect(T type) {
    if (peek().type == type) take();
    else unexpected();
  }

  NodePtr expression(int power) {
    if (++depth_ > kDepthMax && problem_.empty()) problem_ = "nested too deep";
    NodePtr left = problem_.empty() ? first() : current();
    while (problem_.empty() && power < binding_power(peek().type)) left = more(left);
    --depth_;
    return left;
  }

  NodePtr first() {
    const Token token = peek();
    switch (token.type) {
      case T::literal: {
        take();
        auto node = std::make_shared<Node>();
        node->kind = NodeKind::literal;
        node->literal = token.value;
        return node;
      }
      case T::identifier:
        take();
        if (token.text == "let" && peek().type == T::variable) return let();
        if (peek().type == T::lparen) return function(token.text);
        return make(NodeKind::field, token.text);
      case T::quoted:
        take();
        if (peek().type == T::lparen) return unexpected();
        return make(NodeKind::field, token.text);
      case T::variable: take(); return make(NodeKind::variable, token.text);
      case T::root: take(); return make(NodeKind::root, "");
      case T::current: take(); return current();
      case T::star: take(); return make(NodeKind::value_projection, "", {current(), projected(20)});
      case T::flatten: take(); return flatten(current());
      case T::filter: take(); return filter(current());
      case T::lbracket: take(); return bracket_first();
      case T::lbrace: take(); return hash();
      case T::negation: take(); return make(NodeKind::negation, "", {expression(kNot)});
      case T::minus:
      case T::plus: take(); return make(NodeKind::arithmetic, token.type == T::minus ? "-" : "+", {expression(kNot)});
      case T::expref: take(); return make(NodeKind::expression, "", {expression(0)});
      case T::lparen: {
        take();
        NodePtr inner = expression(0);
        expect(T::rparen);
        return make(NodeKind::chain, "", {inner, current()});  // ends a projection
      }
      default: return unexpected();
    }
  }

  NodePtr more(const NodePtr& left) {
    const Token token = take();
    const int power = binding_power(token.type);
    switch (token.type) {
      case T::pipe: return make(NodeKind::chain, "", {left, expression(power)});
      case T::either: return make(NodeKind::either, "", {left, expression(power)});
      case T::both: return make(NodeKind::both, "", {left, expression(power)});
      case T::compare: return make(NodeKind::compare, token.text, {left, expression(power)});
      case T::plus: return make(NodeKind::arithmetic, "+", {left, expression(power)});
      case T::minus: return make(NodeKind::arithmetic, "-", {left, expression(power)});
      case T::star:
      case T::times: return make(NodeKind::arithmetic, "*", {left, expression(power)});
      case T::divide: return make(NodeKind::arithmetic, "/", {left, expression(power)});
      case T::modulo: return make(NodeKind::arithmetic, "%", {left, expression(power)});
      case T::floordiv: return make(NodeKind::arithmetic, "//", {left, expression(power)});
      case T::flatten: return flatten(left);
      case T::filter: return filter(left);
      case T::dot:
        if (peek().type == T::star) {
          take();
          return make(NodeKind::value_projection, "", {left, projected(20)});
        }
        return make(NodeKind::chain, "", {left, after_dot(power)});
      case T::lbracket: {
        if (peek().type == T::star) {
          take();
          expect(T::rbracket);
          return make(NodeKind::list_projection, "", {left, projected(20)});
        }
        return index(left);
      }
      default: return unexpected();
    }
  }

  NodePtr flatten(const NodePtr& left) {
    return make(NodeKind::list_projection, "", {make(NodeKind::flatten, "", {left}), projected(9)});
  }
  NodePtr filter(const NodePtr& left) {
    NodePtr condition = expression(0);
    expect(T::rbracket);
    NodePtr each = peek().type == T::flatten ? current() : projected(21);
    return make(NodeKind::filter_projection, "", {left, each, condition});
  }
  /// What is applied to each element of a projection.
  NodePtr projected(int power) {
    const T type = peek().type;
    if (type == T::star || binding_power(type) < kProjectionStop) return current();
    if (type == T::lbracket || type == T::filter) return expression_from(power);
    if (type == T::dot) {
      take();
      return after_dot(power);
    }
    return unexpected();
  }
  /// `[…]` or `[?…]` behind a projection: like an expression that starts at the element itself.
  NodePtr expression_from(int power) {
    NodePtr left = more(current());
    while (problem_.empty() && power < binding_power(peek().type)) left = more(left);
    return left;
  }
  NodePtr after_dot(int power) {
    switch (peek().type) {
      case T::identifier:
      case T::quoted:
      case T::star: return expression(power);
      case T::lbracket: take(); return multi_list();
      case T::lbrace: take(); return hash();
      default: return unexpected();
    }
  }
  NodePtr bracket_first() {
    const T type = peek().type;
    if (type == T::number || type == T::colon || (type == T::minus && peek(1).type == T::number))
      return index(current());
    if (type == T::star && peek(1).type == T::rbracket) {
      take();
      take();
      return make(NodeKind::list_projection, "", {current(), projected(20)});
    }
    return multi_list();
  }
  NodePtr multi_list() {
    std::vector<NodePtr> children;
    do {
      children.push_back(expression(0));
    } while (problem_.empty() && peek().type == T::comma && (take(), true));
    expect(T::rbracket);
    return make(NodeKind::multi_list, "", std::move(children));
  }
  std::optional<long> maybe_number() {
    const bool negative = peek().type == T::minus && peek(1).type == T::number;
    if (negative) take();
    if (peek().type != T::number) return std::nullopt;
    const std::string digits = take().text;
    long value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc())
      problem_ = "number too large: " + digits;
    return negative ? -value : value;
  }
  NodePtr index(const NodePtr& left) {
    auto node = std::make_shared<Node>();
    node->kind = NodeKind::index;
    node->numbers.push_back(maybe_number());
    if (peek().type != T::colon) {
      if (!node->numbers[0]) return unexpected();
      expect(T::rbracket);
      return make(NodeKind::chain, "", {left, node});
    }
    node->kind = NodeKind::slice;
    while (peek().type == T::colon && node->numbers.size() < 3) {
      take();
      node->numbers.push_back(maybe_number());
    }
    node->numbers.resize(3);
    expect(T::rbracket);
    return make(NodeKind::list_projection, "", {make(NodeKind::chain, "", {left, node}), projected(20)});
  }
  NodePtr hash() {
    auto node = std::make_shared<Node>();
    node->kind = NodeKind::multi_hash;
    do {
      if (peek().type != T::identifier && peek().type != T::quoted) return unexpected();
      node->names.push_back(take().text);
      expect(T::colon);
      node->children.push_back(expression(0));
    } while (problem_.empty() && peek().type == T::comma && (take(), true));
    expect(T::rbrace);
    return node;
  }
  NodePtr function(const std::string& name) {
    take();
    std::vector<NodePtr> children;
    while (problem_.empty() && peek().type != T::rparen) {
      children.push_back(expression(0));
      if (peek().type != T::comma) break;
      take();
      if (peek().type == T::rparen) unexpected();
    }
    expect(T::rparen);
    return make(NodeKind::function, name, std::move(children));
  }
  NodePtr let() {
    auto node = std::make_shared<Node>();
    node->kind = NodeKind::let;
    while (problem_.empty()) {
      if (peek().type != T::variable) return unexpected();
      node->names.push_back(take().text);
      expect(T::assign);
      node->children.push_back(expression(0));
      if (peek().type != T::comma) break;
      take();
    }
    if (peek().type != T::identifier || peek().text != "in") return unexpected();
    take();
    node->children.push_back(expression(0));
    return node;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string problem_;
};

}  // namespace

Result<NodePtr> parse_expression(std::string_view text) {
  Result<std::vector<Token>> tokens = Lexer(text).run();
  if (!tokens) return tokens.error();
  return Parser(std::move(*tokens)).run();
}

}  // namespace scenario::jmes
