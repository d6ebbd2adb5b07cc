#pragma once

#include "ontap-sim/zapi/get_iter.h"

/// Iterators with one record for each node or SVM, and the fields that an administrator set over the normal ones.
namespace ontap_sim::zapi {

template <class Write>
Status each_node(Call& call, const char* record, const char* key, Write write) {
  const RecordShape shape{record, {key}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.nodes, 0, true, [&](const std::string& name, const model::Node& node, bool) {
    return (*page)->row({name}, [&](Out& out) {
      out.text(key, name);
      write(out, node);
    });
  });
  return (*page)->finish();
}

template <class Write>
Status each_vserver(Call& call, const char* record, bool with_admin, Write write, const char* key = "vserver") {
  const RecordShape shape{record, {key}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const model::Svm& svm, bool) {
    if (svm.type != model::SvmType::data && !(with_admin && svm.type == model::SvmType::admin)) return true;
    return (*page)->row({svm.name}, [&](Out& out) {
      write(out, svm);
      out.text(key, svm.name);
    });
  });
  return (*page)->finish();
}

/// A field of a row that may not be there.
inline std::string kept(
    const std::map<std::string, std::map<std::string, model::Record, std::less<>>, std::less<>>& records,
    std::string_view table, const std::string& row, const std::string& field, std::string_view otherwise) {
  const auto rows = records.find(table);
  if (rows == records.end()) return std::string(otherwise);
  const auto at = rows->second.find(row);
  if (at == rows->second.end()) return std::string(otherwise);
  const auto value = at->second.fields.find(field);
  return value == at->second.fields.end() ? std::string(otherwise) : value->second;
}

}  // namespace ontap_sim::zapi
