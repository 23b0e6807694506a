// Fitting and checking, as Python calls them.
#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>
#include <type_traits>

#include "fit.h"
#include "tables.h"

using rnnscope::ngram::Counted;
using rnnscope::ngram::Node;
using rnnscope::ngram::Tables;
using rnnscope::ngram::with_symbols;

struct rnnscope_ngram_counts {
  virtual ~rnnscope_ngram_counts() = default;
  virtual void sizes(int64_t* sizes) const = 0;
  virtual void copy(void* const* arrays) const = 0;
};

namespace {

template <class T>
void put(const std::vector<T>& from, void* to) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size() * sizeof(T));
}

template <class S>
struct Held final : rnnscope_ngram_counts {
  explicit Held(Counted<S>&& from) : counted(std::move(from)) {}

  void sizes(int64_t* sizes) const override {
    sizes[0] = static_cast<int64_t>(counted.nodes.size()) - 1;
    sizes[1] = static_cast<int64_t>(counted.branch_symbol.size());
    sizes[2] = static_cast<int64_t>(counted.follower_symbol.size());
  }

  void copy(void* const* arrays) const override {
    put(counted.nodes, arrays[0]);
    put(counted.branch_symbol, arrays[1]), put(counted.branch_target, arrays[2]);
    put(counted.follower_symbol, arrays[3]), put(counted.follower_counts, arrays[4]);
    put(counted.counts, arrays[5]);
  }

  Counted<S> counted;
};

template <class T>
bool within(const T* values, int64_t count, int64_t low, int64_t high) {
  bool sound = true;
  for (int64_t i = 0; i < count; i++) sound &= int64_t{values[i]} >= low && int64_t{values[i]} <= high;
  return sound;
}

// Symbols of the nodes' branches or followers: the starts ascend up to the end, and so do the symbols of each node.
template <class S>
bool ordered(const Tables<S>& t, int32_t Node::*starts, const S* symbols, int64_t end) {
  if (t.node[0].*starts != 0 || t.node[t.nodes].*starts != end) return false;
  for (int64_t node = 0; node < t.nodes; node++) {
    if (t.node[node].*starts > t.node[node + 1].*starts) return false;
  }
  bool sound = true;
  for (int64_t node = 0; node < t.nodes; node++) {
    for (int32_t i = t.node[node].*starts + 1; i < t.node[node + 1].*starts; i++) sound &= symbols[i - 1] < symbols[i];
  }
  return sound;
}

template <class S>
bool event(const Tables<S>& tables, int64_t place) {
  const int64_t symbol = tables.text[place];
  return symbol > 0 && symbol <= int64_t{tables.vocabulary} + tables.marks;
}

template <class S>
bool shaped(const Tables<S>& t) {
  bool sound = t.node[t.nodes - 1].depth == 0, empty = t.nodes == 1;
  for (int64_t place = 0; place < t.symbols && empty; place++) empty = !event(t, place);
  for (int64_t i = 0; i < t.nodes; i++) {
    const Node& node = t.node[i];
    sound &= node.depth >= 0 && node.depth <= t.context && node.place >= 0 && node.place < t.symbols;
    sound &= node.followers < t.node[i + 1].followers || empty;  // only the root of an empty text has none
  }
  return sound;
}

template <class S>
bool targets(const Tables<S>& t) {
  for (int64_t i = 0; i < t.nodes; i++) {
    const int32_t first = t.node[i].branches, last = t.node[i + 1].branches;
    if (first < last && t.node[i].depth >= t.context) return false;
    for (int32_t branch = first; branch < last; branch++) {
      const int32_t target = t.branch_target[branch];
      const bool sound =
          target < 0 ? ~target < t.symbols && event(t, ~target) : target < i && t.node[target].depth > t.node[i].depth;
      if (!sound) return false;
    }
  }
  return true;
}

// In the order of rnnscope.h; checking.py says what is asked.
template <class S>
int first_fault(const Tables<S>& t, const int64_t* counts) {
  const int64_t end = int64_t{t.vocabulary} + t.marks, start = int64_t{t.vocabulary} + 2 * t.marks;
  if (t.text[0] != 0 || !within(t.text, t.symbols, 0, start)) return 1;
  if (!within(counts, (int64_t{t.context} + 1) * rnnscope::ngram::COLUMNS, 0, t.symbols)) return 2;
  if (!within(t.branch_symbol, t.branch_count, 1, start)) return 3;
  if (!ordered(t, &Node::branches, t.branch_symbol, t.branch_count)) return 3;
  if (!within(t.follower_symbol, t.follower_count, 1, end)) return 4;
  if (!ordered(t, &Node::followers, t.follower_symbol, t.follower_count)) return 4;
  if (!shaped(t)) return 5;
  if (!within(&t.count->adjusted, 2 * t.follower_count, 1, t.symbols)) return 6;
  return targets(t) ? 0 : 7;
}

}  // namespace

rnnscope_ngram_counts* rnnscope_ngram_fit(const void* text, int symbol_bytes, int64_t symbols, int vocabulary,
                                          int context, int threads) {
  try {
    return with_symbols(symbol_bytes, [&](auto* kind) -> rnnscope_ngram_counts* {
      using S = std::remove_pointer_t<decltype(kind)>;
      return new Held<S>(rnnscope::ngram::count(static_cast<const S*>(text), symbols, vocabulary, context, threads));
    });
  } catch (const std::bad_alloc&) {
    return nullptr;
  } catch (const std::system_error&) {
    return nullptr;
  }
}

void rnnscope_ngram_sizes(const rnnscope_ngram_counts* counts, int64_t* sizes) { counts->sizes(sizes); }

void rnnscope_ngram_take(rnnscope_ngram_counts* counts, void* const* arrays) {
  const std::unique_ptr<rnnscope_ngram_counts> held(counts);
  if (arrays) held->copy(arrays);
}

int rnnscope_ngram_fault(const rnnscope_ngram* tables, const int64_t* counts) {
  return with_symbols(tables->symbol_bytes, [&](auto* kind) {
    return first_fault(Tables<std::remove_pointer_t<decltype(kind)>>(*tables), counts);
  });
}
