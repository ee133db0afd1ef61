// libzimg, for scaling planar pictures: the same bytes on every machine.
#ifndef RUNG_CZIMG_SHIM_H
#define RUNG_CZIMG_SHIM_H
#include <stddef.h>
#include <stdint.h>
#include <zimg.h>

// A graph that scales 4:2:0 pictures of `depth` bits (8, or more in 16); NULL when zimg cannot. `siting` is a zimg_chroma_location_e; `plain`
// does without vector instructions.
static inline zimg_filter_graph *rung_zimg_graph(unsigned width, unsigned height, unsigned toWidth,
                                                 unsigned toHeight, int siting, int filter, int depth, int plain) {
  zimg_image_format from, to;
  zimg_graph_builder_params parameters;
  zimg_image_format_default(&from, ZIMG_API_VERSION);
  from.width = width;
  from.height = height;
  from.pixel_type = depth > 8 ? ZIMG_PIXEL_WORD : ZIMG_PIXEL_BYTE;
  from.subsample_w = 1;
  from.subsample_h = 1;
  from.color_family = ZIMG_COLOR_YUV;
  from.depth = depth;
  from.pixel_range = ZIMG_RANGE_LIMITED;
  from.chroma_location = (zimg_chroma_location_e)siting;
  to = from;
  to.width = toWidth;
  to.height = toHeight;
  to.chroma_location = ZIMG_CHROMA_LEFT;
  zimg_graph_builder_params_default(&parameters, ZIMG_API_VERSION);
  parameters.resample_filter = (zimg_resample_filter_e)filter;
  parameters.resample_filter_uv = (zimg_resample_filter_e)filter;
  parameters.dither_type = ZIMG_DITHER_NONE;
  parameters.cpu_type = plain ? ZIMG_CPU_NONE : ZIMG_CPU_AUTO_64B;
  return zimg_filter_graph_build(&from, &to, &parameters);
}

// Planes and strides have to be multiples of 64 bytes.
static inline int rung_zimg_scale(const zimg_filter_graph *graph, uint8_t *const *from, const int *fromStrides,
                                  uint8_t *const *to, const int *toStrides, void *scratch) {
  zimg_image_buffer_const source = {ZIMG_API_VERSION};
  zimg_image_buffer target = {ZIMG_API_VERSION};
  for (int plane = 0; plane < 3; plane++) {
    source.plane[plane].data = from[plane];
    source.plane[plane].stride = fromStrides[plane];
    source.plane[plane].mask = ZIMG_BUFFER_MAX;
    target.plane[plane].data = to[plane];
    target.plane[plane].stride = toStrides[plane];
    target.plane[plane].mask = ZIMG_BUFFER_MAX;
  }
  return zimg_filter_graph_process(graph, &source, &target, scratch, 0, 0, 0, 0);
}
#endif
