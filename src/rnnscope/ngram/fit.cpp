// Once all places are sorted by the contexts before them, the trie of contexts is read off from left to right: where
// neighbours have fewer symbols in common than those before, a context and everything below it is complete. It gets its
// followers from the contexts one symbol longer, which are complete already, so each pair of a branch and a follower is
// looked at once.
#include "fit.h"

#include <algorithm>
#include <array>

#include "sorting.h"

namespace rnnscope::ngram {
namespace {

using Few = std::array<int32_t, 4>;  // how many counts are 1, 2, 3, 4

// Sums by level of what belongs to ranges of levels.
class Ranges {
 public:
  explicit Ranges(int context) : context_(context), steps_(static_cast<size_t>(context + 2) * COLUMNS) {}

  // Adds to column `column` of the levels first..last.
  void add(int first, int last, int column, int64_t value) {
    if (first > last) return;
    steps_[static_cast<size_t>(first) * COLUMNS + static_cast<size_t>(column)] += value;
    steps_[static_cast<size_t>(last + 1) * COLUMNS + static_cast<size_t>(column)] -= value;
  }

  std::vector<int64_t> sums() const {
    std::vector<int64_t> found(static_cast<size_t>(context_ + 1) * COLUMNS);
    for (size_t i = 0; i < found.size(); i++) found[i] = steps_[i] + (i < COLUMNS ? 0 : found[i - COLUMNS]);
    return found;
  }

 private:
  int context_;
  std::vector<int64_t> steps_;
};

// A context that is complete: a node, or one that occurs once.
struct Done {
  int32_t target;  // the node, or ~place
  int32_t place;
  int depth;
  int32_t size;  // how many symbols follow it
  Few raw;
};

template <class S>
class Builder {
 public:
  Builder(const S* text, int64_t symbols, int32_t vocabulary, int context)
      : text_(text), vocabulary_(vocabulary), context_(context), ranges_(context) {
    const size_t largest = static_cast<size_t>(vocabulary) + 3;
    adjusted_.assign(largest, 0), raw_.assign(largest, 0), of_start_.assign(largest, 0);
    found_.follower_symbol.reserve(static_cast<size_t>(symbols));
    found_.follower_counts.reserve(static_cast<size_t>(symbols));
  }

  // order: places by context; common: symbols that the contexts of neighbours have in common.
  Counted<S> build(const std::vector<int32_t>& order, const std::vector<int32_t>& common) {
    open_.push_back({0, 0});
    for (size_t i = 0; i < order.size(); i++) {
      // How much the next one shares decides which contexts end here.
      const int next = i + 1 < order.size() ? common[i + 1] : -1;
      Done done{~order[i], order[i], context_, 1, {1, 0, 0, 0}};  // as far as it is counted: see near_starts
      while (open_.back().depth > next && open_.size() > 1) {
        adopt(done);
        done = close();
      }
      if (next > open_.back().depth) open_.push_back({next, children_.size()});
      adopt(done);
    }
    close();
    near_starts();
    found_.counts = ranges_.sums();
    found_.nodes.push_back({0, 0, branches(), followers()});
    return std::move(found_);
  }

 private:
  struct Open {
    int depth;
    size_t children;  // index of its first one
  };

  int32_t branches() const { return static_cast<int32_t>(found_.branch_symbol.size()); }
  int32_t followers() const { return static_cast<int32_t>(found_.follower_symbol.size()); }
  S before(int32_t place, int distance) const { return text_[place - distance]; }

  // Makes a complete context a child of the innermost open one.
  void adopt(const Done& child) {
    const int first = open_.back().depth + 1;
    ranges_.add(first, child.depth, 0, child.size);
    // Between two nodes one symbol only stands to the left: every adjusted count is 1.
    ranges_.add(first, child.depth - 1, 1, child.size);
    for (int j = 0; j < 4; j++) {
      if (child.raw[static_cast<size_t>(j)]) ranges_.add(first, child.depth, 5 + j, child.raw[static_cast<size_t>(j)]);
    }
    children_.push_back({child.target, child.place});
  }

  // Completes the innermost open context: adds up its children.
  Done close() {
    const Open open = open_.back();
    open_.pop_back();
    const bool whole = open.depth < context_;  // else what stands to the left is not looked at
    const auto node = static_cast<int32_t>(found_.nodes.size());
    found_.nodes.push_back({open.depth, 0, branches(), followers()});
    seen_.clear();
    stamp_++;
    for (size_t i = open.children; i < children_.size(); i++) {
      const Child child = children_[i];
      const S left = whole ? before(child.place, open.depth + 1) : S{0};
      if (child.target < 0) {
        const auto symbol = static_cast<size_t>(text_[child.place]);
        // All starts of streams count as one symbol to the left, and so does what lies beyond the longest context.
        const bool known = left == 0 && of_start_[symbol] == stamp_;
        if (left == 0) of_start_[symbol] = stamp_;
        see(symbol, known ? 0 : 1, 1);
      } else {
        // The node after a child is there already, if only the one that is being completed.
        const auto inner = static_cast<size_t>(child.target);
        const auto last = static_cast<size_t>(found_.nodes[inner + 1].followers);
        for (auto j = static_cast<size_t>(found_.nodes[inner].followers); j < last; j++) {
          see(found_.follower_symbol[j], 1, found_.follower_counts[j].raw);
        }
      }
      if (left != 0) found_.branch_symbol.push_back(left), found_.branch_target.push_back(child.target);
    }
    std::sort(seen_.begin(), seen_.end());
    Done done{node, 0, open.depth, static_cast<int32_t>(seen_.size()), {}};
    if (open.children < children_.size()) done.place = children_[open.children].place;
    for (const S symbol : seen_) {
      int32_t& adjusted = adjusted_[static_cast<size_t>(symbol)];
      int32_t& raw = raw_[static_cast<size_t>(symbol)];
      found_.follower_symbol.push_back(symbol), found_.follower_counts.push_back({adjusted, raw});
      if (raw < 5) done.raw[static_cast<size_t>(raw - 1)]++;
      if (whole && adjusted < 5) ranges_.add(open.depth, open.depth, adjusted, 1);
      adjusted = raw = 0;
    }
    children_.resize(open.children);
    found_.nodes.back().place = done.place;
    if (open_.empty()) {  // the root has no parent to count it
      ranges_.add(0, 0, 0, done.size);
      for (int j = 0; j < 4; j++) ranges_.add(0, 0, 5 + j, done.raw[static_cast<size_t>(j)]);
    }
    return done;
  }

  void see(size_t symbol, int32_t adjusted, int32_t raw) {
    if (raw_[symbol] == 0) seen_.push_back(static_cast<S>(symbol));
    adjusted_[symbol] += adjusted, raw_[symbol] += raw;
  }

  struct Child {
    int32_t target, place;
  };

  const S* text_;
  int32_t vocabulary_;
  int context_;
  Ranges ranges_;
  Counted<S> found_;
  std::vector<Open> open_;
  std::vector<Child> children_;
  std::vector<int32_t> adjusted_, raw_;  // by symbol, 0 between two contexts
  std::vector<int64_t> of_start_;        // by symbol: the last context that saw it without a left neighbour
  std::vector<S> seen_;
  int64_t stamp_ = 0;

 public:
  // Places near the start of a stream were counted as n-grams of all lengths: takes off those that reach beyond it.
  void near_starts() {
    for (const int before : early) {
      ranges_.add(before + 1, context_, 0, -1);
      ranges_.add(before + 1, context_ - 1, 1, -1);
      ranges_.add(before + 1, context_, 5, -1);
    }
  }
  std::vector<int> early;  // symbols before each place that has fewer than `context`
};

}  // namespace

template <class S>
Counted<S> count(const S* text, int64_t symbols, int32_t vocabulary, int context, int threads) {
  // Places, and how far their contexts can reach.
  Builder<S> builder(text, symbols, vocabulary, context);
  std::vector<int32_t> order, spare;
  order.reserve(static_cast<size_t>(symbols));
  int64_t start = 0, longest = 0;
  for (int64_t p = 0; p < symbols; p++) {
    if (text[p] == 0) start = p;
    longest = std::max(longest, p - start);
    if (text[p] == 0 || static_cast<int64_t>(text[p]) == int64_t{vocabulary} + 2) continue;
    order.push_back(static_cast<int32_t>(p));
    if (p - start - 1 < context) builder.early.push_back(static_cast<int>(p - start - 1));
  }
  const int depth = static_cast<int>(std::min<int64_t>(context, longest));

  Threads team(threads);
  {
    std::vector<S> padded(static_cast<size_t>(depth) + 1 + static_cast<size_t>(symbols));
    std::copy(text, text + symbols, padded.begin() + depth + 1);
    sort_by_context(
        padded.data() + depth + 1, int64_t{vocabulary} + 3, depth, [](int32_t p) { return p; }, order, spare, team);
  }
  const auto places = static_cast<int64_t>(order.size());
  team.run([&](int part) {
    const Share mine(places, part, team.count());
    for (int64_t i = std::max<int64_t>(mine.first, 1); i < mine.last; i++) {
      const int32_t left = order[static_cast<size_t>(i - 1)], right = order[static_cast<size_t>(i)];
      int k = 0;
      while (k < context && text[left - k - 1] == text[right - k - 1] && text[left - k - 1] != 0) k++;
      spare[static_cast<size_t>(i)] = k;
    }
  });
  return builder.build(order, spare);
}

template Counted<uint8_t> count(const uint8_t*, int64_t, int32_t, int, int);
template Counted<uint16_t> count(const uint16_t*, int64_t, int32_t, int, int);
template Counted<int32_t> count(const int32_t*, int64_t, int32_t, int, int);

}  // namespace rnnscope::ngram
