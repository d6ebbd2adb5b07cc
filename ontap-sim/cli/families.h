#pragma once

#include "ontap-sim/cli/command.h"
#include "ontap-sim/model/cluster.h"

/// The rows of each family, and what their functions share. commands.cpp joins them.
namespace ontap_sim::cli {

std::vector<Command> vserver_commands();
std::vector<Command> nas_commands();
std::vector<Command> lif_commands();
std::vector<Command> network_commands();
std::vector<Command> security_commands();
std::vector<Command> storage_commands();
std::vector<Command> volume_commands();
std::vector<Command> snapshot_commands();
std::vector<Command> qtree_commands();
std::vector<Command> san_commands();
std::vector<Command> cluster_commands();
std::vector<Command> df_commands();
std::vector<Command> settings_commands();

/// True if the caller may see objects of that SVM.
inline bool may_see(const Call& call, std::string_view svm) { return call.user.svm.empty() || call.user.svm == svm; }

/// The SVM of the call, or null.
inline model::Svm* svm_of(Call& call) { return call.cluster.find_svm(call.vserver()); }
/// What the shell says about an SVM that is not there.
inline Reply no_svm(const Call& call) { return failed("Vserver \"" + call.vserver() + "\" does not exist"); }

/// Silent success, or the model's sentence.
template <class T>
Reply done(const model::Result<T>& result) {
  return result ? ok() : failed(result.error().reason);
}

inline std::string job_succeeded(std::uint64_t job, std::string_view what) {
  return "[Job " + std::to_string(job) + "] Job succeeded:" + (what.starts_with("\n") ? "" : " ") + std::string(what) +
         "\n";
}
inline std::string job_failed(std::uint64_t job, std::string_view reason) {
  return "[Job " + std::to_string(job) + "] Job failed: " + std::string(reason) + "\n";
}
inline std::string job_queued(std::uint64_t job, std::string_view what) {
  return "[Job " + std::to_string(job) + "] Job is queued: " + std::string(what) + ".\n";
}
inline Value bytes_value(model::Bytes bytes) { return Value::bytes(bytes < 0 ? 0 : static_cast<std::uint64_t>(bytes)); }
inline Value count_value(std::int64_t count) { return Value::count(count < 0 ? 0 : static_cast<std::uint64_t>(count)); }

}  // namespace ontap_sim::cli
