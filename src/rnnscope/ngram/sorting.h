// Sorts places of a text by the symbols before them, nearest first: what a run of equal contexts is made of comes
// together, and what is looked up one after the other lies close in memory.
#ifndef RNNSCOPE_NGRAM_SORTING_H
#define RNNSCOPE_NGRAM_SORTING_H

#include <algorithm>
#include <cstdint>
#include <vector>

#include "threads.h"

namespace rnnscope::ngram {

// A piece [first, last) of `count` things for one of `parts` threads.
struct Share {
  Share(int64_t count, int part, int parts) : first(count * part / parts), last(count * (part + 1) / parts) {}
  int64_t first, last;
};

// One digit of the radix sort: a whole number below `values` for a place.
template <class S>
struct Digit {
  const S* near;  // near[p] is the symbol for place p
  int pair;       // 1: the symbol before it counts too
  int64_t base;   // what the nearer symbol of a pair is multiplied by
  int shift;      // else: bits of the symbol
  int64_t mask;
  int64_t operator()(int64_t p) const {
    if (pair) return near[p] * base + near[p - 1];
    return (static_cast<int64_t>(near[p]) >> shift) & mask;
  }
};

// Sorts `order`, indices whose places are place(index), by up to `depth` symbols before the place; what is alike stays
// in its order. A radix sort, least significant symbol first: the work does not depend on what the text is like.
//
// text:   readable from `depth` symbols before the first place on.
// values: all symbols are below.
template <class S, class Place>
void sort_by_context(const S* text, int64_t values, int depth, Place place, std::vector<int32_t>& order,
                     std::vector<int32_t>& spare, Threads& threads) {
  constexpr int BITS = 11;
  std::vector<Digit<S>> digits;
  int64_t radix = 0;
  if (sizeof(S) == 1) {
    // Two symbols at once.
    if (depth % 2) digits.push_back({text - depth, 0, 0, 0, ~int64_t{0}});
    for (int k = depth - depth % 2 - 1; k > 0; k -= 2) digits.push_back({text - k, 1, values, 0, 0});
    radix = values * values;
  } else if (sizeof(S) == 2) {
    for (int k = depth; k > 0; k--) digits.push_back({text - k, 0, 0, 0, ~int64_t{0}});
    radix = values;
  } else {
    for (int k = depth; k > 0; k--) {
      for (int shift = 0; values - 1 >= int64_t{1} << shift; shift += BITS) {
        digits.push_back({text - k, 0, 0, shift, (1 << BITS) - 1});
      }
    }
    radix = 1 << BITS;
  }
  const int64_t count = static_cast<int64_t>(order.size());
  const int parts = threads.count();
  std::vector<int32_t> next(static_cast<size_t>(radix * parts));
  spare.resize(order.size());
  threads.run([&](int part) {
    const Share mine(count, part, parts);
    int32_t* const own = next.data() + radix * part;
    int32_t *from = order.data(), *to = spare.data();
    for (const Digit<S>& digit : digits) {
      std::fill(own, own + radix, 0);
      for (int64_t i = mine.first; i < mine.last; i++) own[digit(place(from[i]))]++;
      threads.meet();
      if (part == 0) {
        int32_t sum = 0;
        for (int64_t value = 0; value < radix; value++) {
          for (int other = 0; other < parts; other++) {
            const int32_t here = next[static_cast<size_t>(radix * other + value)];
            next[static_cast<size_t>(radix * other + value)] = sum;
            sum += here;
          }
        }
      }
      threads.meet();
      for (int64_t i = mine.first; i < mine.last; i++) to[own[digit(place(from[i]))]++] = from[i];
      std::swap(from, to);
      threads.meet();
    }
  });
  if (digits.size() % 2) order.swap(spare);
}

}  // namespace rnnscope::ngram

#endif
