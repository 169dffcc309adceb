// Certificates, policies and trust as objects. Chains are not verified yet: an
// evaluation fails with errSecUnimplemented, never succeeds.

#include <stdlib.h>
#include <sys/random.h>
#include "../CoreFoundation/cf.h"

#define errSecSuccess 0
#define errSecUnimplemented (-4)
#define errSecParam (-50)
#define errSecItemNotFound (-25300)
#define errSecNoTrustSettings (-25263)

struct certificate {
	struct cf_base base;
	CFDataRef data;
};
struct policy {
	struct cf_base base;
	CFStringRef host;
	Boolean server;
};
struct trust {
	struct cf_base base;
	CFArrayRef certificates;
	CFTypeRef policies, anchors;
	CFDateRef date;
};

static void certificate_free(void *o) { CFRelease(((struct certificate *)o)->data); }
static Boolean certificate_equal(CFTypeRef a, CFTypeRef b) { return CFEqual(((struct certificate *)a)->data, ((struct certificate *)b)->data); }
static CFHashCode certificate_hash(CFTypeRef a) { return CFHash(((struct certificate *)a)->data); }
static void policy_free(void *o) {
	if (((struct policy *)o)->host)
		CFRelease(((struct policy *)o)->host);
}
static void trust_free(void *o) {
	struct trust *t = o;
	CFTypeRef parts[] = { t->certificates, t->policies, t->anchors, t->date };
	for (int i = 0; i < 4; i++)
		if (parts[i])
			CFRelease(parts[i]);
}
static const struct cf_class certificate_class = { "SecCertificate", certificate_free, certificate_equal, certificate_hash };
static const struct cf_class policy_class = { "SecPolicy", policy_free };
static const struct cf_class trust_class = { "SecTrust", trust_free };

static CFTypeID id_of(CFTypeID *id, const struct cf_class *c) {
	CFTypeID now = __atomic_load_n(id, __ATOMIC_ACQUIRE);
	if (!now) {
		now = _CFRuntimeRegisterClass(c);
		__atomic_store_n(id, now, __ATOMIC_RELEASE);
	}
	return now;
}
static CFTypeID certificate_id, policy_id, trust_id;
CFTypeID SecCertificateGetTypeID(void) { return id_of(&certificate_id, &certificate_class); }
CFTypeID SecPolicyGetTypeID(void) { return id_of(&policy_id, &policy_class); }
CFTypeID SecTrustGetTypeID(void) { return id_of(&trust_id, &trust_class); }

// The outer SEQUENCE must span the data exactly.
static Boolean is_sequence(CFDataRef d) {
	const uint8_t *p = CFDataGetBytePtr(d);
	CFIndex n = CFDataGetLength(d), len, head = 2;
	if (n < 4 || p[0] != 0x30)
		return 0;
	len = p[1];
	if (len >= 0x80) {
		int bytes = (int)len & 0x7f;
		if (bytes < 1 || bytes > 4 || n < 2 + bytes)
			return 0;
		for (len = 0, head = 2; bytes; bytes--)
			len = len << 8 | p[head++];
	}
	return head + len == n;
}
CFTypeRef SecCertificateCreateWithData(CFAllocatorRef a, CFDataRef d) {
	if (!d || !is_sequence(d))
		return 0;
	struct certificate *c = _CFRuntimeCreateInstance(a, SecCertificateGetTypeID(), sizeof *c - sizeof c->base, 0);
	if (c)
		c->data = CFRetain(d);
	return c;
}
CFDataRef SecCertificateCopyData(CFTypeRef c) { return CFRetain(((const struct certificate *)c)->data); }

CFTypeRef SecPolicyCreateSSL(Boolean server, CFStringRef host) {
	struct policy *p = _CFRuntimeCreateInstance(0, SecPolicyGetTypeID(), sizeof *p - sizeof p->base, 0);
	if (!p)
		return 0;
	p->server = server;
	p->host = host ? CFRetain(host) : 0;
	return p;
}
CFTypeRef SecPolicyCreateBasicX509(void) { return SecPolicyCreateSSL(0, 0); }

OSStatus SecTrustCreateWithCertificates(CFTypeRef certificates, CFTypeRef policies, CFTypeRef *out) {
	if (!certificates || !out)
		return errSecParam;
	struct trust *t = _CFRuntimeCreateInstance(0, SecTrustGetTypeID(), sizeof *t - sizeof t->base, 0);
	if (!t)
		return -108;
	if (CFGetTypeID(certificates) == SecCertificateGetTypeID()) {
		struct cf_array *one = CFArrayCreateMutable(0, 1, &kCFTypeArrayCallBacks);
		CFArrayAppendValue(one, certificates);
		t->certificates = one;
	} else
		t->certificates = CFRetain(certificates);
	t->policies = policies ? CFRetain(policies) : 0;
	*out = t;
	return errSecSuccess;
}
static void set(CFTypeRef *at, CFTypeRef v) {
	if (v)
		CFRetain(v);
	if (*at)
		CFRelease(*at);
	*at = v;
}
OSStatus SecTrustSetVerifyDate(struct trust *t, CFDateRef d) { return set((CFTypeRef *)&t->date, d), errSecSuccess; }
OSStatus SecTrustSetPolicies(struct trust *t, CFTypeRef p) { return set(&t->policies, p), errSecSuccess; }
OSStatus SecTrustSetAnchorCertificates(struct trust *t, CFArrayRef a) { return set(&t->anchors, a), errSecSuccess; }
CFIndex SecTrustGetCertificateCount(struct trust *t) { return CFArrayGetCount(t->certificates); }
CFTypeRef SecTrustGetCertificateAtIndex(struct trust *t, CFIndex i) { return CFArrayGetValueAtIndex(t->certificates, i); }
CFArrayRef SecTrustCopyCertificateChain(struct trust *t) { return CFRetain(t->certificates); }

CONSTANT(message, "certificate chains are not verified by this system");
CONSTANT(domain, "NSOSStatusErrorDomain");
Boolean SecTrustEvaluateWithError(struct trust *t, CFErrorRef *error) {
	if (error) {
		CFTypeRef key = kCFErrorLocalizedDescriptionKey, value = message;
		CFDictionaryRef info = CFDictionaryCreate(0, &key, &value, 1, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
		*error = CFErrorCreate(0, domain, errSecUnimplemented, info);
		CFRelease(info);
	}
	return 0;
}
OSStatus SecTrustEvaluate(struct trust *t, uint32_t *result) {
	if (result)
		*result = 0; // kSecTrustResultInvalid
	return errSecUnimplemented;
}

// No keychain: there are no trust settings, and nothing is found.
OSStatus SecTrustSettingsCopyCertificates(int domain, CFArrayRef *out) { return errSecNoTrustSettings; }
OSStatus SecTrustSettingsCopyTrustSettings(CFTypeRef c, int domain, CFArrayRef *out) { return errSecItemNotFound; }
OSStatus SecItemCopyMatching(CFDictionaryRef query, CFTypeRef *out) { return errSecItemNotFound; }

const void *const kSecRandomDefault = 0;
int SecRandomCopyBytes(const void *generator, size_t n, void *out) {
	for (uint8_t *p = out; n;) {
		size_t part = n < 256 ? n : 256;
		if (getentropy(p, part) < 0)
			return -1;
		p += part;
		n -= part;
	}
	return 0;
}
CFStringRef SecCopyErrorMessageString(OSStatus status, void *reserved) {
	const char *text = status == errSecUnimplemented ? "Function or operation not implemented." : status == errSecItemNotFound ? "The specified item could not be found in the keychain." :
	                   status == errSecParam ? "One or more parameters passed to a function were not valid." : 0;
	return text ? CFStringCreateWithCString(0, text, kCFStringEncodingUTF8) : 0;
}
