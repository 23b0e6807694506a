// The path through the tables that belongs to one position: from the empty context to the longest known one. What two
// positions share is looked up once, so positions are best asked for in the order of their contexts.
#ifndef RNNSCOPE_NGRAM_WALK_H
#define RNNSCOPE_NGRAM_WALK_H

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tables.h"

namespace rnnscope::ngram {

// One kind of count after a context, added up.
struct Sums {
  double ones, twos, more, total;

  void add(int32_t count) {
    ones += count == 1, twos += count == 2, more += count > 2;
    total += count;
  }
  // What is left for the next lower level; all of it where nothing was seen. discount: [4].
  double gamma(const double* discount) const {
    return total > 0 ? (discount[1] * ones + discount[2] * twos + discount[3] * more) / total : 1;
  }
};

inline double share(int32_t count, const double* discount, double total) {
  return (count - discount[std::min(count, 3)]) / total;
}

// One context of the path.
struct Context {
  int32_t node;              // at or below it; -1 where it occurs once
  int32_t place;             // where it occurs
  int32_t first, followers;  // of the node: where its followers begin and how many they are
  bool whole;                // it is the node's own; above a node adjusted counts are 1
  Sums raw;
  double lower_gamma, lower_total, highest_gamma;
};

// Index of a symbol in an ascending piece [first, last); -1 where it is not.
template <class S>
int32_t find(const S* symbols, int32_t first, int32_t last, S symbol) {
  constexpr int32_t FEW = 8;
  while (last - first > FEW) {
    const int32_t middle = first + (last - first) / 2;
    (symbols[middle] <= symbol ? first : last) = middle;
  }
  for (int32_t i = first; i < last; i++) {
    if (symbols[i] == symbol) return i;
  }
  return -1;
}

// Brings into the cache what the paths of some positions will need. All paths are followed at once, one step each, so
// that they wait for memory together and not one after the other; what training knows one continuation of is taken for
// granted.
//
// positions: [count] of `text`, count at most GROUP.
constexpr int GROUP = 32;
constexpr int COUNTS_OF_A_LINE = 64 / sizeof(Count);

template <class S>
void fetch(const Tables<S>& tables, const S* text, const int64_t* positions, int count, int longest) {
  int32_t nodes[GROUP];
  int left = count;
  std::fill_n(nodes, count, static_cast<int32_t>(tables.nodes - 1));
  while (left > 0) {
    for (int j = 0; j < count; j++) {
      if (nodes[j] < 0) continue;
      const Node& node = tables.node[nodes[j]];
      __builtin_prefetch(tables.branch_symbol + node.branches);
      __builtin_prefetch(tables.branch_target + node.branches);
      __builtin_prefetch(tables.follower_symbol + node.followers);
      __builtin_prefetch(tables.count + node.followers);
      __builtin_prefetch(tables.count + node.followers + COUNTS_OF_A_LINE);
      __builtin_prefetch(tables.text + node.place);  // what stands before it may begin in the line before
      __builtin_prefetch(tables.text + node.place - node.depth);
    }
    for (int j = 0; j < count; j++) {
      if (nodes[j] < 0) continue;
      const Node& node = tables.node[nodes[j]];
      const int64_t before = positions[j] - node.depth - 1;
      int32_t target = -1;
      if (node.depth < longest && before > 0) {
        const int32_t branch = find(tables.branch_symbol, node.branches, (&node + 1)->branches, text[before]);
        if (branch >= 0) target = tables.branch_target[branch];
        if (branch >= 0 && target < 0) {
          __builtin_prefetch(tables.text + ~target);
          __builtin_prefetch(tables.text + ~target - longest);
        }
      }
      nodes[j] = target;
      if (target >= 0) {
        __builtin_prefetch(tables.node + target);
        __builtin_prefetch(tables.node + target + 1);  // says where what it has ends
      } else {
        left--;
      }
    }
  }
}

template <class S>
class Path {
 public:
  Path(const Tables<S>& tables, const double* lower, const double* highest)
      : tables_(tables), lower_(lower), highest_(highest) {
    contexts_.push_back(entered(static_cast<int32_t>(tables_.nodes - 1), 0));
  }

  // Goes to a position of a text; 0 stands before the text's first symbol. Returns how many contexts of the path are
  // the same as before.
  //
  // longest: contexts are followed up to there; the same at every call.
  size_t go(const S* text, int64_t position, int longest) {
    size_t kept = contexts_.size();
    if (text_at_) {
      const size_t same = shared(text_at_, text + position, kept);
      // Also what stopped the path before stops it here.
      if (same >= kept) return text_at_ = text + position, kept;
      kept = same + 1;
    } else {
      kept = 1;
    }
    text_at_ = text + position;
    contexts_.resize(kept);
    while (static_cast<int>(contexts_.size()) <= longest && extend(text_at_[-static_cast<int64_t>(contexts_.size())])) {
    }
    return kept;
  }

  // Length of the longest known context.
  int depth() const { return static_cast<int>(contexts_.size()) - 1; }
  const Context& operator[](int k) const { return contexts_[static_cast<size_t>(k)]; }
  const double* lower(int k) const { return lower_ + 4 * k; }
  const double* highest(int k) const { return highest_ + 4 * k; }

  // Index of a symbol among the followers of a context with a node; -1 where there is none.
  int32_t find_follower(const Context& context, S symbol) const {
    return find(tables_.follower_symbol, context.first, context.first + context.followers, symbol);
  }

  // Calls see(symbol, adjusted count, raw count) for every symbol that follows a context.
  template <class See>
  void followers(const Context& context, See see) const {
    if (context.node < 0) return see(tables_.text[context.place], 1, 1);
    for (int32_t i = context.first; i < context.first + context.followers; i++) {
      see(tables_.follower_symbol[i], context.whole ? tables_.count[i].adjusted : 1, tables_.count[i].raw);
    }
  }

  const Tables<S>& tables() const { return tables_; }

 private:
  // Symbols before two places that are the same, counted up to `most`.
  static size_t shared(const S* left, const S* right, size_t most) {
    size_t k = 0;
    while (k < most && *(left - k - 1) == *(right - k - 1) && *(left - k - 1) != 0) k++;
    return k;
  }

  // One symbol further left; false if training never saw that.
  bool extend(S left) {
    if (left == 0) return false;
    const int k = static_cast<int>(contexts_.size());
    const Context& last = contexts_.back();
    if (!last.whole) {
      // The training text knows one continuation, which the same symbols follow.
      if (last.place < k || tables_.text[last.place - k] != left) return false;
      Context next = last;
      next.whole = next.node >= 0 && tables_.node[next.node].depth == k;
      smooth(next, k);
      contexts_.push_back(next);
      return true;
    }
    const Node& node = tables_.node[last.node];
    const int32_t branch = find(tables_.branch_symbol, node.branches, (&node + 1)->branches, left);
    if (branch < 0) return false;
    const int32_t target = tables_.branch_target[branch];
    contexts_.push_back(target < 0 ? leaf(~target, k) : entered(target, k));
    return true;
  }

  Context leaf(int32_t place, int k) const {
    Context context{-1, place, 0, 1, false, {1, 0, 0, 1}, 0, 0, 0};
    smooth(context, k);
    return context;
  }

  Context entered(int32_t number, int k) const {
    const Node& node = tables_.node[number];
    Context context{number, node.place, node.followers, (&node + 1)->followers - node.followers, node.depth == k, {}, 0,
                    0,      0};
    for (int32_t i = 0; i < context.followers; i++) context.raw.add(tables_.count[context.first + i].raw);
    smooth(context, k);
    return context;
  }

  // What depends on the level: discounts, and adjusted counts, which are 1 above the node's own context.
  void smooth(Context& context, int k) const {
    const double size = context.followers;
    Sums adjusted{size, 0, 0, size};
    if (context.whole) {
      adjusted = {};
      for (int32_t i = 0; i < context.followers; i++) adjusted.add(tables_.count[context.first + i].adjusted);
    }
    context.lower_gamma = adjusted.gamma(lower(k)), context.lower_total = adjusted.total;
    context.highest_gamma = context.raw.gamma(highest(k));
  }

  const Tables<S>& tables_;
  const double *lower_, *highest_;
  std::vector<Context> contexts_;
  const S* text_at_ = nullptr;
};

}  // namespace rnnscope::ngram

#endif
