// Grids, chains, heads, regions and tilings in the form in which files carry them.
#pragma once
#include <string>
#include <vector>

#include "base/contract.h"
#include "base/volume.h"
#include "io/tree.h"

namespace kdseg::io {

/// Each `..._from_...` throws DataError starting with `where` for anything that is not of its form.
std::string grid_to_json(const Grid& grid);
std::string chain_to_json(const Chain& chain);
Chain chain_from_json(const std::string& text, const std::string& where);
std::string head_to_json(const Head& head);
Head head_from_json(const std::string& text, const std::string& where);
std::string tiling_to_json(const Tiling& tiling);
Tiling tiling_from_json(const std::string& text, const std::string& where);

/// "TC=1,4" each.
std::vector<std::string> regions_to_texts(const std::vector<Region>& regions);
std::vector<Region> regions_from_texts(const std::vector<std::string>& texts,
                                       const std::string& where);

/// Root attributes size, spacing-mm, origin-mm, direction. Other programs may leave out all but the
/// spacing: size is then that of the dataset `array`, the origin 0 and the direction the identity.
void put_grid(Tree& tree, const Grid& grid);
Grid get_grid(const Tree& tree, const std::string& array);
/// Root attribute chain; without it the grid is the scan's own. \throws DataError  it ends
/// elsewhere
Chain get_chain(const Tree& tree, const Grid& grid);
/// Root attributes class-names, class-codes; without codes the classes count from 0.
void put_classes(Tree& tree, const ClassTable& classes);
ClassTable get_classes(const Tree& tree);
/// Root attribute `case`; without it the file's name without its extension.
std::string get_case_id(const Tree& tree);

/// The size at the end of the chain.
std::array<int64_t, 3> end_size(const Chain& chain);

}  // namespace kdseg::io
