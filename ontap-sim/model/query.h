#pragma once

#include <string_view>

/// The query language of ONTAP, for one value: `*` wildcard, `a|b` alternatives, `!x` not, `x..y` inclusive range, `>x`
/// `<x` `>=x`
/// `<=x` comparisons, `"x"` literally. Ranges and comparisons are numeric when both sides are numbers or sizes ("1g",
/// "20MB"), else by bytes. Equality is of texts, or of numbers where both sides are plain numbers or sizes with a unit.
/// Used by every ZAPI iterator and by the command line. Source: ontap-zapi specification 3.4 and 10.2.
namespace ontap_sim::model {

/// `name`: exact, and no text is ever taken for a number ("1k" is not "1024").
enum class QueryCase { exact, ignored, name };

bool query_matches(std::string_view query, std::string_view value, QueryCase letters = QueryCase::exact);

/// True if `query` holds an operator, so that it may name more than one object.
bool is_pattern(std::string_view query);

}  // namespace ontap_sim::model
