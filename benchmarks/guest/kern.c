// Eleven kernels that do what programs spend processor time on: kern NAME N runs
// one of them with the amount of work N and prints a check sum.
#include "sys.h"

#define NOINLINE __attribute__((noinline, used))

void *memcpy(void *d, const void *s, u64 n)
{
	u8 *a = d;
	const u8 *b = s;
	for (; n >= 8; n -= 8, a += 8, b += 8)
		*(u64 *)a = *(const u64 *)b;
	while (n--)
		*a++ = *b++;
	return d;
}

void *memset(void *d, int c, u64 n)
{
	for (u8 *a = d; n--;) {
		*a++ = (u8)c;
		__asm__ volatile(""); // or the compiler makes it call itself
	}
	return d;
}

#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))

// SHA-256's compression function. The constants are the first bits of the
// fractional parts of square and cube roots of the first primes (FIPS 180-4).
static const u32 K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

NOINLINE u64 sha256(u64 n, u8 *m)
{
	u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, w[64];
	for (u64 block = 0; block < n; block++) {
		const u8 *p = m + (block & 1023) * 64;
		for (int i = 0; i < 16; i++)
			w[i] = (u32)p[i * 4] << 24 | (u32)p[i * 4 + 1] << 16 | (u32)p[i * 4 + 2] << 8 | p[i * 4 + 3];
		for (int i = 16; i < 64; i++) {
			u32 s0 = ROR(w[i - 15], 7) ^ ROR(w[i - 15], 18) ^ w[i - 15] >> 3;
			u32 s1 = ROR(w[i - 2], 17) ^ ROR(w[i - 2], 19) ^ w[i - 2] >> 10;
			w[i] = w[i - 16] + s0 + w[i - 7] + s1;
		}
		u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], hh = h[7];
		for (int i = 0; i < 64; i++) {
			u32 t1 = hh + (ROR(e, 6) ^ ROR(e, 11) ^ ROR(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i];
			u32 t2 = (ROR(a, 2) ^ ROR(a, 13) ^ ROR(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
			hh = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
		}
		h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += hh;
	}
	return (u64)h[0] << 32 | h[1];
}

static void quicksort(u32 *a, i64 lo, i64 hi)
{
	while (lo < hi) {
		u32 pivot = a[(lo + hi) >> 1];
		i64 i = lo, j = hi;
		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				u32 t = a[i];
				a[i++] = a[j];
				a[j--] = t;
			}
		}
		if (j - lo < hi - i) {
			quicksort(a, lo, j);
			lo = i;
		} else {
			quicksort(a, i, hi);
			hi = j;
		}
	}
}

NOINLINE u64 sort(u64 n, u8 *m)
{
	u32 *a = (u32 *)m, x = 12345;
	u64 sum = 0;
	for (; n; n--) {
		for (int i = 0; i < 20000; i++)
			a[i] = x = x * 1664525u + 1013904223u;
		quicksort(a, 0, 19999);
		sum += a[100] ^ a[19000];
	}
	return sum;
}

// A hash table with open addressing, counting keys.
NOINLINE u64 hash(u64 n, u8 *m)
{
	u64 *t = (u64 *)m, mask = (1 << 14) - 1, sum = 0, x = 88172645463325252ul;
	for (u64 i = 0; i <= mask; i++)
		t[i] = 0;
	for (; n; n--) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		u64 key = x % 6000 + 1, h = key * 0x9e3779b97f4a7c15ul >> 50;
		while (t[h] && t[h] >> 32 != key)
			h = (h + 1) & mask;
		if (!t[h])
			t[h] = key << 32;
		sum += ++t[h] & 0xffffffff;
	}
	return sum;
}

// Follows pointers, one a cache line, in an order that no prefetcher guesses.
static u64 chase(u64 n, u64 *p, u64 lines)
{
	u64 step = 2654435761ul % lines | 1, at = 0;
	for (u64 i = 0; i < lines; i++) {
		u64 next = (at + step) & (lines - 1);
		p[at * 8] = (u64)&p[next * 8];
		at = next;
	}
	u64 *q = p;
	while (n--)
		q = (u64 *)*q;
	return (u64)q - (u64)p;
}

NOINLINE u64 chase256k(u64 n, u8 *m) { return chase(n, (u64 *)m, 1 << 12); }
NOINLINE u64 chase32m(u64 n, u8 *m) { return chase(n, (u64 *)m, 1 << 19); }

NOINLINE u64 copy(u64 n, u8 *m)
{
	u64 sum = 0;
	for (u64 i = 0; i < n; i++) {
		memcpy(m + (2 << 20) + (i & 7) * 64, m + ((i & 15) << 12), 65536);
		sum += m[(2 << 20) + i % 60000];
	}
	return sum;
}

static double root(double x)
{
	double r;
#ifdef __x86_64__
	__asm__("sqrtsd %1, %0" : "=x"(r) : "x"(x));
#else
	__asm__("fsqrt %d0, %d1" : "=w"(r) : "w"(x));
#endif
	return r;
}

// Five bodies: place, speed, mass.
NOINLINE u64 nbody(u64 n, u8 *m)
{
	double(*b)[8] = (double(*)[8])m;
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < 6; k++)
			b[i][k] = (i * 7 + k) * 0.37 + 1;
		b[i][6] = 0.01 * (i + 1);
	}
	for (; n; n--) {
		for (int i = 0; i < 5; i++)
			for (int j = i + 1; j < 5; j++) {
				double dx = b[i][0] - b[j][0], dy = b[i][1] - b[j][1], dz = b[i][2] - b[j][2];
				double d2 = dx * dx + dy * dy + dz * dz, mag = 0.001 / (d2 * root(d2));
				double mi = b[i][6] * mag, mj = b[j][6] * mag;
				b[i][3] -= dx * mj, b[i][4] -= dy * mj, b[i][5] -= dz * mj;
				b[j][3] += dx * mi, b[j][4] += dy * mi, b[j][5] += dz * mi;
			}
		for (int i = 0; i < 5; i++)
			for (int k = 0; k < 3; k++)
				b[i][k] += 0.001 * b[i][k + 3];
	}
	double e = 0;
	for (int i = 0; i < 5; i++)
		e += b[i][0] + b[i][3];
	return (u64)(i64)(e * 1e6);
}

NOINLINE u64 matmul(u64 n, u8 *m)
{
	double *a = (double *)m, *b = a + 4096, *c = b + 4096;
	for (int i = 0; i < 4096; i++)
		a[i] = i * 0.5, b[i] = i * 0.25 + 1;
	for (; n; n--) {
		for (int i = 0; i < 64; i++)
			for (int j = 0; j < 64; j++) {
				double s = 0;
				for (int k = 0; k < 64; k++)
					s += a[i * 64 + k] * b[k * 64 + j];
				c[i * 64 + j] = s;
			}
		a[n & 4095] += 1;
	}
	return (u64)(i64)c[77];
}

typedef float v4f __attribute__((vector_size(16)));
typedef u32 v4u __attribute__((vector_size(16)));

NOINLINE u64 simd(u64 n, u8 *m)
{
	v4f *x = (v4f *)m, *y = x + 1024, k = {1.0001f, 0.9999f, 1.1f, 0.5f};
	v4u *z = (v4u *)(y + 1024), acc = {0, 0, 0, 0};
	for (int i = 0; i < 1024; i++) {
		x[i] = (v4f){(float)i, 1, 2, 3};
		y[i] = (v4f){1, (float)i, 0.5f, 2};
		z[i] = (v4u){(u32)i, (u32)i * 3, 7, 9};
	}
	for (; n; n--)
		for (int i = 0; i < 1024; i++) {
			y[i] = y[i] * k + x[i];
			acc = (acc ^ z[i]) + (z[i] << 3);
		}
	return (u64)acc[0] ^ (u64)acc[1] << 32 ^ (u64)(i64)y[5][3];
}

typedef u64 (*step)(u64);
NOINLINE static u64 step0(u64 x) { return x * 3 + 1; }
NOINLINE static u64 step1(u64 x) { return x ^ x >> 7; }
NOINLINE static u64 step2(u64 x) { return x + 0x1234567; }
NOINLINE static u64 step3(u64 x) { return (x << 5) - x; }

// Calls through pointers that change all the time.
NOINLINE u64 icall(u64 n, u8 *m)
{
	step *t = (step *)m;
	t[0] = step0, t[1] = step1, t[2] = step2, t[3] = step3;
	u64 x = 1;
	while (n--)
		x = t[x >> 3 & 3](x);
	return x;
}

NOINLINE u64 fibonacci(u64 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

NOINLINE u64 fib(u64 n, u8 *m)
{
	u64 sum = 0;
	while (n--) {
		u64 a = 18;
		__asm__ volatile("" : "+r"(a));
		sum += fibonacci(a);
	}
	return sum;
}

static u8 scratch[36 << 20] __attribute__((aligned(65536)));

static void print(u64 v)
{
	char b[17];
	for (int i = 15; i >= 0; i--, v >>= 4)
		b[i] = "0123456789abcdef"[v & 15];
	b[16] = '\n';
	sys_write(1, b, 17);
}

int run(int argc, char **argv)
{
	if (argc != 3)
		return 64;
	const char *name = argv[1];
	u64 n = number(argv[2]), r;
	// No table: a static program's pointers would need sliding.
	if (equal(name, "sha256"))
		r = sha256(n, scratch);
	else if (equal(name, "sort"))
		r = sort(n, scratch);
	else if (equal(name, "hash"))
		r = hash(n, scratch);
	else if (equal(name, "chase256K"))
		r = chase256k(n, scratch);
	else if (equal(name, "chase32M"))
		r = chase32m(n, scratch);
	else if (equal(name, "memcpy"))
		r = copy(n, scratch);
	else if (equal(name, "nbody"))
		r = nbody(n, scratch);
	else if (equal(name, "matmul"))
		r = matmul(n, scratch);
	else if (equal(name, "simd"))
		r = simd(n, scratch);
	else if (equal(name, "icall"))
		r = icall(n, scratch);
	else if (equal(name, "fib"))
		r = fib(n, scratch);
	else
		return 64;
	print(r);
	return 0;
}
