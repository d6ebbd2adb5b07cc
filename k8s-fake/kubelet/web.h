#pragma once

#include "k8s-fake/kubelet/pod.h"
#include "provisioner/base/http/message.h"

/// The web server inside nginx containers: files below /usr/share/nginx/html on port 80.
namespace k8s_fake::control {

bool serves(const Container& container, std::int64_t port);
base::http::Response serve_file(Container& container, const base::http::Request& request);
/// HTTP/1.1 by hand over a forwarded connection, until the client ends it.
boost::asio::awaitable<void> serve_connection(std::shared_ptr<Pod> pod, Container* container,
                                              std::shared_ptr<base::Pipe> from, std::shared_ptr<base::Pipe> to);

}  // namespace k8s_fake::control
