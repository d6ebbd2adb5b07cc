#pragma once

#include <string>

#include "provisioner/core/types.h"

/// The records of volumes as JSON text, byte for byte what to_json().dump() gives, without the tree in between: two of
/// them are written for every volume that is made. Errors: none; a text that is not UTF-8 is handed to the JSON
/// library, which throws as it does in dump().
namespace provisioner {

std::string record_text(const VolumeConfig& config);
std::string record_text(const Volume& volume);

/// `text` in quotes, escaped, at the end of `out`.
void append_json_text(std::string& out, std::string_view text);

}  // namespace provisioner
