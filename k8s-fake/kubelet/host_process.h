#pragma once

#include <string>
#include <vector>

#include "k8s-fake/kubelet/process.h"

namespace boost::asio {
class io_context;
}

/// Containers as processes of this machine: a Program that runs an executable with the container's arguments and
/// variables and nothing of our own environment. Signals go to the process; it dies with the lab.
/// Needs a loop on real time. Source: lab.md, decision 5.
namespace k8s_fake {

/// Runs the first of these paths that exists; exit code 127 and a message when none does.
Program host_program(std::vector<std::string> paths);

/// The lab's own images: netapp/trident:17.10.1 (trident_orchestrator, tridentctl) and netapp/trident-launcher:17.10.1
/// (launcher), from the folder of our executables or the installer's folder beside it.
Images host_images(boost::asio::io_context& io, const std::string& directory);

}  // namespace k8s_fake
