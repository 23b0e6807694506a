// Probabilities read off the tables: the compiled form of reference.py, where the equations stand. Every number is
// computed by the same operations in the same order as there, whoever computes it and whatever was asked before.
#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <system_error>

#include "logarithms.h"
#include "sorting.h"
#include "walk.h"

namespace rnnscope::ngram {
namespace {

constexpr int64_t WORTH_SORTING = 64;
constexpr int SORTED_SYMBOLS = 6;  // further ones bring positions no closer together

// Distributions along a path, each made when it is first asked for and kept while the path stays the same up to there.
template <class S>
class Distributions {
 public:
  Distributions(const Path<S>& path, double uniform) : path_(path), size_(path.tables().vocabulary) {
    below_.emplace_back(new double[static_cast<size_t>(size_)]);
    std::fill_n(below_[0].get(), size_, uniform);
    answer_.reset(new double[static_cast<size_t>(size_)]);
  }

  // The first `contexts` of the path are the same as before.
  void keep(size_t contexts) { made_ = std::min(made_, contexts + 1); }

  // The lower-order distribution that context k is interpolated with, [V]; k at most depth + 1.
  const double* below(int k) {
    while (static_cast<int>(made_) <= k) {
      if (below_.size() == made_) below_.emplace_back(new double[static_cast<size_t>(size_)]);
      const int level = static_cast<int>(made_) - 1;
      const Context& context = path_[level];
      scale(below_[made_ - 1].get(), context.lower_gamma, below_[made_].get());
      add(context, context.lower_total, path_.lower(level), below_[made_].get(), [](int32_t a, int32_t) { return a; });
      made_++;
    }
    return below_[static_cast<size_t>(k)].get();
  }

  // The distribution of the model of context k, [V].
  const double* answer(int k) {
    if (k > path_.depth()) return below(path_.depth() + 1);
    scale(below(k), path_[k].highest_gamma, answer_.get());
    add(path_[k], path_[k].raw.total, path_.highest(k), answer_.get(), [](int32_t, int32_t r) { return r; });
    return answer_.get();
  }

 private:
  void scale(const double* from, double gamma, double* to) const {
    for (int32_t v = 0; v < size_; v++) to[v] = from[v] * gamma;
  }

  template <class Choose>
  void add(const Context& context, double total, const double* discount, double* to, Choose choose) const {
    path_.followers(context, [&](S symbol, int32_t adjusted, int32_t raw) {
      const auto v = static_cast<int64_t>(symbol) - 1;
      if (v < size_) to[v] += share(choose(adjusted, raw), discount, total);
    });
  }

  const Path<S>& path_;
  int32_t size_;
  std::vector<std::unique_ptr<double[]>> below_;
  std::unique_ptr<double[]> answer_;
  size_t made_ = 1;
};

// The smallest index of a largest number.
int32_t largest(const double* p, int32_t size) {
  constexpr int LANES = 8;
  double most[LANES];
  std::fill_n(most, LANES, p[0]);
  int32_t v = 0;
  for (; v + LANES <= size; v += LANES) {
    for (int j = 0; j < LANES; j++) most[j] = p[v + j] > most[j] ? p[v + j] : most[j];
  }
  double found = *std::max_element(most, most + LANES);
  for (; v < size; v++) found = std::max(found, p[v]);
  return static_cast<int32_t>(std::find(p, p + size, found) - p);
}

// 1 + how many are above p[symbol].
int32_t rank(const double* p, int32_t size, int32_t symbol) {
  const double own = p[symbol];
  int64_t above = 1;
  for (int32_t v = 0; v < size; v++) above += p[v] > own;
  return static_cast<int32_t>(above);
}

// Probabilities of one symbol in some contexts, ascending; next to nothing besides.
template <class S>
void probabilities(const Path<S>& path, double uniform, S symbol, const int32_t* contexts, int count, double* p,
                   int64_t stride) {
  double below = uniform;
  int i = 0;
  int32_t node = -1, found = -1;
  for (int k = 0; k <= path.depth() && i < count; k++) {
    const Context& context = path[k];
    int32_t adjusted = 0, raw = 0;
    if (context.node < 0) {
      adjusted = raw = path.tables().text[context.place] == symbol;
    } else {
      if (context.node != node) node = context.node, found = path.find_follower(context, symbol);
      if (found >= 0) raw = path.tables().count[found].raw;
      if (found >= 0) adjusted = context.whole ? path.tables().count[found].adjusted : 1;
    }
    // Only the empty context of an empty text has nothing to add up.
    const double highest_total = std::max(context.raw.total, 1.0);
    const double lower_total = std::max(context.lower_total, 1.0);
    if (contexts[i] == k) {
      p[i++ * stride] = share(raw, path.highest(k), highest_total) + context.highest_gamma * below;
    }
    below = share(adjusted, path.lower(k), lower_total) + context.lower_gamma * below;
  }
  for (; i < count; i++) p[i * stride] = below;
}

int longest_asked(const rnnscope_ngram_query& query) {
  return query.contexts_count ? query.contexts[query.contexts_count - 1] : 0;
}

// Calls work(path, index) for every position, in an order and by threads that make it quick. False if memory or threads
// cannot be had.
template <class S, class Start>
bool for_positions(const Tables<S>& tables, const rnnscope_ngram_query& query, Start start) {
  const S* text = static_cast<const S*>(query.text);
  try {
    const auto count = static_cast<size_t>(query.positions_count);
    Threads team(query.threads);
    std::vector<int32_t> order(count), spare;
    for (size_t i = 0; i < count; i++) order[i] = static_cast<int32_t>(i);
    if (query.positions_count >= WORTH_SORTING) {
      const int depth = std::min(SORTED_SYMBOLS, tables.context);
      std::vector<S> padded(static_cast<size_t>(depth) + 1 + static_cast<size_t>(query.symbols));
      std::copy(text, text + query.symbols, padded.begin() + depth + 1);
      sort_by_context(
          padded.data() + depth + 1, int64_t{tables.vocabulary} + 3, depth,
          [&](int32_t i) { return query.positions[i]; }, order, spare, team);
    }
    std::atomic<bool> failed{false};
    team.run([&](int part) {
      try {
        const Share mine(query.positions_count, part, team.count());
        if (mine.first == mine.last) return;
        Path<S> path(tables, query.lower, query.highest);
        auto work = start(path);
        const int longest = query.depths ? tables.context : longest_asked(query);
        int64_t group[GROUP];
        for (int64_t i = mine.first; i < mine.last; i += GROUP) {
          const int size = static_cast<int>(std::min<int64_t>(GROUP, mine.last - i));
          for (int j = 0; j < size; j++) group[j] = query.positions[order[static_cast<size_t>(i + j)]];
          fetch(tables, text, group, size, longest);
          for (int j = 0; j < size; j++) work(order[static_cast<size_t>(i + j)]);
        }
      } catch (const std::bad_alloc&) {
        failed = true;
      }
    });
    return !failed;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const std::system_error&) {
    return false;
  }
}

template <class S>
bool answer(const Tables<S>& tables, const rnnscope_ngram_query& query) {
  const S* text = static_cast<const S*>(query.text);
  const int count = query.contexts_count;
  const int longest = longest_asked(query);
  const int64_t n = query.positions_count;
  return for_positions(tables, query, [&](Path<S>& path) {
    const bool whole = query.best || query.distributions;
    auto rows = whole ? std::make_shared<Distributions<S>>(path, query.uniform) : nullptr;
    return [&, rows, whole](int32_t i) {
      const int64_t position = query.positions[i];
      const size_t kept = path.go(text, position, query.depths ? tables.context : longest);
      if (query.depths) query.depths[i] = path.depth();
      if (!whole) {
        return probabilities(path, query.uniform, text[position], query.contexts, count, query.p + i, n);
      }
      rows->keep(kept);
      if (query.distributions) {
        logarithms(rows->answer(longest), query.distributions + i * int64_t{tables.vocabulary}, tables.vocabulary);
        return;
      }
      const auto symbol = static_cast<int32_t>(text[position]) - 1;
      for (int j = 0; j < count; j++) {
        const int64_t out = j * n + i;
        if (j > 0 && query.contexts[j - 1] > path.depth()) {  // nothing changes any more
          query.p[out] = query.p[out - n], query.best[out] = query.best[out - n],
          query.ranks[out] = query.ranks[out - n];
          continue;
        }
        const double* p = rows->answer(query.contexts[j]);
        query.p[out] = p[symbol];
        query.best[out] = largest(p, tables.vocabulary);
        query.ranks[out] = rank(p, tables.vocabulary, symbol);
      }
    };
  });
}

}  // namespace
}  // namespace rnnscope::ngram

int rnnscope_ngram_ask(const rnnscope_ngram* tables, const rnnscope_ngram_query* query) {
  using namespace rnnscope::ngram;
  return with_symbols(tables->symbol_bytes, [&](auto* kind) {
    using S = std::remove_pointer_t<decltype(kind)>;
    return answer(Tables<S>(*tables), *query) ? 0 : 1;
  });
}
