internal import CFFmpeg

/// Which of the processor's instruction sets FFmpeg may use.
package enum CPUFeatures {
  /// Everything that the processor has: integer code gives the same results on all of them.
  package static func useAll() { av_force_cpu_flags(-1) }

  /// What the oldest x86-64 processor has: tests hold its pictures against those of this machine.
  package static func useOldest() {
    av_force_cpu_flags(-1)
    av_force_cpu_flags(
      av_get_cpu_flags()
        & (AV_CPU_FLAG_MMX | AV_CPU_FLAG_MMXEXT | AV_CPU_FLAG_SSE | AV_CPU_FLAG_SSE2 | AV_CPU_FLAG_CMOV))
  }

  /// Libraries that look at the processor themselves are told.
  static var isOldest: Bool { av_get_cpu_flags() & AV_CPU_FLAG_SSE3 == 0 }

  /// What every x86-64 processor of the last fifteen years has. Floating-point sums come out differently with wider
  /// vectors or fused multiplication, so sound is encoded on this level: the same bytes on every machine.
  package static func useCommon() {
    av_force_cpu_flags(-1)
    let common =
      AV_CPU_FLAG_MMX | AV_CPU_FLAG_MMXEXT | AV_CPU_FLAG_SSE | AV_CPU_FLAG_SSE2 | AV_CPU_FLAG_SSE3
      | AV_CPU_FLAG_SSSE3 | AV_CPU_FLAG_SSE4 | AV_CPU_FLAG_SSE42 | AV_CPU_FLAG_CMOV
    av_force_cpu_flags(av_get_cpu_flags() & common)
  }
}
