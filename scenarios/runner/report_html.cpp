// The report as one page that needs no network: what failed first, then every test with its timeline, steps and
// journal.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "provisioner/base/text.h"
#include "scenarios/runner/report.h"

namespace scenario {

namespace {

const char* verdict_word(Verdict verdict) {
  return verdict == Verdict::passed ? "PASS" : verdict == Verdict::failed ? "FAIL" : "SKIP";
}

double in_seconds(base::Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

std::string seconds_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.3fs" : value < 1000 ? "%.1fs" : "%.0fs", value);
  return text;
}

std::string to_html(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') result += "&amp;";
    else if (c == '<') result += "&lt;";
    else if (c == '>') result += "&gt;";
    else if (c == '"') result += "&quot;";
    else if (static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\t') result += "?";
    else result += c;
  }
  return result;
}

/// A line of the journal: "+12.345 ontap volume-create passed" -> 12.345 s, lane "array".
struct Tick {
  double seconds = 0;
  std::string lane, text;
  bool bad = false;  // an error, or a call that a fault spoiled
};

std::optional<Tick> tick_of(const std::string& line) {
  const std::size_t blank = line.find(' ');
  if (line.empty() || line[0] != '+' || blank == std::string::npos) return std::nullopt;
  Tick tick;
  tick.seconds = std::strtod(line.c_str() + 1, nullptr);
  tick.text = line.substr(blank + 1);
  if (tick.text.starts_with("ontap ")) {
    tick.lane = "array";
    tick.bad = tick.text.find(" errno ") != std::string::npos || tick.text.ends_with("undelivered");
  } else if (tick.text.starts_with("lab ") || tick.text.find("provisioner ") != std::string::npos) {
    tick.lane = "faults";
  } else if (tick.text.starts_with("kube ")) {
    tick.lane = tick.text.find("/events") != std::string::npos ? "events" : "kubernetes";
    const std::size_t last = tick.text.rfind(' ');
    tick.bad = last + 1 < tick.text.size() && (tick.text[last + 1] == '4' || tick.text[last + 1] == '5');
  } else {
    tick.lane = "steps";
    tick.bad = tick.text.find(" failed") != std::string::npos;
  }
  return tick;
}

std::string percent(double part, double whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f%%", whole > 0 ? std::clamp(100.0 * part / whole, 0.0, 100.0) : 0.0);
  return text;
}

/// Distances between marks on the axis: 1, 2 or 5 times a power of ten, at most eight of them.
double axis_step(double whole) {
  double step = 1e-3;
  for (int i = 0; whole / step > 8; ++i) step *= i % 3 == 1 ? 2.5 : 2;
  return step;
}

/// Steps as bars, then one row of ticks per lane, over an axis of seconds. `id` numbers the test; a tick's row of the
/// journal is "j<test>-<line>".
std::string timeline(const TestResult& test, std::size_t id) {
  const double whole = std::max(1e-3, in_seconds(test.duration));
  std::string page = "<div class=\"timeline\"><div class=\"axis\">";
  for (double at = 0, step = axis_step(whole); at <= whole; at += step) {
    char text[24];
    std::snprintf(text, sizeof text, step < 1 ? "%.2gs" : "%.0fs", at);
    page += "<span style=\"left:" + percent(at, whole) + "\">" + text + "</span>";
  }
  page += "</div>\n<div class=\"lane\" data-lane=\"steps\"><span>steps</span><div>";
  for (std::size_t i = 0; i < test.steps.size(); ++i) {
    const StepResult& step = test.steps[i];
    if (step.verdict == Verdict::skipped) continue;
    page += "<i class=\"step " + std::string(verdict_word(step.verdict)) +
            "\" style=\"left:" + percent(in_seconds(step.start), whole) +
            ";width:" + percent(in_seconds(step.duration), whole) + "\" data-to=\"s" + std::to_string(id) + "-" +
            std::to_string(i) + "\" title=\"" + to_html(step.name) + " " + seconds_text(in_seconds(step.duration)) +
            "\">" + to_html(step.name) + "</i>";
  }
  page += "</div></div>\n";
  for (const char* lane : {"events", "kubernetes", "array", "faults"}) {
    std::string ticks;
    std::size_t count = 0;
    for (std::size_t i = 0; i < test.journal.size(); ++i) {
      const auto tick = tick_of(test.journal[i]);
      if (!tick || tick->lane != lane) continue;
      ++count;
      ticks += "<i class=\"tick" + std::string(tick->bad ? " bad" : "") +
               "\" style=\"left:" + percent(tick->seconds, whole) + "\" data-to=\"j" + std::to_string(id) + "-" +
               std::to_string(i) + "\" title=\"" + to_html("+" + seconds_text(tick->seconds) + " " + tick->text) +
               "\"></i>";
    }
    page += "<div class=\"lane\" data-lane=\"" + std::string(lane) + "\"><span>" + lane + " <small>" +
            std::to_string(count) + "</small></span><div>" + ticks + "</div></div>\n";
  }
  return page + "</div>\n";
}

std::string operations_table(const TestResult& test, std::size_t id) {
  std::string page = "<table>\n";
  for (std::size_t i = 0; i < test.steps.size(); ++i) {
    const StepResult& step = test.steps[i];
    page += "<tr class=\"head\" id=\"s" + std::to_string(id) + "-" + std::to_string(i) + "\"><td class=\"" +
            verdict_word(step.verdict) + "\">" + verdict_word(step.verdict) + "</td><th>" + to_html(step.name) +
            "</th><td>+" + seconds_text(in_seconds(step.start)) + "</td><td>" +
            seconds_text(in_seconds(step.duration)) + "</td></tr>\n";
    for (const OperationResult& operation : step.operations) {
      const bool bad = operation.verdict == Verdict::failed;
      page += "<tr><td class=\"" + std::string(verdict_word(operation.verdict)) + "\">" +
              verdict_word(operation.verdict) + "</td><td>" +
              (operation.block == "try" ? "" : "<em>" + operation.block + "</em> ") + to_html(operation.name) +
              (operation.line > 0 ? " <small>line " + std::to_string(operation.line) + "</small>" : "");
      if (!operation.message.empty()) page += "<pre class=\"why\">" + to_html(operation.message) + "</pre>";
      if (!operation.output.empty())
        page += "<details" + std::string(bad ? " open" : "") + "><summary>output</summary><pre>" +
                to_html(operation.output) + "</pre></details>";
      page +=
          "</td><td>" + (operation.verdict == Verdict::skipped ? "" : "+" + seconds_text(in_seconds(operation.start))) +
          "</td><td>" + (operation.verdict == Verdict::skipped ? "" : seconds_text(in_seconds(operation.duration))) +
          "</td></tr>\n";
    }
  }
  return page + "</table>\n";
}

std::string journal_of(const TestResult& test, std::size_t id) {
  std::string page = "<details class=\"journal-box\"><summary>Journal, " + std::to_string(test.journal.size()) +
                     " lines</summary><pre class=\"journal\">";
  for (std::size_t i = 0; i < test.journal.size(); ++i) {
    const auto tick = tick_of(test.journal[i]);
    page += "<span id=\"j" + std::to_string(id) + "-" + std::to_string(i) + "\" class=\"" +
            (tick ? tick->lane + (tick->bad ? " bad" : "") : "") + "\">" + to_html(test.journal[i]) + "\n</span>";
  }
  return page + "</pre></details>\n";
}

/// What failed, before everything else: test, step, operation, the difference.
std::string failures(const std::vector<TestResult>& results) {
  std::string page;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const TestResult& test = results[i];
    if (test.verdict != Verdict::failed) continue;
    const std::string open =
        "<div class=\"failure\"><a href=\"#t" + std::to_string(i) + "\">" + to_html(test.name) + "</a>";
    if (!test.message.empty()) page += open + "<pre class=\"why\">" + to_html(test.message) + "</pre></div>\n";
    for (const StepResult& step : test.steps)
      for (const OperationResult& operation : step.operations)
        if (operation.verdict == Verdict::failed)
          page += open + " &rsaquo; " + to_html(step.name) + " &rsaquo; " + to_html(operation.name) + " <small>" +
                  to_html(test.file) + (operation.line > 0 ? ":" + std::to_string(operation.line) : "") +
                  "</small><pre class=\"why\">" + to_html(operation.message) + "</pre></div>\n";
  }
  return page.empty() ? page : "<h2>What failed</h2>\n" + page;
}

constexpr const char* kStyle =
    R"(:root{color-scheme:light dark;--ink:#222;--soft:#666;--line:#e4e6ea;--back:#fff;--box:#f5f6f8;--pass:#176117;--fail:#a11212;--bar:#7fb77f}
@media(prefers-color-scheme:dark){:root{--ink:#ddd;--soft:#999;--line:#3a3d42;--back:#1b1d20;--box:#26292d;--pass:#7ccf7c;--fail:#ff7b72;--bar:#3f7d3f}}
body{font:14px/1.45 system-ui,sans-serif;margin:0 auto;padding:1.5em 2em;max-width:88em;color:var(--ink);background:var(--back)}
h1{font-size:1.4em;margin:0}h2{font-size:1.1em;margin:1.2em 0 .4em}small,em{color:var(--soft);font-style:normal}a{color:inherit}
.share{height:8px;border-radius:4px;overflow:hidden;display:flex;margin:.6em 0;background:var(--line)}.share i{background:var(--bar)}.share i.FAIL{background:#c33}.share i.SKIP{background:#aaa}
.tools{display:flex;gap:.5em;margin:.8em 0}.tools input{flex:1;max-width:28em}.tools input,.tools button{font:inherit;padding:.25em .7em;border:1px solid var(--line);border-radius:5px;background:var(--box);color:inherit}.tools button[aria-pressed=true]{border-color:currentColor}
summary{cursor:pointer}details.test{border:1px solid var(--line);border-radius:6px;margin:.35em 0}details.test>summary{padding:.4em .7em;display:flex;gap:.8em;align-items:baseline}details.test>summary small{margin-left:auto}details.test[open]>summary{border-bottom:1px solid var(--line)}.body{padding:.3em .9em .8em}
.PASS{color:var(--pass)}.FAIL{color:var(--fail)}.SKIP{color:#888}pre{background:var(--box);padding:.6em;overflow:auto;margin:.3em 0;border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere}pre.why{border-left:3px solid #c33}.failure{margin:.5em 0}
table{border-collapse:collapse;width:100%}td,th{padding:.15em .5em;vertical-align:top;border-bottom:1px solid var(--line);text-align:left}td:nth-child(n+3){text-align:right;white-space:nowrap;color:var(--soft);width:6em}td:first-child{width:3.5em}tr.head td,tr.head th{padding-top:.6em}tr:not(.head) td:nth-child(2){padding-left:1.6em}
.timeline{margin:.6em 0}.lane{display:flex;height:1.35em;font-size:12px}.lane>span,.axis{flex:none}.lane>span{width:9em;color:var(--soft)}.axis{position:relative;height:1.3em;margin-left:9em;font-size:11px;color:var(--soft)}.axis span{position:absolute;border-left:1px solid var(--line);padding-left:2px}
.lane>div{position:relative;flex:1;background:var(--box);margin:1px 0}.lane i{position:absolute;top:0;height:100%;cursor:pointer}.step{min-width:2px;background:var(--bar);border-left:1px solid var(--back);box-sizing:border-box;overflow:hidden;white-space:nowrap;font-style:normal;padding-left:2px;font-size:11px;color:#132}
.step.FAIL{background:#c33;color:#fff}.tick{width:2px;background:#4479b8}.tick.bad{background:#d22;width:3px;z-index:1}.lane[data-lane=faults] .tick{background:#d08700;width:4px;z-index:1}.lane[data-lane=events] .tick{background:#8a63c4}
.journal{max-height:40em;font-size:12px}.journal .steps{font-weight:600}.journal .array{color:#4479b8}.journal .faults{color:#b87800}.journal .bad{color:var(--fail)}:target,.hit{outline:2px solid #d08700;outline-offset:1px}[hidden]{display:none!important})";

/// Choosing and finding tests, and from the timeline to the line it stands for. Without it the page is complete.
constexpr const char* kScript = R"JS(
const tests=[...document.querySelectorAll('details.test')],box=document.querySelector('.tools');
let wanted='';
function show(){const word=box.querySelector('input').value.toLowerCase();
  for(const t of tests)t.hidden=(wanted&&t.dataset.verdict!==wanted)||(word&&!t.textContent.toLowerCase().includes(word));
  for(const b of box.querySelectorAll('button'))b.setAttribute('aria-pressed',b.dataset.show===wanted);}
box.addEventListener('click',e=>{if(e.target.dataset.show!==undefined){wanted=e.target.dataset.show;show();}});
box.addEventListener('input',show);
function go(id){const to=document.getElementById(id);if(!to)return;
  for(let d=to.closest('details');d;d=d.parentElement&&d.parentElement.closest('details'))d.open=true;
  document.querySelectorAll('.hit').forEach(x=>x.classList.remove('hit'));to.classList.add('hit');to.scrollIntoView({block:'center'});}
document.addEventListener('click',e=>{const to=e.target.dataset&&e.target.dataset.to;if(to)go(to);
  const a=e.target.closest('a[href^="#"]');if(a){e.preventDefault();go(a.getAttribute('href').slice(1));}});
show();
)JS";

}  // namespace

std::string html(const std::vector<TestResult>& results, const std::string& title) {
  const Counts counts = count(results, Granularity::test);
  const auto total = static_cast<double>(std::max<std::size_t>(results.size(), 1));
  base::Duration time{0};
  for (const TestResult& test : results) time += test.duration;
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + to_html(title) +
                     "</title>\n<meta name=\"viewport\" content=\"width=device-width\"><style>\n" + kStyle +
                     "</style></head><body>\n<h1>" + to_html(title) + "</h1>\n<p><b id=\"counts\">" +
                     std::to_string(counts.passed) + " passed, " + std::to_string(counts.failed) + " failed</b>" +
                     (counts.skipped > 0 ? ", " + std::to_string(counts.skipped) + " skipped" : "") + " <small>in " +
                     seconds_text(in_seconds(time)) + " of the lab's time</small></p>\n" +
                     "<div class=\"share\"><i style=\"width:" + percent(static_cast<double>(counts.passed), total) +
                     "\"></i><i class=\"FAIL\" style=\"width:" + percent(static_cast<double>(counts.failed), total) +
                     "\"></i><i class=\"SKIP\" style=\"width:" + percent(static_cast<double>(counts.skipped), total) +
                     "\"></i></div>\n" + failures(results) +
                     "<h2>Tests</h2>\n<div class=\"tools\"><button data-show=\"\">all</button><button "
                     "data-show=\"FAIL\">failed</button><button data-show=\"PASS\">passed</button><input "
                     "type=\"search\" placeholder=\"find in names, steps and messages\"></div>\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const TestResult& test = results[i];
    const bool bad = test.verdict == Verdict::failed;
    const std::string word = verdict_word(test.verdict);
    page += "<details class=\"test\" id=\"t" + std::to_string(i) + "\" data-verdict=\"" + word + "\"" +
            (bad ? " open" : "") + "><summary><b class=\"" + word + "\">" + word + "</b> <span>" + to_html(test.name) +
            "</span><small>" + to_html(test.file) + "</small><small>" + seconds_text(in_seconds(test.duration)) +
            "</small></summary>\n<div class=\"body\">";
    if (!test.message.empty()) page += "<pre class=\"why\">" + to_html(test.message) + "</pre>\n";
    if (!test.steps.empty()) page += timeline(test, i) + operations_table(test, i);
    if (bad && !test.journal.empty()) page += journal_of(test, i);
    page += "</div></details>\n";
  }
  return page + "<script>" + kScript + "</script></body></html>\n";
}

}  // namespace scenario
