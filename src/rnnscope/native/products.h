// Matrix products on one path. The same small kernel serves them all: a tile of rows times vectors of sums stays in
// registers while one word of every row at a time is broadcast and multiplied with vectors of weights.
#ifndef RNNSCOPE_PRODUCTS_H
#define RNNSCOPE_PRODUCTS_H

#include "vector.h"

namespace rnnscope::RNNSCOPE_PATH {

// Rows of a tile, by its vectors: as many as leave room for the weights and a broadcast in the registers.
constexpr int TILE_ROWS[PANEL_VECTORS + 1] = {0, 8, MOST_VECTORS == 2 ? 6 : 8, 8, 6};
constexpr int LARGEST_TILE = 8;

// Words of weights that are used for all rows before the next: 4 vectors of them fit into half of a second-level cache.
constexpr int CHUNK_WORDS = 512;

template <class S, int ROWS, int VECTORS>
RNNSCOPE_INLINE void advance(Vector (&sums)[ROWS][VECTORS], const float* a, int64_t row, const float* w) {
  Vector weights[VECTORS];
  RNNSCOPE_UNROLL for (int v = 0; v < VECTORS; v++) weights[v] = load(w + v * WIDTH);
  RNNSCOPE_UNROLL for (int r = 0; r < ROWS; r++) {
    const Vector word = all(a[r * row]);
    RNNSCOPE_UNROLL for (int v = 0; v < VECTORS; v++) sums[r][v] = multiply_add<S>(word, weights[v], sums[r][v]);
  }
}

// A tile whose rows of `a` lie far apart and whose words follow each other: states times packed weights.
template <class S, int ROWS, int VECTORS>
__attribute__((noinline)) void along_words(float* out, int64_t out_stride, const Segment* segments, int count,
                                           int64_t first_row, int64_t weight_stride) {
  Vector sums[ROWS][VECTORS];
  RNNSCOPE_UNROLL for (int r = 0; r < ROWS; r++) {
    RNNSCOPE_UNROLL for (int v = 0; v < VECTORS; v++) sums[r][v] = load(out + r * out_stride + v * WIDTH);
  }
  for (int s = 0; s < count; s++) {
    const int64_t row = segments[s].stride;
    const float* a = static_cast<const float*>(segments[s].a) + first_row * row;
    const float* w = segments[s].weights;
    int k = 0;
    for (; k + 4 <= segments[s].words; k += 4, a += 4, w += 4 * weight_stride) {
      advance<S>(sums, a, row, w);
      advance<S>(sums, a + 1, row, w + weight_stride);
      advance<S>(sums, a + 2, row, w + 2 * weight_stride);
      advance<S>(sums, a + 3, row, w + 3 * weight_stride);
    }
    for (; k < segments[s].words; k++, a++, w += weight_stride) advance<S>(sums, a, row, w);
  }
  RNNSCOPE_UNROLL for (int r = 0; r < ROWS; r++) {
    RNNSCOPE_UNROLL for (int v = 0; v < VECTORS; v++) store(out + r * out_stride + v * WIDTH, sums[r][v]);
  }
}

// A tile whose rows lie side by side and whose words lie far apart: cotangents times states, summed over time.
template <class S, int ROWS, int VECTORS>
__attribute__((noinline)) void along_rows(float* out, int64_t out_stride, const float* a, int64_t a_stride,
                                          const float* b, int64_t b_stride, int64_t words, bool fresh, int columns) {
  const int tail = columns - (VECTORS - 1) * WIDTH;  // numbers of the last vector that exist
  Vector sums[ROWS][VECTORS];
  RNNSCOPE_UNROLL for (int r = 0; r < ROWS; r++) {
    RNNSCOPE_UNROLL for (int v = 0; v < VECTORS; v++) {
      const float* p = out + r * out_stride + v * WIDTH;
      sums[r][v] = fresh ? all(0.f) : (v < VECTORS - 1 || tail >= WIDTH) ? load(p) : load_first(p, tail);
    }
  }
  for (int64_t k = 0; k < words; k++, a += a_stride, b += b_stride) advance<S>(sums, a, 1, b);
  RNNSCOPE_UNROLL for (int r = 0; r < ROWS; r++) {
    RNNSCOPE_UNROLL for (int v = 0; v < VECTORS; v++) {
      float* p = out + r * out_stride + v * WIDTH;
      if (v < VECTORS - 1 || tail >= WIDTH)
        store(p, sums[r][v]);
      else
        store_first(p, sums[r][v], tail);
    }
  }
}

template <class S>
struct Tiles {
  using AlongWords = void (*)(float*, int64_t, const Segment*, int, int64_t, int64_t);
  using AlongRows = void (*)(float*, int64_t, const float*, int64_t, const float*, int64_t, int64_t, bool, int);

  template <int V>
  static AlongWords words(int rows) {
    static const AlongWords table[] = {along_words<S, 1, V>, along_words<S, 2, V>, along_words<S, 3, V>,
                                       along_words<S, 4, V>, along_words<S, 5, V>, along_words<S, 6, V>,
                                       along_words < S,      V < 4 ? 7 : 6,        V >,
                                       along_words < S,      V < 4 ? 8 : 6,        V > };
    return table[rows - 1];
  }
  template <int V>
  static AlongRows rows(int count) {
    static const AlongRows table[] = {along_rows<S, 1, V>, along_rows<S, 2, V>, along_rows<S, 3, V>,
                                      along_rows<S, 4, V>, along_rows<S, 5, V>, along_rows<S, 6, V>,
                                      along_rows < S,      V < 4 ? 7 : 6,       V >,
                                      along_rows < S,      V < 4 ? 8 : 6,       V > };
    return table[count - 1];
  }
  static AlongWords words(int vectors, int count) {
    if constexpr (MOST_VECTORS > 2) {
      if (vectors == 4) return words<4>(count);
      if (vectors == 3) return words<3>(count);
    }
    return vectors == 2 ? words<2>(count) : words<1>(count);
  }
  static AlongRows rows(int vectors, int count) {
    if constexpr (MOST_VECTORS > 2) {
      if (vectors == 4) return rows<4>(count);
      if (vectors == 3) return rows<3>(count);
    }
    return vectors == 2 ? rows<2>(count) : rows<1>(count);
  }
};

RNNSCOPE_INLINE int smaller(int64_t a, int64_t b) { return static_cast<int>(a < b ? a : b); }

// Cuts `count` rows into tiles of nearly equal size, none above what the registers hold, and calls f(first, size).
template <class F>
RNNSCOPE_INLINE void tiled(int count, int vectors, F f) {
  const int tiles = (count + TILE_ROWS[vectors] - 1) / TILE_ROWS[vectors];
  for (int i = 0, at = 0; i < tiles; i++) {
    const int size = (count - at + (tiles - i) - 1) / (tiles - i);
    f(at, size);
    at += size;
  }
}

template <class S>
void product(float* sums, int64_t stride, int rows, int vectors, const Segment* segments, int count) {
  const int64_t row_of_weights = vectors * WIDTH;
  int next = 0, done = 0;  // segments, and words of the next one, that lie behind
  while (next < count) {
    Segment chunk[16];
    int parts = 0, room = CHUNK_WORDS;
    while (next < count && room > 0 && parts < 16) {
      const Segment& whole = segments[next];
      const int words = smaller(room, whole.words - done);
      chunk[parts++] = {static_cast<const float*>(whole.a) + done, whole.stride, whole.weights + done * row_of_weights,
                        words};
      room -= words;
      done += words;
      if (done == whole.words) next++, done = 0;
    }
    for (int v = 0; v < vectors; v += MOST_VECTORS) {
      const int side_by_side = smaller(MOST_VECTORS, vectors - v);
      tiled(rows, side_by_side, [&](int at, int size) {
        Tiles<S>::words(side_by_side, size)(sums + at * stride + v * WIDTH, stride, chunk, parts, at, row_of_weights);
      });
      for (int i = 0; i < parts; i++) chunk[i].weights += MOST_VECTORS * WIDTH;
    }
  }
}

// Pairs of rows interleaved, for a product that sums over rows two at a time; a last odd row is paired with zeros.
template <class S>
void pair_rows(float* out, int64_t out_stride, const S* plane, int64_t stride, int units, int64_t rows) {
  static const S nothing[WIDTH] = {};
  if constexpr (sizeof(S) == 2) {
    for (int64_t row = 0; row < rows; row += 2, out += out_stride, plane += 2 * stride) {
      for (int u = 0; u < units; u += WIDTH) {
        store(out + u, interleaved(plane + u, row + 1 < rows ? plane + stride + u : nothing));
      }
    }
  }
}

// Asks for the rows of a gradient's next block, a few at each tile of the block before it: they come from memory while
// the processor computes. Without it products over long chunks were a quarter slower.
template <class S>
class Ahead {
 public:
  Ahead(const Part* parts, int count, int64_t a_stride, const S* b, int64_t b_stride, int columns, int64_t first,
        int64_t rows)
      : parts_(parts),
        count_(count),
        a_stride_(a_stride),
        b_(b),
        b_stride_(b_stride),
        columns_(columns),
        first_(first),
        rows_(rows),
        part_(rows > 0 ? 0 : count + 1) {}

  void ask(int64_t some) {
    for (; some > 0 && part_ <= count_; some--) {
      const int64_t row = first_ + row_;
      if (part_ < count_) {
        const Part& part = parts_[part_];
        ask(static_cast<const S*>(part.a) + row * a_stride_ + part.first, part.count);
      } else {
        ask(b_ + row * b_stride_, columns_);
      }
      if (++row_ == rows_) row_ = 0, part_++;
    }
  }

 private:
  static void ask(const S* numbers, int count) {
    for (int i = 0; i < count; i += 64 / static_cast<int>(sizeof(S))) __builtin_prefetch(numbers + i, 0, 2);
  }

  const Part* parts_;
  int count_;
  int64_t a_stride_;
  const S* b_;
  int64_t b_stride_;
  int columns_;
  int64_t first_, rows_;  // of the block
  int part_;
  int64_t row_ = 0;
};

template <class S>
void gradient(const Part* parts, int count, int64_t out_stride, int64_t a_plane, const void* b, int64_t b_plane,
              int columns, int64_t rows, float* scratch) {
  const int64_t rows_at_a_time = GRADIENT_ROWS * PER_WORD<S>;
  const int64_t padded = (columns + WIDTH - 1) / WIDTH * WIDTH;
  float* scratch_a = scratch + GRADIENT_ROWS * padded;
  int64_t tiles = 1;
  for (int p = 0; p < count; p++) tiles += parts[p].count / TILE_ROWS[MOST_VECTORS] * (padded / (MOST_VECTORS * WIDTH));
  const int64_t asked_at_a_time = rows_at_a_time * (count + 1) / tiles + 1;
  for (int64_t row = 0; row < rows; row += rows_at_a_time) {
    const int64_t here = rows - row < rows_at_a_time ? rows - row : rows_at_a_time;
    const int64_t words = (here + PER_WORD<S> - 1) / PER_WORD<S>;
    const S* b_rows = static_cast<const S*>(b) + row * b_plane;
    const int64_t after = rows - row - here;
    Ahead<S> ahead(parts, count, a_plane, static_cast<const S*>(b), b_plane, columns, row + here,
                   after < rows_at_a_time ? after : rows_at_a_time);
    const float* b_words = reinterpret_cast<const float*>(b_rows);
    int64_t b_stride = b_plane;
    if constexpr (sizeof(S) == 2) {
      pair_rows(scratch, padded, b_rows, b_plane, columns, here);
      b_words = scratch, b_stride = padded;
    }
    for (int p = 0; p < count; p++) {
      for (int unit = 0; unit < parts[p].count; unit += GRADIENT_UNITS) {
        const int units = smaller(GRADIENT_UNITS, parts[p].count - unit);
        const S* a_rows = static_cast<const S*>(parts[p].a) + row * a_plane + parts[p].first + unit;
        const float* a_words = reinterpret_cast<const float*>(a_rows);
        int64_t a_stride = a_plane;
        if constexpr (sizeof(S) == 2) {
          pair_rows(scratch_a, GRADIENT_UNITS, a_rows, a_plane, units, here);
          a_words = scratch_a, a_stride = GRADIENT_UNITS;
        }
        float* out = parts[p].out + (parts[p].first + unit) * out_stride;
        for (int at = 0; at < columns; at += MOST_VECTORS * WIDTH) {
          const int some = smaller(MOST_VECTORS * WIDTH, columns - at);
          const int vectors = (some + WIDTH - 1) / WIDTH;
          tiled(units, vectors, [&](int first, int size) {
            ahead.ask(asked_at_a_time);
            Tiles<S>::rows(vectors, size)(out + first * out_stride + at, out_stride, a_words + first, a_stride,
                                          b_words + at, b_stride, words, row == 0, some);
          });
        }
      }
    }
  }
}

// The first `count` of a vector's numbers, which may be none or more than it has; the others are 0.
RNNSCOPE_INLINE Vector load_up_to(const float* p, int count) {
  return count >= WIDTH ? load(p) : count > 0 ? load_first(p, count) : all(0.f);
}

// A vector of the words that products read, from `count` numbers in a row.
template <class S>
RNNSCOPE_INLINE Vector words_in_row(const float* p, int count) {
  if constexpr (sizeof(S) == 4) return load_up_to(p, count);
  return rounded_in_row(load_up_to(p, count), load_up_to(p + WIDTH, count - WIDTH));
}

template <class S>
void pack_columns(float* out, int vectors, int at, const float* source, int units, int size, int64_t row_stride) {
  const int words = (size + PER_WORD<S> - 1) / PER_WORD<S>;
  out += at * WIDTH;
  for (int k = 0; k < words; k += WIDTH) {
    Vector rows[WIDTH];
    for (int u = 0; u < WIDTH; u++) {
      const int first = k * PER_WORD<S>;
      rows[u] = u < units ? words_in_row<S>(source + u * row_stride + first, size - first) : all(0.f);
    }
    transpose(rows);
    for (int i = 0; i < WIDTH && k + i < words; i++, out += vectors * WIDTH) store(out, rows[i]);
  }
}

template <class S>
void pack_rows(float* out, int vectors, const float* source, int rows, int count, int64_t row_stride) {
  for (int k = 0; k < rows; k += PER_WORD<S>, out += vectors * WIDTH, source += PER_WORD<S> * row_stride) {
    for (int n = 0; n < vectors * WIDTH; n += WIDTH) {
      const Vector row = load_up_to(source + n, count - n);
      if constexpr (sizeof(S) == 4)
        store(out + n, row);
      else
        store(out + n, rounded_pairs(row, load_up_to(source + row_stride + n, k + 1 < rows ? count - n : 0)));
    }
  }
}

}  // namespace rnnscope::RNNSCOPE_PATH

#endif
