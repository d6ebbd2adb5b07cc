#include "k8s-fake/kubelet/images.h"

#include <openssl/evp.h>

#include "k8s-fake/kubelet/commands.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

std::string sha256_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr);
  return base::hex_encode(std::string_view(reinterpret_cast<const char*>(digest), length));
}

namespace {

/// The name without tag and digest.
std::string repository(const std::string& image) {
  std::string name = image.substr(0, image.find('@'));
  const std::size_t colon = name.rfind(':');
  const std::size_t slash = name.rfind('/');
  if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) name.resize(colon);
  return name;
}

}  // namespace

std::optional<std::string> full_image_name(const std::string& image) {
  std::string name = repository(image);
  if (name.empty() || name.front() == '/' || name.back() == '/' || name.back() == ':') return std::nullopt;
  const std::size_t slash = name.find('/');
  const std::string first = name.substr(0, slash);
  const bool registry = slash != std::string::npos && (first.find('.') != std::string::npos ||
                                                       first.find(':') != std::string::npos || first == "localhost");
  const std::string path = registry ? name.substr(slash + 1) : name;
  for (const char c : path) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/';
    if (!fine) return std::nullopt;
  }
  const std::string rest = image.substr(name.size());
  for (const char c : rest) {
    if (c == ' ' || c == '/') return std::nullopt;
  }
  if (!registry) name = "docker.io/" + std::string(slash == std::string::npos ? "library/" : "") + name;
  return name + (rest.empty() ? ":latest" : rest);
}

bool is_latest(const std::string& image) {
  const std::string rest = image.substr(repository(image).size());
  return rest.empty() || rest == ":latest";
}

const Image* ImageCatalogue::find(const std::string& image) const {
  const auto found = images_.find(image);
  if (found != images_.end()) return &found->second;
  const auto full = full_image_name(image);
  for (const auto& [name, entry] : images_) {
    if (full && full_image_name(name) == full) return &entry;
  }
  return nullptr;
}

bool ImageCatalogue::missing(const std::string& image) const {
  return missing_.contains(image) || missing_.contains(repository(image));
}

std::string ImageCatalogue::behaviour(const std::string& image) const {
  for (const std::string& name : {image, repository(image)}) {
    const auto found = behaviours_.find(name);
    if (found != behaviours_.end()) return found->second;
  }
  const std::string name = repository(image);
  const std::size_t slash = name.rfind('/');
  const std::string last = slash == std::string::npos ? name : name.substr(slash + 1);
  for (const char* known : {"busybox", "alpine", "nginx", "etcd"}) {
    if (last == known) return last == "alpine" ? "busybox" : last;
  }
  return "pause";
}

ImageCatalogue::Start ImageCatalogue::exec_program(const std::string& image,
                                                   const std::vector<std::string>& argv) const {
  if (argv.empty()) return {};
  if (const Image* own_image = find(image)) {
    const std::size_t slash = argv[0].rfind('/');
    const auto program = own_image->commands.find(slash == std::string::npos ? argv[0] : argv[0].substr(slash + 1));
    if (program != own_image->commands.end()) return {argv, program->second};
  }
  if (!find_command(argv[0])) return {argv, nullptr};
  return {argv, builtin_program(hooks_)};
}

ImageCatalogue::Start ImageCatalogue::main_program(const std::string& image, const std::vector<std::string>& command,
                                                   const std::vector<std::string>& args) const {
  const Image* own_image = find(image);
  const std::string kind = behaviour(image);
  std::vector<std::string> argv = command;
  if (argv.empty() && own_image) argv = own_image->command;
  if (argv.empty() && !own_image) {
    const bool only_flags = args.empty() || args[0].starts_with('-');
    if (only_flags && kind != "busybox") argv = {kind};
    if (args.empty() && kind == "busybox") argv = {"sh"};
  }
  argv.insert(argv.end(), args.begin(), args.end());
  Start start = exec_program(image, argv);
  // An image that nobody described has programs we do not know: it idles.
  if (!start.program && kind == "pause" && !own_image)
    start.program = exec_program(image, {"pause"}).program, start.argv = {"pause"};
  return start;
}

}  // namespace k8s_fake
