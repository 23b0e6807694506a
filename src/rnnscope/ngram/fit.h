// Counts all n-grams of a text at once: the compiled form of fitting.py, with the same tables.
#ifndef RNNSCOPE_NGRAM_FIT_H
#define RNNSCOPE_NGRAM_FIT_H

#include <cstdint>
#include <vector>

#include "tables.h"

namespace rnnscope::ngram {

constexpr int COLUMNS = 9;  // of the counts of a level: n-grams, n1..n4 of adjusted, n1..n4 of raw counts

template <class S>
struct Counted {
  std::vector<Node> nodes;  // and one more at the end
  std::vector<int32_t> branch_target;
  std::vector<Count> follower_counts;
  std::vector<S> branch_symbol, follower_symbol;
  std::vector<int64_t> counts;  // [C + 1, COLUMNS]
};

// text: [symbols] stored symbols. Throws std::bad_alloc or std::system_error where memory or threads cannot be had.
template <class S>
Counted<S> count(const S* text, int64_t symbols, int32_t vocabulary, int context, int threads);

}  // namespace rnnscope::ngram

#endif
