#include "provisioner/zapi/element.h"

#include <algorithm>
#include <pugixml.hpp>

#include "provisioner/base/text.h"

namespace provisioner::zapi {

Element& Element::with(std::string child, std::string content) {
  if (!content.empty()) children.emplace_back(std::move(child), std::move(content));
  return *this;
}

Element& Element::with(Element child) {
  children.push_back(std::move(child));
  return *this;
}

const Element* Element::find(std::string_view path) const {
  const Element* at = this;
  for (const std::string_view part : base::split(path, '/')) {
    const auto next = std::ranges::find(at->children, part, &Element::name);
    if (next == at->children.end()) return nullptr;
    at = &*next;
  }
  return at;
}

std::string Element::get(std::string_view path) const {
  const Element* found = find(path);
  return found == nullptr ? std::string() : std::string(base::trim(found->text));
}

namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r')
      out += c;  // the rest is not XML
  }
}

void append_xml(std::string& out, const Element& element) {
  out += '<' + element.name + '>';
  append_escaped(out, element.text);
  std::vector<const Element*> sorted;
  for (const Element& child : element.children) sorted.push_back(&child);
  std::ranges::stable_sort(sorted, {}, [](const Element* child) -> const std::string& { return child->name; });
  for (const Element* child : sorted) append_xml(out, *child);
  out += "</" + element.name + '>';
}

constexpr int kNestingMax = 512;

struct DepthCheck final : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& /*node*/) override { return depth() < kNestingMax; }
};

Element convert(pugi::xml_node node) {
  Element element(node.name());
  for (const pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_element) element.children.push_back(convert(child));
    else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) element.text += child.value();
  }
  return element;
}

}  // namespace

std::string to_xml(const Element& element) {
  std::string out;
  append_xml(out, element);
  return out;
}

Results parse_results(std::string_view xml) {
  pugi::xml_document document;
  Results results;
  // White space inside values counts: comments of volumes are texts of ours. Blank text between elements does not.
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default)) return results;
  DepthCheck check;
  if (!document.traverse(check)) return results;
  const pugi::xml_node node = document.child("netapp").child("results");
  results.status = node.attribute("status").value();
  results.reason = node.attribute("reason").value();
  results.code = node.attribute("errno").value();
  results.body = convert(node);
  return results;
}

}  // namespace provisioner::zapi
