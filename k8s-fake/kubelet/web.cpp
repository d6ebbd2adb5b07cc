#include "k8s-fake/kubelet/web.h"

#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

bool serves(const Container& container, std::int64_t port) {
  return port == 80 && container.state == Container::State::running && container.process &&
         container.process->spec().argv[0] == "nginx";
}

base::http::Response serve_file(Container& container, const base::http::Request& request) {
  base::http::Response response;
  response.headers.set("Server", "nginx/1.25.3");
  response.headers.set("Content-Type", "text/html");
  std::string path = absolute_path(base::http::percent_decode(request.path()), "/");
  const auto page = [&](int status, const std::string& title) {
    response.status = status;
    response.body = "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
                    "</h1></center>\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n";
  };
  if (request.method != "GET" && request.method != "HEAD") {
    page(405, "405 Not Allowed");
  } else {
    std::string file = "/usr/share/nginx/html" + (path == "/" ? std::string() : path);
    const auto node = container.files->find(file);
    if (node && (*node)->directory) file += "/index.html";
    const auto content = container.files->read(file);
    if (content) response.body = *content;
    else if (node) page(403, "403 Forbidden");
    else page(404, "404 Not Found");
  }
  container.process->out->write(container.process->spec().pod_ip + " - - \"" + request.method + " " + request.target +
                                " HTTP/1.1\" " + std::to_string(response.status) + " " +
                                std::to_string(response.body.size()) + "\n");
  return response;
}

asio::awaitable<void> serve_connection(std::shared_ptr<Pod> pod, Container* container, std::shared_ptr<base::Pipe> from,
                                       std::shared_ptr<base::Pipe> to) {
  std::string pending;
  bool keep = true;
  while (keep) {
    std::size_t end = pending.find("\r\n\r\n");
    while (end == std::string::npos && pending.size() < 65536) {
      const base::Chunk chunk = co_await from->read();
      if (!chunk) break;
      pending += *chunk;
      end = pending.find("\r\n\r\n");
    }
    if (end == std::string::npos) break;
    const std::string head = pending.substr(0, end);
    pending.erase(0, end + 4);
    base::http::Request request;
    const std::string line = head.substr(0, head.find("\r\n"));
    const std::vector<std::string_view> first = base::split(line, ' ');
    if (first.size() != 3) break;
    request.method = first[0];
    request.target = first[1];
    keep = first[2] == "HTTP/1.1" && base::to_lower(head).find("connection: close") == std::string::npos;
    base::http::Response response = serve_file(*container, request);
    std::string answer = "HTTP/1.1 " + std::to_string(response.status) + " " +
                         std::string(base::http::reason_phrase(response.status)) + "\r\n";
    for (const auto& [name, value] : response.headers) answer += name + ": " + value + "\r\n";
    answer += "Content-Length: " + std::to_string(response.body.size()) + "\r\n" +
              (keep ? "" : "Connection: close\r\n") + "\r\n" + (request.method == "HEAD" ? "" : response.body);
    if (!to->write(std::move(answer))) break;
  }
  to->close();
  (void)pod;
}

}  // namespace k8s_fake::control
