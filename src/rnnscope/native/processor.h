// Which vector instruction sets the processor has and the operating system has switched on.
#ifndef RNNSCOPE_PROCESSOR_H
#define RNNSCOPE_PROCESSOR_H

namespace rnnscope {

// Fields carry the names of Linux' /proc/cpuinfo; those of other architectures are false.
struct Features {
  bool sse4_2, avx, f16c, fma, avx2, avx_vnni;
  bool avx512f, avx512dq, avx512bw, avx512vl, avx512_vnni, avx512_bf16, avx512_fp16;
  bool asimd, sve, sve2, bf16;
};

Features features();

}  // namespace rnnscope

#endif
