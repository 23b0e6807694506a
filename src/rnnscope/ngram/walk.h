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
    (count == 1 ? ones : count == 2 ? twos : more) += 1;
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
  int32_t node;  // at or below it; -1 where it occurs once
  int32_t leaf;  // the place where it occurs then
  bool whole;    // it is the node's own; above a node adjusted counts are 1
  double lower_gamma, lower_total, highest_gamma, highest_total;
};

template <class S>
class Path {
 public:
  Path(const Tables<S>& tables, const double* lower, const double* highest)
      : tables_(tables), lower_(lower), highest_(highest) {
    contexts_.push_back(entered(static_cast<int32_t>(tables_.nodes - 1), -1, 0));
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

  // Index of a symbol among the followers of a node; -1 where there is none.
  int32_t find_follower(int32_t node, S symbol) const {
    return find(tables_.follower_symbol, tables_.followers[node], tables_.followers[node + 1], symbol);
  }

  // Calls see(symbol, adjusted count, raw count) for every symbol that follows context k.
  template <class See>
  void followers(const Context& context, See see) const {
    if (context.node < 0) return see(tables_.text[context.leaf], 1, 1);
    const int32_t last = tables_.followers[context.node + 1];
    for (int32_t i = tables_.followers[context.node]; i < last; i++) {
      see(tables_.follower_symbol[i], context.whole ? tables_.adjusted[i] : 1, tables_.raw[i]);
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

  static int32_t find(const S* symbols, int32_t first, int32_t last, S symbol) {
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

  // One symbol further left; false if training never saw that.
  bool extend(S left) {
    if (left == 0) return false;
    const Context last = contexts_.back();
    const int k = static_cast<int>(contexts_.size());
    if (!last.whole) {
      // The training text knows one continuation.
      const int32_t place = last.node < 0 ? last.leaf : tables_.place[last.node];
      if (place < k || tables_.text[place - k] != left) return false;
      contexts_.push_back(entered(last.node, last.leaf, k));
      return true;
    }
    const int32_t branch =
        find(tables_.branch_symbol, tables_.branches[last.node], tables_.branches[last.node + 1], left);
    if (branch < 0) return false;
    const int32_t target = tables_.branch_target[branch];
    contexts_.push_back(target < 0 ? entered(-1, ~target, k) : entered(target, -1, k));
    return true;
  }

  Context entered(int32_t node, int32_t leaf, int k) const {
    Context context{node, leaf, node >= 0 && tables_.depth[node] == k, 0, 0, 0, 0};
    Sums adjusted{}, raw{};
    followers(context,
              [&](S, int32_t adjusted_count, int32_t raw_count) { adjusted.add(adjusted_count), raw.add(raw_count); });
    context.lower_gamma = adjusted.gamma(lower(k)), context.lower_total = adjusted.total;
    context.highest_gamma = raw.gamma(highest(k)), context.highest_total = raw.total;
    return context;
  }

  const Tables<S>& tables_;
  const double *lower_, *highest_;
  std::vector<Context> contexts_;
  const S* text_at_ = nullptr;
};

}  // namespace rnnscope::ngram

#endif
