// zlib, whose way to begin is a macro.
#ifndef RUNG_CZLIB_SHIM_H
#define RUNG_CZLIB_SHIM_H
#include <zlib.h>

/// Begins to write a gzip file (RFC 1952) at the level that compresses best.
static inline int rung_zlib_begin_gzip(z_stream *stream) {
  return deflateInit2(stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
}
#endif
