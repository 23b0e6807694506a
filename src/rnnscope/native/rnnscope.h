// Every function that Python may call. loading.py declares the same list for ctypes.
//
// When a signature changes, RNNSCOPE_INTERFACE goes up by one, here and in loading.py: a library left over from another
// version is then refused by name instead of being called with the wrong arguments.
#ifndef RNNSCOPE_H
#define RNNSCOPE_H

#define RNNSCOPE_INTERFACE 1

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

#endif
