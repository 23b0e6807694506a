// Every function that Python may call. loading.py declares the same list for ctypes.
//
// When a signature changes, RNNSCOPE_INTERFACE goes up by one, here and in loading.py: a library left over from another
// version is then refused by name instead of being called with the wrong arguments.
//
// Dimension letters: T steps, B lanes, V symbols, L layers, H cells. Every array is C-contiguous float32 unless said
// otherwise, belongs to the caller, and overlaps no other.
#ifndef RNNSCOPE_H
#define RNNSCOPE_H

#include <stdint.h>

#define RNNSCOPE_INTERFACE 8

#if defined(_WIN32)
#define RNNSCOPE_API extern "C" __declspec(dllexport)
#else
#define RNNSCOPE_API extern "C" __attribute__((visibility("default")))
#endif

// The interface this library was compiled with.
RNNSCOPE_API int rnnscope_interface(void);

// Names the vector instruction sets that the processor has and the operating system has switched on.
//
// text: [size] bytes owned by the caller; receives the names in the spelling of Linux' /proc/cpuinfo, separated by
//       single spaces and closed by a zero byte. Nothing is written if they do not fit.
// size: bytes in text, 0 or more.
// Returns the number of bytes that are needed, the zero byte included.
RNNSCOPE_API int rnnscope_processor(char* text, int size);

// Which compiled paths this processor can run: bit 0 portable, 1 avx2, 2 avx512, 3 avx512bf16.
RNNSCOPE_API int rnnscope_paths(void);

// A stack of recurrent cells, or one layer that reads a window, over symbols with a softmax layer above: buffers for
// one chunk and packed weights. One handle is used by one caller at a time; it starts `threads` - 1 threads, which
// sleep between calls.
typedef struct rnnscope_network rnnscope_network;

// Makes a network without weights.
//
// cell:       "rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch"; or "window", which has no states, so
//             that each of its T B rows is a reading of its own.
// variant:    rnn: "tanh", "relu", "sigmoid"; lstm-peephole: "diagonal", "full"; others "".
// layers, hidden, vocabulary: L, H, V, 1 or more; 1 layer for "window".
// window:     n, symbols that enter at once, 1 or more; 1 for the cells.
// steps, lanes: the largest T and B of a chunk.
// threads:    1 or more; no result depends on it.
// path:       0 portable, 1 avx2, 2 avx512, 3 avx512bf16; one that rnnscope_paths has.
// bfloat16:   1: operands of matrix products are rounded to bfloat16 (path 3 only).
// gradients:  0: reading only; needs less memory.
// Returns NULL if the cell or variant is unknown or cannot have these layers or this window, the path is absent, or the
// memory cannot be had.
RNNSCOPE_API rnnscope_network* rnnscope_create(const char* cell, const char* variant, int layers, int hidden,
                                               int vocabulary, int window, int steps, int lanes, int threads, int path,
                                               int bfloat16, int gradients);
RNNSCOPE_API void rnnscope_destroy(rnnscope_network* network);

// Bytes that rnnscope_create would allocate for these arguments.
RNNSCOPE_API int64_t rnnscope_bytes(const char* cell, const char* variant, int layers, int hidden, int vocabulary,
                                    int window, int steps, int lanes, int path, int bfloat16, int gradients);

// Copies weights into the form that products read. To be called again whenever they have changed.
//
// parameters: for each layer weight_ih [G H, D], weight_hh [G H, H], bias_ih, bias_hh [G H], and for lstm-peephole
//             peephole_i, peephole_f, peephole_o [H] or [H, H]; then the output's weight [V, H] and bias [V]. D is V in
//             layer 0, H above. For window in place of the layers weight [n, V, H], newest symbol first, and bias [H].
RNNSCOPE_API void rnnscope_load(rnnscope_network* network, const float* const* parameters);

// One chunk. What is NULL is neither read nor computed.
typedef struct {
  int steps;                 // T, 1 or more
  int lanes;                 // B, 1 or more
  const int64_t* ids;        // [n, T, B] symbols that enter, newest first, in [-1, V); -1 = no symbol
  const int64_t* targets;    // [T, B] symbols to predict, in [-1, V); -1 = nothing is asked
  float* const* states;      // h, and c of the LSTM types, each [L, B, H]: entering; replaced by those that leave
  const uint8_t* kept;       // [L, T, B, H] 0 where dropout removes h above a layer, 1 elsewhere
  float kept_scale;          // what kept h is multiplied by
  float* logits;             // [T, B, V] out
  float* log_probs;          // [T, B, V] out: logarithms of probabilities
  float* target_log_probs;   // [T, B] out: that of the target; NaN where nothing is asked
  int32_t* target_ranks;     // [T, B] out: 1 + the number of symbols with a higher one; 0 where nothing is asked
  int32_t* best;             // [T, B] out: the symbol with the highest one, the smallest of equals; -1 where nothing is
  float* const* quantities;  // layer by layer h, c of the LSTM types, and every gate in the order of the gate table:
                             // each NULL or [T, B, H] out
  const float* d_logits;     // [T, B, V] cotangent of the logits; without it that of the mean loss of `targets`
  float* const* d_states;    // as `states`: cotangents of the leaving states; replaced by those of the entering ones
  float* const* gradients;   // out, overwritten; in the order of the parameters; NULL = no way back
  double loss_nats_sum;      // out: sum of -log p(target) over the targets that are asked for
  int64_t count;             // out: how many these are
} rnnscope_chunk;

// Reads a chunk and, if `gradients` is given, goes back through it. The handle must have been made with gradients for
// the latter.
//
// Returns 0; or 1 if the memory for dropout, which is taken when it is first used, cannot be had.
RNNSCOPE_API int rnnscope_run(rnnscope_network* network, rnnscope_chunk* chunk);

// Draws symbol after symbol, one lane for each text. For cells only: a window has no state to begin from.
//
// states:      as in rnnscope_chunk, [L, B, H]; replaced by the states that have read everything drawn.
// lanes:       B.
// length:      symbols to draw for each lane.
// uniforms:    [length, B] float64 in [0, 1).
// temperature: above 0; or 0 for the most likely symbol (the smallest of equals).
// symbols:     only ids below this are drawn.
// ids:         [length, B] out, int64.
// Returns 0; or 1 if a distribution was not finite, and then ids from that step on are unspecified.
RNNSCOPE_API int rnnscope_sample(rnnscope_network* network, float* const* states, int lanes, int length,
                                 const double* uniforms, double temperature, int symbols, int64_t* ids);

// Sum of squares of all numbers of some arrays in float64, in an order that depends on their counts alone.
//
// values: `arrays` arrays, array i with counts[i] numbers.
RNNSCOPE_API double rnnscope_square_sum(const float* const* values, const int64_t* counts, int arrays, int path);

// One update of the weights in some arrays. Gradients are multiplied by `scale`, then clipped to [-limit, limit] unless
// limit is 0. Equations: train/optimiser.py.
RNNSCOPE_API void rnnscope_rmsprop(float* const* weights, const float* const* gradients, float* const* mean_squares,
                                   const int64_t* counts, int arrays, float rate, double decay, float epsilon,
                                   float scale, float limit, int path);
RNNSCOPE_API void rnnscope_adam(float* const* weights, const float* const* gradients, float* const* means,
                                float* const* mean_squares, const int64_t* counts, int arrays, float rate,
                                double first_decay, double second_decay, float epsilon, float scale, float limit,
                                int64_t updates, int path);

// In which of K bins each value of some columns lies: how many of its column's edges are not above it.
//
// values:    [positions, columns], position p beginning at p * stride; finite.
// edges:     [columns, bins - 1] ascending.
// bins:      K, a power of two.
// found:     [columns, positions] out, in [0, K).
// counts:    [columns, bins] in and out: goes up by one for every value of a bin.
RNNSCOPE_API void rnnscope_bins(const float* values, int64_t positions, int64_t stride, int columns, const float* edges,
                                int bins, int64_t* found, int64_t* counts);

// The tables of a Kneser-Ney model (ngram/tables.py says what they mean). All belong to the caller.
typedef struct {
  int32_t symbol_bytes;  // of a stored symbol: 1, 2 or 4
  int32_t context;       // C, in [0, 65535]
  int32_t vocabulary;    // V, without marks
  int32_t marks;         // 1: symbols V + 1 and V + 2 are the end and the start of the text
  int64_t symbols;       // S
  int64_t node_count;    // M
  int64_t branch_count;
  int64_t follower_count;
  const void* text;                // [S] stored symbols, the first one 0
  const int32_t* nodes;            // [M + 1, 4]
  const void* branch_symbol;       // [branch_count] stored symbols
  const int32_t* branch_target;    // [branch_count]
  const void* follower_symbol;     // [follower_count] stored symbols
  const int32_t* follower_counts;  // [follower_count, 2]
} rnnscope_ngram;

// All n-grams of a text, counted; held until rnnscope_ngram_take.
typedef struct rnnscope_ngram_counts rnnscope_ngram_counts;

// Counts the n-grams of a text with contexts of 0 to `context` symbols.
//
// text:    [symbols] stored symbols, the first one 0.
// threads: 1 or more; no result depends on it.
// Returns NULL if memory or threads cannot be had.
RNNSCOPE_API rnnscope_ngram_counts* rnnscope_ngram_fit(const void* text, int symbol_bytes, int64_t symbols,
                                                       int vocabulary, int context, int threads);

// sizes: [3] out: nodes, branches, followers.
RNNSCOPE_API void rnnscope_ngram_sizes(const rnnscope_ngram_counts* counts, int64_t* sizes);

// Copies the arrays of rnnscope_ngram from nodes on, and after them the counts of the levels, int64 [C + 1, 9]; then
// frees what was held.
//
// arrays: [6] out, or NULL to free only.
RNNSCOPE_API void rnnscope_ngram_take(rnnscope_ngram_counts* counts, void* const* arrays);

// Says whether tables can be used: 0 if no index leads outside its array and no walk or sum goes wrong; otherwise which
// array is wrong: 1 text, 2 counts, 3 branch_symbol or where branches begin, 4 follower_symbol or where followers
// begin, 5 nodes, 6 follower_counts, 7 branch_target. Types and lengths must be as declared.
//
// counts: [C + 1, 9] of the levels.
RNNSCOPE_API int rnnscope_ngram_fault(const rnnscope_ngram* tables, const int64_t* counts);

// What is asked about N positions of a text. What is NULL is not computed.
typedef struct {
  const void* text;  // [symbols] stored symbols of the model's type, the first one 0, others in [1, V]
  int64_t symbols;
  const int32_t* positions;  // [N] in [1, symbols), or up to `symbols` for distributions
  int64_t positions_count;   // N
  const int32_t* contexts;   // [K] ascending, in [0, C]
  int32_t contexts_count;    // K; 1 for distributions
  int32_t threads;           // 1 or more; no result depends on it
  const double* lower;       // [C + 1, 4] discounts of adjusted counts of 0, 1, 2, 3 or more
  const double* highest;     // [C + 1, 4] discounts of raw counts
  double uniform;            // probability of every symbol below the empty context
  double* p;                 // [K, N] out: probability of the position's symbol
  int32_t* best;             // [K, N] out: the most likely symbol, the smallest of equals; together with ranks
  int32_t* ranks;            // [K, N] out: 1 + how many symbols are more likely than the position's
  int32_t* depths;           // [N] out: length of the longest context that the tables know
  float* distributions;      // [N, V] out, instead of all others: natural logarithms
} rnnscope_ngram_query;

// Answers; the tables must be without fault. Returns 0; or 1 if memory or threads cannot be had.
RNNSCOPE_API int rnnscope_ngram_ask(const rnnscope_ngram* tables, const rnnscope_ngram_query* query);

#endif
