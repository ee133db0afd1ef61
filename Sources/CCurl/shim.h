// libcurl, whose options are variadic functions behind type-checking macros: one plain function for each kind of value.
#ifndef RUNG_CCURL_SHIM_H
#define RUNG_CCURL_SHIM_H
#include <curl/curl.h>

typedef size_t (*rung_curl_transfer)(char *bytes, size_t size, size_t count, void *context);
typedef int (*rung_curl_seek)(void *context, curl_off_t offset, int origin);

static inline CURLcode rung_curl_set_number(CURL *easy, CURLoption option, long value) {
  return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode rung_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(easy, option, value);
}
/// Text is copied by libcurl.
static inline CURLcode rung_curl_set_text(CURL *easy, CURLoption option, const char *value) {
  return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode rung_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode rung_curl_set_transfer(CURL *easy, CURLoption option, rung_curl_transfer value) {
  return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode rung_curl_set_seek(CURL *easy, rung_curl_seek value) {
  return (curl_easy_setopt)(easy, CURLOPT_SEEKFUNCTION, value);
}
static inline CURLcode rung_curl_number(CURL *easy, CURLINFO what, long *value) {
  return (curl_easy_getinfo)(easy, what, value);
}
static inline CURLcode rung_curl_pointer(CURL *easy, CURLINFO what, void **value) {
  return (curl_easy_getinfo)(easy, what, value);
}
static inline CURLMcode rung_curl_multi_set_number(CURLM *multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}
/// The next transfer that is over, and how it ended; nothing when there is none.
static inline CURL *rung_curl_finished(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left)) != 0)
    if (message->msg == CURLMSG_DONE) {
      *result = message->data.result;
      return message->easy_handle;
    }
  return 0;
}

static inline size_t rung_curl_abort_read(void) { return CURL_READFUNC_ABORT; }
static inline long rung_curl_global_all(void) { return CURL_GLOBAL_ALL; }
#endif
