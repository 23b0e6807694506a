// The tables of an n-gram model as the compiled code sees them; what they mean is said in tables.py.
//
// S is the type of stored symbols: uint8_t, uint16_t or int32_t, whichever is the smallest that holds the alphabet.
#ifndef RNNSCOPE_NGRAM_TABLES_H
#define RNNSCOPE_NGRAM_TABLES_H

#include <cstdint>

#include "rnnscope.h"

namespace rnnscope::ngram {

template <class S>
struct Tables {
  explicit Tables(const rnnscope_ngram& from)
      : text(static_cast<const S*>(from.text)),
        branch_symbol(static_cast<const S*>(from.branch_symbol)),
        follower_symbol(static_cast<const S*>(from.follower_symbol)),
        depth(from.depth),
        place(from.place),
        branches(from.branches),
        followers(from.followers),
        branch_target(from.branch_target),
        adjusted(from.adjusted),
        raw(from.raw),
        symbols(from.symbols),
        nodes(from.nodes),
        branch_count(from.branch_count),
        follower_count(from.follower_count),
        context(from.context),
        vocabulary(from.vocabulary),
        marks(from.marks) {}

  const S *text, *branch_symbol, *follower_symbol;
  const uint16_t* depth;
  const int32_t *place, *branches, *followers, *branch_target, *adjusted, *raw;
  int64_t symbols, nodes, branch_count, follower_count;
  int32_t context, vocabulary, marks;
};

// Calls work with a null pointer of the type that symbols of so many bytes have.
template <class Work>
auto with_symbols(int bytes, Work work) {
  if (bytes == 1) return work(static_cast<uint8_t*>(nullptr));
  if (bytes == 2) return work(static_cast<uint16_t*>(nullptr));
  return work(static_cast<int32_t*>(nullptr));
}

}  // namespace rnnscope::ngram

#endif
