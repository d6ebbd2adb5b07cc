#pragma once

#include <cstdint>
#include <functional>
#include <string>

/// $(( )) of the pods' shell: whole numbers of 64 bits that wrap around, + - * / %, comparisons (1 or 0), parentheses
/// and names as variables. What is no number counts as 0, so does a division by 0.
namespace k8s_fake {

std::int64_t shell_arithmetic(const std::string& text,
                              const std::function<std::string(const std::string& name)>& variable);

}  // namespace k8s_fake
