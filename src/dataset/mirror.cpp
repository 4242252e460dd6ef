#include "dataset/mirror.hpp"

#include <algorithm>
#include <cctype>

namespace mnist {
namespace {

char lower(char letter) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
}

bool has_scheme(std::string_view url, std::string_view scheme) {
  return url.size() > scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), url.begin(),
                    [](char expected, char found) { return expected == lower(found); });
}

}  // namespace

bool is_mirror_url(std::string_view url) {
  const bool printable = std::all_of(url.begin(), url.end(), [](char letter) {
    return letter > ' ' && letter != 0x7f && letter != '?' && letter != '#';
  });
  if (!printable) return false;
  if (has_scheme(url, "file:///")) return true;
  for (const std::string_view scheme : {"http://", "https://"})
    if (has_scheme(url, scheme)) return url[scheme.size()] != '/';
  return false;
}

std::vector<Mirror> mirrors_of(const Catalogue& catalogue, const std::vector<std::string>& given) {
  std::vector<Mirror> mirrors;
  for (const std::string& url : given)
    mirrors.push_back({.url = url.ends_with('/') ? url : url + '/', .built_in = false});
  for (const std::string& url : catalogue.mirrors)
    mirrors.push_back({.url = url, .built_in = true});
  return mirrors;
}

std::string allowed_protocols(const Mirror& mirror) {
  return mirror.built_in ? "https" : "http,https,file";
}

std::string allowed_redirects(const Mirror& mirror) {
  return !mirror.built_in && has_scheme(mirror.url, "http://") ? "http,https" : "https";
}

bool speaks_http(const Mirror& mirror) {
  return has_scheme(mirror.url, "http://") || has_scheme(mirror.url, "https://");
}

std::string without_credentials(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const std::size_t host = scheme + 3;
  const std::size_t at = url.substr(0, url.find('/', host)).rfind('@');
  return at == std::string::npos || at < host ? url : url.substr(0, host) + url.substr(at + 1);
}

}  // namespace mnist
