// libcrypto: hashes through EVP, and HMAC.
#ifndef RUNG_CCRYPTO_SHIM_H
#define RUNG_CCRYPTO_SHIM_H
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#endif
