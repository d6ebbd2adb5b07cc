#include "provisioner/base/text.h"
#include "provisioner/kube/yaml.h"
#include "provisioner/tridentctl/later.h"

/// `create backend`: the file is read here, also when the server is reached through its pod.
namespace provisioner::tridentctl {

namespace {

base::Result<std::string> backend_text(const Context& context) {
  const std::string encoded = context.parsed.text("base64");
  if (!encoded.empty()) {
    const auto decoded = base::base64_decode(encoded);
    if (!decoded) return base::Error{base::ErrorKind::invalid, "the backend configuration is not valid base64"};
    return *decoded;
  }
  const std::string file = context.parsed.text("filename");
  if (file.empty()) return base::Error{base::ErrorKind::invalid, "no input file was specified"};
  return context.host.read_file(file);
}

/// A backend file may be JSON or YAML; the server takes JSON. Text that is neither goes as it stands, for the server to
/// refuse.
std::string to_json_text(const std::string& text) {
  if (Json::accept(text)) return text;
  const auto converted = provisioner::yaml_to_json(text);
  return converted && converted->is_object() ? converted->dump(-1, ' ', false, Json::error_handler_t::replace) : text;
}

int create_backend(Context& context) {
  const auto text = backend_json(context);
  if (!text) return context.fail(text.error().message);
  const std::string& body = *text;
  if (context.mode == Mode::tunnel)
    return context.forward({"create", "backend", "--base64", base::base64_encode(body)});
  const auto answer = context.rest("POST", "/backend", body);
  if (!answer) return context.fail(answer.error().message);
  if (answer->status != 201) return context.fail(refusal("", *answer));
  const Json created = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (!created.is_object() || !created.contains("backend") || !created["backend"].is_string()) {
    return context.fail("could not create a backend. The answer is not understood");
  }
  const Kind& kind = kind_named("backend");
  auto object = get_object(context, kind, created["backend"].get<std::string>());
  if (!object) return context.fail(object.error().message);
  print_objects(context, kind, {*object});
  return 0;
}

}  // namespace

base::Result<std::string> backend_json(const Context& context) {
  auto text = backend_text(context);
  if (!text) return text.error();
  return to_json_text(*text);
}

std::vector<Command> create_commands() {
  return {{.path = "create backend",
           .aliases = "b",
           .args = "",
           .summary = "Add a backend to Trident",
           .flags = {{.letter = 'f',
                      .name = "filename",
                      .boolean = false,
                      .help = "Path to YAML or JSON file",
                      .initial = {},
                      .hidden = false},
                     {.letter = 0,
                      .name = "base64",
                      .boolean = false,
                      .help = "Base64 encoding",
                      .initial = {},
                      .hidden = true}},
           .needs = Needs::server,
           .run = create_backend}};
}

}  // namespace provisioner::tridentctl
