// Swift cannot call C functions with variable arguments: one door per kind of argument.
#ifndef FRAZIL_CCURL_H
#define FRAZIL_CCURL_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

static inline CURLcode frazil_curl_set_number(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode frazil_curl_set_size(CURL *easy, CURLoption option, int64_t value) {
    return curl_easy_setopt(easy, option, (curl_off_t)value);
}

static inline CURLcode frazil_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode frazil_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode frazil_curl_set_list(CURL *easy, struct curl_slist *headers) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}

typedef size_t (*frazil_curl_bytes_callback)(char *, size_t, size_t, void *);

// Sets the function for CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION or CURLOPT_READFUNCTION.
static inline CURLcode frazil_curl_set_bytes_callback(CURL *easy, CURLoption option,
                                                      frazil_curl_bytes_callback function) {
    return curl_easy_setopt(easy, option, function);
}

static inline CURLcode frazil_curl_set_seek_callback(CURL *easy, curl_seek_callback function) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, function);
}

static inline CURLcode frazil_curl_set_begin_callback(CURL *easy,
                                                      curl_prereq_callback function) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
}

static inline void *frazil_curl_private(CURL *easy) {
    char *value = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value);
    return value;
}

static inline CURLMcode frazil_curl_multi_set_number(CURLM *multi, CURLMoption option,
                                                     long value) {
    return curl_multi_setopt(multi, option, value);
}

#endif
