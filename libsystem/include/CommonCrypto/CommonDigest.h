#ifndef _BEAGLE_COMMONCRYPTO_COMMONDIGEST_H_
#define _BEAGLE_COMMONCRYPTO_COMMONDIGEST_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

typedef uint32_t CC_LONG;
typedef uint64_t CC_LONG64;

#define CC_MD5_DIGEST_LENGTH 16
typedef struct {
	CC_LONG opaque[23];
} CC_MD5_CTX;
int CC_MD5_Init(CC_MD5_CTX *);
int CC_MD5_Update(CC_MD5_CTX *, const void *, CC_LONG);
int CC_MD5_Final(unsigned char *, CC_MD5_CTX *);
unsigned char *CC_MD5(const void *, CC_LONG, unsigned char *);

#define CC_SHA1_DIGEST_LENGTH 20
typedef struct {
	CC_LONG opaque[24];
} CC_SHA1_CTX;
int CC_SHA1_Init(CC_SHA1_CTX *);
int CC_SHA1_Update(CC_SHA1_CTX *, const void *, CC_LONG);
int CC_SHA1_Final(unsigned char *, CC_SHA1_CTX *);
unsigned char *CC_SHA1(const void *, CC_LONG, unsigned char *);

#define CC_SHA256_DIGEST_LENGTH 32
typedef struct {
	CC_LONG opaque[26];
} CC_SHA256_CTX;
int CC_SHA256_Init(CC_SHA256_CTX *);
int CC_SHA256_Update(CC_SHA256_CTX *, const void *, CC_LONG);
int CC_SHA256_Final(unsigned char *, CC_SHA256_CTX *);
unsigned char *CC_SHA256(const void *, CC_LONG, unsigned char *);

#define CC_SHA384_DIGEST_LENGTH 48
typedef struct {
	CC_LONG64 opaque[26];
} CC_SHA384_CTX;
int CC_SHA384_Init(CC_SHA384_CTX *);
int CC_SHA384_Update(CC_SHA384_CTX *, const void *, CC_LONG);
int CC_SHA384_Final(unsigned char *, CC_SHA384_CTX *);
unsigned char *CC_SHA384(const void *, CC_LONG, unsigned char *);

#define CC_SHA512_DIGEST_LENGTH 64
typedef struct {
	CC_LONG64 opaque[26];
} CC_SHA512_CTX;
int CC_SHA512_Init(CC_SHA512_CTX *);
int CC_SHA512_Update(CC_SHA512_CTX *, const void *, CC_LONG);
int CC_SHA512_Final(unsigned char *, CC_SHA512_CTX *);
unsigned char *CC_SHA512(const void *, CC_LONG, unsigned char *);

__END_DECLS

#endif
