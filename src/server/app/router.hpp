// Router: finds the route of a method and a path.
//
//   const Match match = router.find(Method::kGet, "/v1/blocks/7");
//   if (match.route == nullptr && !match.allowed.empty()) -> 405 with Allow: match.allowed
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/app/route.hpp"

namespace weir::server {

struct Match {
  const Route* route = nullptr;
  std::string allowed;  // methods the path has, "GET, PUT", if the method is not one of them
  std::vector<std::pair<std::string_view, std::string>> params;
};

// Immutable after construction; any thread. A literal segment wins over a parameter.
class Router {
 public:
  explicit Router(std::span<const Route> routes);
  // HEAD is answered by GET routes. Segments are decoded after the split, so that %2F stays inside
  // one.
  Match find(Method method, std::string_view path) const;
  std::size_t index(const Route& route) const;
  std::size_t size() const { return routes_.size(); }

 private:
  struct Entry {
    const Route* route;
    std::vector<std::string_view> segments;
    bool open_end;  // the pattern ends in {path...}: takes all that follows
  };
  bool matches(const Entry& entry, std::span<const std::string_view> segments,
               std::vector<std::pair<std::string_view, std::string>>& params) const;

  std::span<const Route> routes_;
  std::vector<Entry> entries_;  // more specific ones first
};

}  // namespace weir::server
