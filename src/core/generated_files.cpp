#include "core/generated_files.hpp"

#include <iostream>

#include "core/artefact.hpp"

namespace circlet {

int write_or_check(const std::string& program, const std::filesystem::path& root,
                   const std::map<std::string, std::string>& files, bool check) {
  bool stale = false;
  for (const auto& [name, text] : files) {
    const std::filesystem::path path = root / name;
    if (std::filesystem::exists(path)) {
      const Bytes committed = read_file(path);
      if (std::string_view(reinterpret_cast<const char*>(committed.data()), committed.size()) == text)
        continue;
    }
    if (check) {
      std::cout << name << " differs from what " << program << " writes\n";
      stale = true;
      continue;
    }
    std::filesystem::create_directories(path.parent_path());
    write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    std::cout << "wrote " << name << "\n";
  }
  return stale ? 1 : 0;
}

}  // namespace circlet
