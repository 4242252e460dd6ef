// Where data files are fetched from, and what such a place is allowed to do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataset/catalogue.hpp"

namespace mnist {

struct Mirror {
  std::string url;  // ends in '/', and a file's name is appended
  bool built_in = false;
};

// Whether a user may name `url` as a mirror: http, https or file, with a host or an absolute path,
// no blanks or control characters, and no query, since file names are appended.
bool is_mirror_url(std::string_view url);

// The user's mirrors, then the catalogue's.
std::vector<Mirror> mirrors_of(const Catalogue& catalogue, const std::vector<std::string>& given);

// The protocols that may be spoken, as libcurl lists them: with the mirror itself, and where it
// redirects to. Built-in mirrors speak https alone, nothing encrypted is redirected to plain http,
// and nothing at all to a file.
std::string allowed_protocols(const Mirror& mirror);
std::string allowed_redirects(const Mirror& mirror);

// Whether it can be asked for the rest of a file.
bool speaks_http(const Mirror& mirror);

// The URL without user name and password, for messages.
std::string without_credentials(const std::string& url);

}  // namespace mnist
