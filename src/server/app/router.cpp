#include "server/app/router.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace weir::server {
namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  segments.reserve(8);
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_param(std::string_view segment) {
  return segment.starts_with('{');
}
bool is_rest(std::string_view segment) {
  return segment.ends_with("...}");
}
std::string_view param_name(std::string_view segment) {
  return segment.substr(1, segment.size() - (is_rest(segment) ? 5 : 2));
}

std::size_t param_count(const std::vector<std::string_view>& segments) {
  return static_cast<std::size_t>(std::count_if(segments.begin(), segments.end(), is_param));
}

}  // namespace

Router::Router(std::span<const Route> routes) : routes_(routes) {
  for (const Route& route : routes) {
    CHECK(route.pattern.starts_with('/'));
    Entry entry{&route, split_path(route.pattern), false};
    entry.open_end = is_rest(entry.segments.back());
    entries_.push_back(std::move(entry));
  }
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    if (a.open_end != b.open_end) return b.open_end;
    return param_count(a.segments) < param_count(b.segments);
  });
}

bool Router::matches(const Entry& entry, std::span<const std::string_view> segments,
                     std::vector<std::pair<std::string_view, std::string>>& params) const {
  const std::size_t fixed = entry.segments.size() - (entry.open_end ? 1 : 0);
  if (entry.open_end ? segments.size() < fixed : segments.size() != fixed) return false;
  params.clear();
  for (std::size_t i = 0; i < fixed; ++i) {
    const std::string_view wanted = entry.segments[i];
    if (!is_param(wanted)) {
      if (wanted != segments[i]) return false;
      continue;
    }
    auto value = percent_decode(segments[i], false);
    if (!value || value->empty()) return false;
    params.emplace_back(param_name(wanted), std::move(*value));
  }
  if (!entry.open_end) return true;
  std::string rest;
  for (std::size_t i = fixed; i < segments.size(); ++i) {
    if (i != fixed) rest += '/';
    rest += segments[i];
  }
  params.emplace_back(param_name(entry.segments.back()), std::move(rest));
  return true;
}

Match Router::find(Method method, std::string_view path) const {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  const std::vector<std::string_view> segments = split_path(path);
  Match match;
  for (const Entry& entry : entries_) {
    if (!matches(entry, segments, match.params)) continue;
    if (entry.route->method == wanted) {
      match.route = entry.route;
      match.allowed.clear();
      return match;
    }
    const std::string_view name = method_name(entry.route->method);
    if (match.allowed.find(name) != std::string::npos) continue;
    if (!match.allowed.empty()) match.allowed += ", ";
    match.allowed += name;
  }
  match.params.clear();
  return match;
}

std::size_t Router::index(const Route& route) const {
  CHECK(&route >= routes_.data() && &route < routes_.data() + routes_.size());
  return static_cast<std::size_t>(&route - routes_.data());
}

}  // namespace weir::server
