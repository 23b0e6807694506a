#ifndef RNNSCOPE_NGRAM_LOGARITHMS_H
#define RNNSCOPE_NGRAM_LOGARITHMS_H

#include <cstdint>

namespace rnnscope::ngram {

// Natural logarithms of many probabilities; finite even where a product of discounts is below what a double can hold.
//
// p, out: [count], p in [0, 1].
void logarithms(const double* p, float* out, int32_t count);

}  // namespace rnnscope::ngram

#endif
