// CommonCrypto's digests, HMAC, PBKDF2 and random numbers (FIPS 180-4, RFC 1321,
// RFC 2104, RFC 8018). Contexts have the sizes that programs allocate: state, count
// of bytes and one block.

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

typedef uint32_t CC_LONG;

static uint32_t rol(uint32_t x, int n) { return x << n | x >> (32 - n); }
static uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }
static uint64_t ror64(uint64_t x, int n) { return x >> n | x << (64 - n); }
static uint32_t be32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }
static uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }

// One algorithm. A context is: words of state, then a 64-bit count of bytes, then
// the block being filled.
struct digest {
	uint32_t state, block, length, word; // bytes; word is the size of a state word
	int big; // big-endian
	const void *init;
	void (*compress)(void *state, const uint8_t *block);
};

static void md5(void *st, const uint8_t *p) {
	static const uint8_t shift[16] = { 7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21 };
	// The sines of 1 to 64, times 2^32.
	static const uint32_t k[64] = {
		0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1,
		0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453,
		0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942,
		0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
		0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
		0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391 };
	uint32_t *s = st, w[16], a = s[0], b = s[1], c = s[2], d = s[3];
	memcpy(w, p, 64);
	for (int i = 0; i < 64; i++) {
		uint32_t f;
		int g;
		if (i < 16)
			f = (b & c) | (~b & d), g = i;
		else if (i < 32)
			f = (d & b) | (~d & c), g = (5 * i + 1) & 15;
		else if (i < 48)
			f = b ^ c ^ d, g = (3 * i + 5) & 15;
		else
			f = c ^ (b | ~d), g = (7 * i) & 15;
		uint32_t t = d;
		d = c;
		c = b;
		b += rol(a + f + k[i] + w[g], shift[i / 16 * 4 + i % 4]);
		a = t;
	}
	s[0] += a;
	s[1] += b;
	s[2] += c;
	s[3] += d;
}

static void sha1(void *st, const uint8_t *p) {
	uint32_t *s = st, w[80], a = s[0], b = s[1], c = s[2], d = s[3], e = s[4];
	for (int i = 0; i < 16; i++)
		w[i] = be32(p + 4 * i);
	for (int i = 16; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t f, k;
		if (i < 20)
			f = (b & c) | (~b & d), k = 0x5a827999;
		else if (i < 40)
			f = b ^ c ^ d, k = 0x6ed9eba1;
		else if (i < 60)
			f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
		else
			f = b ^ c ^ d, k = 0xca62c1d6;
		uint32_t t = rol(a, 5) + f + e + k + w[i];
		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = t;
	}
	s[0] += a;
	s[1] += b;
	s[2] += c;
	s[3] += d;
	s[4] += e;
}

// Fractions of the cube roots of the first 80 primes; SHA-256 takes the upper half
// of the first 64.
static const uint64_t roots[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b,
	0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1,
	0x9bdc06a725c71235, 0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65, 0x2de92c6f592b0275,
	0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
	0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
	0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b, 0xa2bfe8a14cf10364, 0xa81a664bbc423001,
	0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8,
	0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
	0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec, 0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915,
	0xc67178f2e372532b, 0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
	0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c, 0x4cc5d4becb3e42b6,
	0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817 };

static void sha256(void *st, const uint8_t *p) {
	uint32_t *s = st, w[64], v[8];
	for (int i = 0; i < 16; i++)
		w[i] = be32(p + 4 * i);
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) + w[i - 7] + (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
	memcpy(v, s, sizeof v);
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + (uint32_t)(roots[i] >> 32) + w[i];
		uint32_t t2 = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		s[i] += v[i];
}

static void sha512(void *st, const uint8_t *p) {
	uint64_t *s = st, w[80], v[8];
	for (int i = 0; i < 16; i++)
		w[i] = be64(p + 8 * i);
	for (int i = 16; i < 80; i++) {
		uint64_t a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + (ror64(a, 1) ^ ror64(a, 8) ^ a >> 7) + w[i - 7] + (ror64(b, 19) ^ ror64(b, 61) ^ b >> 6);
	}
	memcpy(v, s, sizeof v);
	for (int i = 0; i < 80; i++) {
		uint64_t t1 = v[7] + (ror64(v[4], 14) ^ ror64(v[4], 18) ^ ror64(v[4], 41)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + roots[i] + w[i];
		uint64_t t2 = (ror64(v[0], 28) ^ ror64(v[0], 34) ^ ror64(v[0], 39)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		s[i] += v[i];
}

static const uint32_t iv1[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
static const uint32_t iv224[8] = { 0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4 };
static const uint32_t iv256[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
static const uint64_t iv384[8] = { 0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4 };
static const uint64_t iv512[8] = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 };

static const struct digest md5_d = { 16, 64, 16, 4, 0, iv1, md5 }, sha1_d = { 20, 64, 20, 4, 1, iv1, sha1 }, sha224_d = { 32, 64, 28, 4, 1, iv224, sha256 },
	sha256_d = { 32, 64, 32, 4, 1, iv256, sha256 }, sha384_d = { 64, 128, 48, 8, 1, iv384, sha512 }, sha512_d = { 64, 128, 64, 8, 1, iv512, sha512 };

static void init(const struct digest *d, void *ctx) {
	memcpy(ctx, d->init, d->state);
	memset((uint8_t *)ctx + d->state, 0, 8);
}
static void update(const struct digest *d, void *ctx, const void *data, size_t n) {
	uint8_t *block = (uint8_t *)ctx + d->state + 8;
	const uint8_t *p = data;
	uint64_t count;
	memcpy(&count, (uint8_t *)ctx + d->state, 8);
	size_t at = count % d->block;
	count += n;
	memcpy((uint8_t *)ctx + d->state, &count, 8);
	if (at) {
		size_t part = d->block - at < n ? d->block - at : n;
		memcpy(block + at, p, part);
		p += part;
		n -= part;
		if (at + part < d->block)
			return;
		d->compress(ctx, block);
	}
	for (; n >= d->block; p += d->block, n -= d->block)
		d->compress(ctx, p);
	memcpy(block, p, n);
}
static void final(const struct digest *d, unsigned char *out, void *ctx) {
	static const uint8_t pad[128] = { 0x80 };
	uint64_t count;
	uint8_t length[16] = { 0 };
	memcpy(&count, (uint8_t *)ctx + d->state, 8);
	uint64_t bits = count * 8;
	size_t field = d->block / 8, at = count % d->block;
	for (int i = 0; i < 8; i++)
		length[d->big ? field - 1 - (size_t)i : (size_t)i] = (uint8_t)(bits >> 8 * i);
	update(d, ctx, pad, (at < d->block - field ? d->block : 2 * d->block) - field - at);
	update(d, ctx, length, field);
	for (uint32_t i = 0; i < d->length; i++) {
		uint32_t w = i / d->word, b = i % d->word;
		out[i] = ((uint8_t *)ctx)[w * d->word + (d->big ? d->word - 1 - b : b)];
	}
	memset(ctx, 0, d->state + 8 + d->block);
}

#define DIGEST(NAME, d)                                                             \
	int CC_##NAME##_Init(void *c) { return init(&d, c), 1; }                    \
	int CC_##NAME##_Update(void *c, const void *p, CC_LONG n) { return update(&d, c, p, n), 1; } \
	int CC_##NAME##_Final(unsigned char *out, void *c) { return final(&d, out, c), 1; } \
	unsigned char *CC_##NAME(const void *p, CC_LONG n, unsigned char *out) {    \
		static unsigned char own[64];                                       \
		uint64_t c[26];                                                     \
		init(&d, c);                                                        \
		update(&d, c, p, n);                                                \
		final(&d, out ? out : own, c);                                      \
		return out ? out : own;                                             \
	}
DIGEST(MD5, md5_d)
DIGEST(SHA1, sha1_d)
DIGEST(SHA224, sha224_d)
DIGEST(SHA256, sha256_d)
DIGEST(SHA384, sha384_d)
DIGEST(SHA512, sha512_d)

// HMAC, by kCCHmacAlg numbers. The context of 384 bytes: the digest's number, the
// key for the end, the digest.
static const struct digest *const algorithms[] = { &sha1_d, &md5_d, &sha256_d, &sha384_d, &sha512_d, &sha224_d };
struct hmac {
	uint32_t algorithm, unused;
	uint8_t outer[128];
	uint64_t ctx[26];
};
_Static_assert(sizeof(struct hmac) <= 384, "CCHmacContext");

void CCHmacInit(struct hmac *h, uint32_t algorithm, const void *key, size_t n) {
	uint8_t k[128] = { 0 };
	h->algorithm = algorithm < 6 ? algorithm : 0;
	const struct digest *d = algorithms[h->algorithm];
	if (n > d->block) {
		init(d, h->ctx);
		update(d, h->ctx, key, n);
		final(d, k, h->ctx);
	} else
		memcpy(k, key, n);
	for (int i = 0; i < 128; i++) {
		h->outer[i] = k[i] ^ 0x5c;
		k[i] ^= 0x36;
	}
	init(d, h->ctx);
	update(d, h->ctx, k, d->block);
}
void CCHmacUpdate(struct hmac *h, const void *p, size_t n) { update(algorithms[h->algorithm], h->ctx, p, n); }
void CCHmacFinal(struct hmac *h, void *out) {
	const struct digest *d = algorithms[h->algorithm];
	uint8_t inner[64];
	final(d, inner, h->ctx);
	init(d, h->ctx);
	update(d, h->ctx, h->outer, d->block);
	update(d, h->ctx, inner, d->length);
	final(d, out, h->ctx);
}
void CCHmac(uint32_t algorithm, const void *key, size_t keylen, const void *p, size_t n, void *out) {
	struct hmac h;
	CCHmacInit(&h, algorithm, key, keylen);
	CCHmacUpdate(&h, p, n);
	CCHmacFinal(&h, out);
}

#define kCCSuccess 0
#define kCCParamError (-4300)
#define kCCRNGFailure (-4307)

// The pseudo random functions of kCCPRFHmacAlg, from 1: SHA-1, 224, 256, 384, 512.
int CCKeyDerivationPBKDF(uint32_t algorithm, const char *password, size_t plen, const uint8_t *salt, size_t slen, uint32_t prf, unsigned rounds, uint8_t *out, size_t n) {
	static const uint8_t of[] = { 0, 0, 5, 2, 3, 4 };
	if (algorithm != 2 || prf < 1 || prf > 5 || !rounds || !n)
		return kCCParamError;
	uint32_t length = algorithms[of[prf]]->length;
	for (uint32_t block = 1; n; block++) {
		uint8_t u[64], t[64], number[4] = { (uint8_t)(block >> 24), (uint8_t)(block >> 16), (uint8_t)(block >> 8), (uint8_t)block };
		struct hmac h;
		CCHmacInit(&h, of[prf], password, plen);
		CCHmacUpdate(&h, salt, slen);
		CCHmacUpdate(&h, number, 4);
		CCHmacFinal(&h, u);
		memcpy(t, u, length);
		for (unsigned r = 1; r < rounds; r++) {
			CCHmac(of[prf], password, plen, u, length, u);
			for (uint32_t i = 0; i < length; i++)
				t[i] ^= u[i];
		}
		size_t part = n < length ? n : length;
		memcpy(out, t, part);
		out += part;
		n -= part;
	}
	return kCCSuccess;
}

int CCRandomGenerateBytes(void *out, size_t n) {
	for (uint8_t *p = out; n;) {
		size_t part = n < 256 ? n : 256;
		if (getentropy(p, part) < 0)
			return kCCRNGFailure;
		p += part;
		n -= part;
	}
	return kCCSuccess;
}
