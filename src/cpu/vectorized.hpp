// Compiles a loop for several instruction sets and runs the best one that this processor has.
#pragma once

namespace mnist::cpu {

// Marks a function that vectorized() may be given: to be compiled anew inside each variant.
#define MNIST_LOOP [[gnu::always_inline]] inline

#if defined(__x86_64__)

template <auto Loop, class... Arguments>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,fma")]] void run_avx512(Arguments... arguments) {
  Loop(arguments...);
}

template <auto Loop, class... Arguments>
[[gnu::target("avx2,fma")]] void run_avx2(Arguments... arguments) {
  Loop(arguments...);
}

// Calls Loop(arguments...). The program is built for every x86-64 processor; its own hot loops
// should not be.
template <auto Loop, class... Arguments>
void vectorized(Arguments... arguments) {
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq"))
    run_avx512<Loop>(arguments...);
  else if (__builtin_cpu_supports("avx2"))
    run_avx2<Loop>(arguments...);
  else
    Loop(arguments...);
}

#else

template <auto Loop, class... Arguments>
void vectorized(Arguments... arguments) {
  Loop(arguments...);
}

#endif

}  // namespace mnist::cpu
