#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provisioner/base/result.h"

/// XML as the array's calls use it: elements with text or children; attributes only on the result envelope.
/// This is the product's own mapping, made with pugixml; the simulator has another, so that one wrong idea shows.
namespace provisioner::zapi {

struct Element {
  std::string name;
  std::string text;
  std::vector<Element> children;

  Element() = default;
  explicit Element(std::string element_name) : name(std::move(element_name)) {}
  Element(std::string element_name, std::string content) : name(std::move(element_name)), text(std::move(content)) {}
  Element(std::string element_name, std::vector<Element> inner)
      : name(std::move(element_name)), children(std::move(inner)) {}

  /// Adds a child with text, unless the text is empty.
  Element& with(std::string child, std::string content);
  Element& with(Element child);
  /// The first element at a path like "volume-id-attributes/name", or null.
  const Element* find(std::string_view path) const;
  /// The trimmed text at that path, or "".
  std::string get(std::string_view path) const;
};

/// Children sorted by name at every level, nothing between elements, text escaped.
std::string to_xml(const Element& element);

/// The <results> element of a reply.
struct Results {
  std::string status;  // "passed", "failed", or "" when the reply is not a ZAPI reply
  std::string reason;
  std::string code;  // errno as sent
  Element body;      // children of <results>
};
/// Never fails: garbage gives an empty status. Nesting deeper than 512 counts as garbage.
Results parse_results(std::string_view xml);

}  // namespace provisioner::zapi
