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
    sizes[0] = static_cast<int64_t>(counted.depth.size());
    sizes[1] = static_cast<int64_t>(counted.branch_symbol.size());
    sizes[2] = static_cast<int64_t>(counted.raw.size());
  }

  void copy(void* const* arrays) const override {
    put(counted.depth, arrays[0]), put(counted.place, arrays[1]);
    put(counted.branches, arrays[2]), put(counted.followers, arrays[3]);
    put(counted.branch_symbol, arrays[4]), put(counted.branch_target, arrays[5]);
    put(counted.follower_symbol, arrays[6]), put(counted.adjusted, arrays[7]), put(counted.raw, arrays[8]);
    put(counted.counts, arrays[9]);
  }

  Counted<S> counted;
};

template <class T>
bool within(const T* values, int64_t count, int64_t low, int64_t high) {
  bool sound = true;
  for (int64_t i = 0; i < count; i++) sound &= int64_t{values[i]} >= low && int64_t{values[i]} <= high;
  return sound;
}

bool starts(const int32_t* values, int64_t nodes, int64_t end) {
  bool sound = values[0] == 0 && values[nodes] == end;
  for (int64_t i = 0; i < nodes; i++) sound &= values[i] <= values[i + 1];
  return sound;
}

template <class S>
bool ascending(const S* symbols, const int32_t* starts, int64_t nodes) {
  bool sound = true;
  for (int64_t node = 0; node < nodes; node++) {
    for (int32_t i = starts[node] + 1; i < starts[node + 1]; i++) sound &= symbols[i - 1] < symbols[i];
  }
  return sound;
}

template <class S>
bool event(const Tables<S>& tables, int64_t place) {
  const int64_t symbol = tables.text[place];
  return symbol > 0 && symbol <= int64_t{tables.vocabulary} + tables.marks;
}

template <class S>
bool followed(const Tables<S>& t) {
  bool sound = true, empty = t.nodes == 1;
  for (int64_t node = 0; node < t.nodes; node++) sound &= t.followers[node] < t.followers[node + 1];
  for (int64_t place = 0; place < t.symbols && empty; place++) empty = !event(t, place);
  return sound || empty;  // only the root of an empty text has no followers
}

template <class S>
bool targets(const Tables<S>& t) {
  bool sound = true;
  for (int64_t node = 0; node < t.nodes && sound; node++) {
    if (t.branches[node] < t.branches[node + 1] && t.depth[node] >= t.context) return false;
    for (int32_t i = t.branches[node]; i < t.branches[node + 1] && sound; i++) {
      const int32_t target = t.branch_target[i];
      if (target < 0) {
        sound = ~target < t.symbols && event(t, ~target);
      } else {
        sound = target < node && t.depth[target] > t.depth[node];
      }
    }
  }
  return sound;
}

// In the order of checking.py, which says what is asked.
template <class S>
int first_fault(const Tables<S>& t, const int64_t* counts) {
  const int64_t end = int64_t{t.vocabulary} + t.marks, start = int64_t{t.vocabulary} + 2 * t.marks;
  if (t.text[0] != 0 || !within(t.text, t.symbols, 0, start)) return 1;
  if (!within(counts, (int64_t{t.context} + 1) * rnnscope::ngram::COLUMNS, 0, t.symbols)) return 2;
  if (!starts(t.branches, t.nodes, t.branch_count)) return 3;
  if (!starts(t.followers, t.nodes, t.follower_count)) return 4;
  if (t.depth[t.nodes - 1] != 0 || !within(t.depth, t.nodes, 0, t.context)) return 5;
  if (!within(t.place, t.nodes, 0, t.symbols - 1)) return 6;
  if (!within(t.branch_symbol, t.branch_count, 1, start) || !ascending(t.branch_symbol, t.branches, t.nodes)) return 7;
  if (!within(t.follower_symbol, t.follower_count, 1, end)) return 8;
  if (!ascending(t.follower_symbol, t.followers, t.nodes) || !followed(t)) return 8;
  if (!within(t.adjusted, t.follower_count, 1, t.symbols)) return 9;
  if (!within(t.raw, t.follower_count, 1, t.symbols)) return 10;
  return targets(t) ? 0 : 11;
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
