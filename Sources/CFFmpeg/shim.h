// FFmpeg's headers, and its macros and variadic functions as functions that Swift can call.
#ifndef RUNG_CFFMPEG_SHIM_H
#define RUNG_CFFMPEG_SHIM_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/cpu.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/hdr_dynamic_metadata.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

static inline int rung_averror(int code) { return AVERROR(code); }
static inline int rung_averror_eof(void) { return AVERROR_EOF; }
static inline int rung_averror_eagain(void) { return AVERROR(EAGAIN); }
static inline int rung_averror_invaliddata(void) { return AVERROR_INVALIDDATA; }
static inline int rung_averror_exit(void) { return AVERROR_EXIT; }
static inline int64_t rung_nopts(void) { return AV_NOPTS_VALUE; }
static inline int rung_flag_global_header(void) { return AV_CODEC_FLAG_GLOBAL_HEADER; }
static inline int rung_flag_closed_gop(void) { return (int)AV_CODEC_FLAG_CLOSED_GOP; }

// Channels that loudness does not count, and those that it counts more (as bits of a native layout's mask).
static inline uint64_t rung_channels_low(void) { return AV_CH_LOW_FREQUENCY | AV_CH_LOW_FREQUENCY_2; }
static inline uint64_t rung_channels_behind(void) {
  return AV_CH_BACK_LEFT | AV_CH_BACK_CENTER | AV_CH_BACK_RIGHT | AV_CH_SIDE_LEFT | AV_CH_SIDE_RIGHT |
         AV_CH_TOP_BACK_LEFT | AV_CH_TOP_BACK_CENTER | AV_CH_TOP_BACK_RIGHT | AV_CH_SURROUND_DIRECT_LEFT |
         AV_CH_SURROUND_DIRECT_RIGHT;
}

typedef void (*rung_log_sink)(int level, const char *item, const char *line);

// One sink for the whole process. Swift emits functions of a header but not its variables, unless they are inside.
static inline rung_log_sink *rung_current_log_sink(void) {
  static rung_log_sink sink;
  return &sink;
}

// Formats a line the way FFmpeg would, without its prefix.
static void rung_log_trampoline(void *avcl, int level, const char *format, va_list arguments) {
  char line[2048];
  rung_log_sink sink = *rung_current_log_sink();
  if (level > av_log_get_level() || sink == NULL) return;
  const AVClass *item = avcl != NULL ? *(const AVClass **)avcl : NULL;
  vsnprintf(line, sizeof line, format, arguments);
  sink(level, item != NULL ? item->class_name : "", line);
}

static inline void rung_log_to(rung_log_sink sink, int level) {
  *rung_current_log_sink() = sink;
  av_log_set_level(level);
  av_log_set_callback(rung_log_trampoline);
}

#include <stdlib.h>
// What was freed goes back to the system; C libraries other than glibc do so by themselves or not at all.
#ifdef __GLIBC__
#include <malloc.h>
static inline void rung_trim_memory(void) { malloc_trim(0); }
#else
static inline void rung_trim_memory(void) {}
#endif

#endif
