#ifndef _BEAGLE_COMMONCRYPTO_COMMONHMAC_H_
#define _BEAGLE_COMMONCRYPTO_COMMONHMAC_H_

#include <CommonCrypto/CommonDigest.h>

__BEGIN_DECLS

enum { kCCHmacAlgSHA1, kCCHmacAlgMD5, kCCHmacAlgSHA256, kCCHmacAlgSHA384, kCCHmacAlgSHA512, kCCHmacAlgSHA224 };
typedef uint32_t CCHmacAlgorithm;
typedef struct {
	uint32_t ctx[96];
} CCHmacContext;
void CCHmacInit(CCHmacContext *, CCHmacAlgorithm, const void *, size_t);
void CCHmacUpdate(CCHmacContext *, const void *, size_t);
void CCHmacFinal(CCHmacContext *, void *);
void CCHmac(CCHmacAlgorithm, const void *, size_t, const void *, size_t, void *);

__END_DECLS

#endif
