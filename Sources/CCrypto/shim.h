// libcrypto, for SHA-256 through EVP.
#ifndef RUNG_CCRYPTO_SHIM_H
#define RUNG_CCRYPTO_SHIM_H
#include <openssl/evp.h>
#include <openssl/sha.h>
#endif
