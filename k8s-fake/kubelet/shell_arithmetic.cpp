#include "k8s-fake/kubelet/shell_arithmetic.h"

#include <cctype>
#include <cstddef>
#include <string_view>

#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr int kUnitsMax = 1000;  // numbers, names and parentheses in one expression

std::int64_t wrapped(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }

class Arithmetic {
 public:
  Arithmetic(const std::string& text, const std::function<std::string(const std::string&)>& variable)
      : text_(text), variable_(variable) {}

  std::int64_t compare() {
    std::int64_t left = sum();
    for (;;) {
      if (eat("==")) left = left == sum();
      else if (eat("!=")) left = left != sum();
      else if (eat("<=")) left = left <= sum();
      else if (eat(">=")) left = left >= sum();
      else if (eat("<")) left = left < sum();
      else if (eat(">")) left = left > sum();
      else return left;
    }
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  void blanks() {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '$')) ++at_;
  }
  bool eat(std::string_view op) {
    blanks();
    if (text_.compare(at_, op.size(), op) != 0) return false;
    at_ += op.size();
    return true;
  }
  std::int64_t sum() {
    std::int64_t left = product();
    for (;;) {
      if (eat("+")) left = wrapped(bits(left) + bits(product()));
      else if (eat("-")) left = wrapped(bits(left) - bits(product()));
      else return left;
    }
  }
  std::int64_t product() {
    std::int64_t left = unit();
    for (;;) {
      if (eat("*")) left = wrapped(bits(left) * bits(unit()));
      else if (eat("/")) left = quotient(left, unit());
      else if (eat("%")) left = remainder(left, unit());
      else return left;
    }
  }
  static std::int64_t quotient(std::int64_t left, std::int64_t right) {
    if (right == -1) return wrapped(0 - bits(left));
    return right == 0 ? 0 : left / right;
  }
  static std::int64_t remainder(std::int64_t left, std::int64_t right) {
    return right == 0 || right == -1 ? 0 : left % right;
  }

  std::int64_t unit() {
    if (++units_ > kUnitsMax) return 0;
    if (eat("(")) {
      const std::int64_t inner = compare();
      static_cast<void>(eat(")"));
      return inner;
    }
    if (eat("-")) return wrapped(0 - bits(unit()));
    blanks();
    std::string word;
    while (!at_end() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      word += text_[at_++];
    if (!word.empty() && !std::isdigit(static_cast<unsigned char>(word[0]))) word = variable_(word);
    return base::parse_signed(word).value_or(0);
  }

  const std::string& text_;
  const std::function<std::string(const std::string&)>& variable_;
  std::size_t at_ = 0;
  int units_ = 0;
};

}  // namespace

std::int64_t shell_arithmetic(const std::string& text,
                              const std::function<std::string(const std::string& name)>& variable) {
  return Arithmetic(text, variable).compare();
}

}  // namespace k8s_fake
