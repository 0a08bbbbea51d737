// The bytes of web/src, put into the program by the assembler.
#include <array>

#include "server/assets/asset_store.hpp"

// gcc 12 has no #embed; the start and end labels bound each file.
#define WEIR_EMBED(symbol, file)                                                \
  __asm__(                                                                      \
      ".section .rodata\n"                                                      \
      ".balign 16\n" #symbol                                                    \
      "_begin:\n"                                                               \
      ".incbin \"" WEIR_WEB_DIR "/" file "\"\n" #symbol                         \
      "_end:\n.byte 0\n"                                                        \
      ".previous\n");                                                           \
  extern "C" const char symbol##_begin[] __attribute__((visibility("hidden"))); \
  extern "C" const char symbol##_end[] __attribute__((visibility("hidden")))

WEIR_EMBED(weir_web_index, "index.html");
WEIR_EMBED(weir_web_style, "style.css");
WEIR_EMBED(weir_web_app, "app.js");
WEIR_EMBED(weir_web_view, "view.js");
WEIR_EMBED(weir_web_drawer, "drawer.js");
WEIR_EMBED(weir_web_chart, "chart.js");
WEIR_EMBED(weir_web_dom, "dom.js");
WEIR_EMBED(weir_web_format, "format.js");
WEIR_EMBED(weir_web_text, "text.js");
WEIR_EMBED(weir_web_icon, "icon.svg");

namespace weir::server {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::span<const EmbeddedFile> embedded_files() {
  static constexpr std::string_view kScript = "text/javascript; charset=utf-8";
  static const std::array<EmbeddedFile, 10> kFiles = {{
      {"index.html", "text/html; charset=utf-8", between(weir_web_index_begin, weir_web_index_end)},
      {"style.css", "text/css; charset=utf-8", between(weir_web_style_begin, weir_web_style_end)},
      {"app.js", kScript, between(weir_web_app_begin, weir_web_app_end)},
      {"view.js", kScript, between(weir_web_view_begin, weir_web_view_end)},
      {"drawer.js", kScript, between(weir_web_drawer_begin, weir_web_drawer_end)},
      {"chart.js", kScript, between(weir_web_chart_begin, weir_web_chart_end)},
      {"dom.js", kScript, between(weir_web_dom_begin, weir_web_dom_end)},
      {"format.js", kScript, between(weir_web_format_begin, weir_web_format_end)},
      {"text.js", kScript, between(weir_web_text_begin, weir_web_text_end)},
      {"icon.svg", "image/svg+xml", between(weir_web_icon_begin, weir_web_icon_end)},
  }};
  return kFiles;
}

}  // namespace weir::server
