// render_pages FOLDER: pages of made-up runs, for a browser to open: a GPU's with all that can be
// known, one whose every text is hostile, and one of which nearly nothing is known.
#include <filesystem>

#include "base/whole_file.hpp"
#include "page/render.hpp"
#include "page/sample_pages.hpp"
#include "report/sample_results.hpp"

using namespace mnist;

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::filesystem::path folder = arguments[1];
  write_whole_file(folder / "full.html", render_page(sample_content(), full_result()));
  write_whole_file(folder / "hostile.html", render_page(sample_content(), hostile_result()));
  write_whole_file(folder / "nothing.html", render_page(PageContent{}, RunResult{}));
}
