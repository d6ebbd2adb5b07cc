#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "k8s-fake/kubelet/process.h"
#include "k8s-fake/kubelet/storage_hooks.h"

/// The image catalogue: what an image's name means, and which program a command line starts in it.
/// Source: kubernetes specification 5.8.6, lab.md section 4 and decision 5.
namespace k8s_fake {

/// "nginx" -> "docker.io/library/nginx:latest"; nothing when the name is no image reference.
std::optional<std::string> full_image_name(const std::string& image);
/// True for ":latest", and for no tag and no digest.
bool is_latest(const std::string& image);
std::string sha256_hex(std::string_view text);

class ImageCatalogue {
 public:
  /// `behaviours`: image -> "busybox", "nginx", "etcd" or "pause", beyond what the name itself says.
  ImageCatalogue(Images images, std::map<std::string, std::string> behaviours, std::set<std::string> missing,
                 const StorageHooks& hooks)
      : images_(std::move(images)), behaviours_(std::move(behaviours)), missing_(std::move(missing)), hooks_(hooks) {}

  bool missing(const std::string& image) const;
  /// True for images of the lab's own programs: their containers get the DRYDOCK variables and a folder.
  bool own(const std::string& image) const { return find(image) != nullptr; }

  struct Start {
    std::vector<std::string> argv;
    Program program;  // empty: there is no such command in the image
  };
  /// The main program of a container (`command` and `args` as in the pod).
  Start main_program(const std::string& image, const std::vector<std::string>& command,
                     const std::vector<std::string>& args) const;
  /// A command run by exec.
  Start exec_program(const std::string& image, const std::vector<std::string>& argv) const;

 private:
  const Image* find(const std::string& image) const;
  std::string behaviour(const std::string& image) const;
  Images images_;
  std::map<std::string, std::string> behaviours_;
  std::set<std::string> missing_;
  const StorageHooks& hooks_;
};

}  // namespace k8s_fake
