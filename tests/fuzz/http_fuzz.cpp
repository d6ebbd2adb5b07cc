// HTTP/1.1 messages: however the bytes are cut into pieces, the same message comes out.
#include "provisioner/base/check.h"
#include "provisioner/base/http/parse.h"
#include "tests/fuzz/fuzz.h"

namespace {

using base::http::MessageParser;

struct Read {
  bool done = false;
  int problem = 0;
  std::string text;
};

Read read(MessageParser::Kind kind, std::string_view bytes, std::size_t piece) {
  MessageParser parser(kind, {2000, 5000});
  std::string in;
  for (std::size_t at = 0; at < bytes.size() && !parser.done() && parser.problem() == 0; at += piece) {
    in += bytes.substr(at, piece);
    while (!in.empty() && !parser.done() && parser.problem() == 0) {
      const std::size_t taken = parser.feed(in);
      CHECK(taken <= in.size());
      in.erase(0, taken);
      if (taken == 0) break;
    }
  }
  if (kind != MessageParser::Kind::request) parser.feed_end();
  CHECK(!(parser.done() && parser.problem() != 0));
  CHECK(parser.request.body.size() <= 5000 && parser.response.body.size() <= 5000);
  Read out{parser.done(), parser.problem(),
           parser.request.method + " " + parser.request.target + " " + parser.request.body + parser.response.body};
  for (const auto& [name, value] : parser.request.headers) out.text += "\n" + name + ":" + value;
  return out;
}

}  // namespace

void fuzz_one(std::string_view input) {
  const unsigned choice = take_byte(input);
  const auto kind = choice % 3 == 0   ? MessageParser::Kind::response
                    : choice % 3 == 1 ? MessageParser::Kind::response_to_head
                                      : MessageParser::Kind::request;
  const Read whole = read(kind, input, std::max<std::size_t>(1, input.size()));
  const Read pieces = read(kind, input, 1 + choice / 3);
  CHECK(whole.done == pieces.done);
  if (whole.done) CHECK(whole.text == pieces.text);
}
