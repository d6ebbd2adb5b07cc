#pragma once

#include <map>
#include <string>

#include "k8s-fake/controllers/client.h"
#include "k8s-fake/kubelet/files.h"

/// What a pod's containers read from the API: variables and the content of configMap, secret, projected and downwardAPI
/// volumes. Errors are the texts that stand in container states and events ("configmap \"c\" not found").
namespace k8s_fake::control {

struct PodFacts {
  Json pod;
  std::string pod_ip;
  std::string host_ip;
};

struct Lacking {
  std::string text;
};
using Variables = std::map<std::string, std::string>;

/// env and envFrom of one container, on top of `start`; $(NAME) is replaced.
boost::asio::awaitable<base::Result<Variables, Lacking>> container_variables(Client& client, PodFacts facts,
                                                                             Json container, Variables start);
/// "$(NAME)" in a command or argument.
std::string substitute(const std::string& text, const Variables& variables);
/// One of "metadata.name", "status.podIP", "metadata.labels['x']" and so on; "" when unknown.
std::string field_value(const PodFacts& facts, const std::string& path);

/// The files of a configMap, secret, projected or downwardAPI volume.
boost::asio::awaitable<base::Result<FilePtr, Lacking>> volume_files(Client& client, PodFacts facts, Json volume);

}  // namespace k8s_fake::control
