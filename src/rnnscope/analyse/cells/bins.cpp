// rnnscope_bins: in which bin of its column each value lies.
//
// A binary search takes the same ten steps for every value, so a block of values can take each step together: no jump
// depends on a value, and while one waits for its edge the others go on. Any compiler's plain code does this well, so
// there is one function for all processors.
#include <algorithm>
#include <cstdint>

#include "rnnscope.h"

namespace {

constexpr int BLOCK = 128;   // positions that are searched for together
constexpr int COLUMNS = 16;  // columns that share a cache line of a position's values

}  // namespace

void rnnscope_bins(const float* __restrict values, int64_t positions, int64_t stride, int columns,
                   const float* __restrict edges, int bins, int64_t* __restrict found, int64_t* __restrict counts) {
  for (int first = 0; first < columns; first += COLUMNS) {
    const int some = std::min(columns - first, COLUMNS);
    for (int64_t start = 0; start < positions; start += BLOCK) {
      const int count = static_cast<int>(std::min<int64_t>(positions - start, BLOCK));
      float value[COLUMNS][BLOCK] = {};
      for (int i = 0; i < count; i++) {
        for (int c = 0; c < some; c++) value[c][i] = values[(start + i) * stride + first + c];
      }
      for (int c = 0; c < some; c++) {
        const float* edge = edges + int64_t{first + c} * (bins - 1);
        int32_t bin[BLOCK] = {};
        for (int step = bins / 2; step; step /= 2) {
          for (int i = 0; i < BLOCK; i++) bin[i] += step * (edge[bin[i] + step - 1] <= value[c][i]);
        }
        int64_t* out = found + (first + c) * positions + start;
        int64_t* total = counts + int64_t{first + c} * bins;
        for (int i = 0; i < count; i++) out[i] = bin[i];
        for (int i = 0; i < count; i++) total[bin[i]]++;
      }
    }
  }
}
