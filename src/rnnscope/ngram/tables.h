// The tables of an n-gram model as the compiled code sees them; what they mean is said in tables.py.
//
// S is the type of stored symbols: uint8_t, uint16_t or int32_t, whichever is the smallest that holds the alphabet.
#ifndef RNNSCOPE_NGRAM_TABLES_H
#define RNNSCOPE_NGRAM_TABLES_H

#include <cstdint>

#include "rnnscope.h"

namespace rnnscope::ngram {

// Its context's length and a place that it stands before; where its branches and its followers begin.
struct Node {
  int32_t depth, place, branches, followers;
};

struct Count {
  int32_t adjusted, raw;
};

template <class S>
struct Tables {
  explicit Tables(const rnnscope_ngram& from)
      : text(static_cast<const S*>(from.text)),
        branch_symbol(static_cast<const S*>(from.branch_symbol)),
        follower_symbol(static_cast<const S*>(from.follower_symbol)),
        branch_target(from.branch_target),
        node(reinterpret_cast<const Node*>(from.nodes)),
        count(reinterpret_cast<const Count*>(from.follower_counts)),
        symbols(from.symbols),
        nodes(from.node_count),
        branch_count(from.branch_count),
        follower_count(from.follower_count),
        context(from.context),
        vocabulary(from.vocabulary),
        marks(from.marks) {}

  const S *text, *branch_symbol, *follower_symbol;
  const int32_t* branch_target;
  const Node* node;    // one more than there are nodes: its neighbour says where what a node has ends
  const Count* count;  // of each follower
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
