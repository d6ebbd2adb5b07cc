#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Weights of the members of a list, found by their running sum in steps of the logarithm (a Fenwick tree). Positions
/// are those of the list: new ones come at its end, and who leaves is replaced by the last one.
namespace provisioner {

class WeightTree {
 public:
  std::size_t size() const { return sums_.size(); }
  std::uint64_t total() const { return before(sums_.size()); }
  std::uint64_t at(std::size_t position) const { return before(position + 1) - before(position); }

  void push_back(std::uint64_t weight) {
    const std::size_t end = sums_.size() + 1;
    for (std::size_t span = 1; span < (end & -end); span *= 2) weight += sums_[end - span - 1];
    sums_.push_back(weight);
  }
  void set(std::size_t position, std::uint64_t weight) {
    const std::uint64_t change = weight - at(position);  // may wrap, and wraps back
    for (std::size_t i = position + 1; i <= sums_.size(); i += i & -i) sums_[i - 1] += change;
  }
  void remove(std::size_t position) {
    const std::uint64_t last = at(sums_.size() - 1);
    sums_.pop_back();
    if (position < sums_.size()) set(position, last);
  }
  /// The position whose share of [0, total()) holds `rest`.
  std::size_t find(std::uint64_t rest) const {
    std::size_t position = 0;
    std::size_t step = 1;
    while (step * 2 <= sums_.size()) step *= 2;
    for (; step > 0; step /= 2) {
      if (position + step > sums_.size() || sums_[position + step - 1] > rest) continue;
      position += step;
      rest -= sums_[position - 1];
    }
    return position;
  }

 private:
  std::uint64_t before(std::size_t end) const {
    std::uint64_t sum = 0;
    for (; end > 0; end &= end - 1) sum += sums_[end - 1];
    return sum;
  }
  std::vector<std::uint64_t> sums_;
};

}  // namespace provisioner
