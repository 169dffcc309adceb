// A small CoreFoundation: types with reference counts and type ids. What it has is
// in these files; what it has not, a program finds missing by name.
#ifndef BEAGLE_CF_H
#define BEAGLE_CF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef const void *CFTypeRef;
typedef const struct cf_base *CFAllocatorRef;
typedef unsigned long CFTypeID, CFOptionFlags, CFHashCode;
typedef long CFIndex;
typedef unsigned char Boolean;
typedef double CFTimeInterval, CFAbsoluteTime;
typedef int OSStatus;
typedef uint32_t CFStringEncoding;
typedef struct {
	CFIndex location, length;
} CFRange;
typedef long CFComparisonResult;
typedef const struct cf_string *CFStringRef;
typedef const struct cf_data *CFDataRef;
typedef const struct cf_array *CFArrayRef;
typedef const struct cf_dictionary *CFDictionaryRef;
typedef const struct cf_number *CFNumberRef;
typedef const struct cf_number *CFBooleanRef;
typedef const struct cf_date *CFDateRef;
typedef const struct cf_error *CFErrorRef;

// Every object starts with its class, for Objective-C's sake, and this.
struct cf_base {
	const void *isa;
	uint32_t info; // type id, and for constant strings the compiler's flags
	int32_t refs; // 0: never freed
};
struct cf_class {
	const char *name;
	void (*finalize)(void *);
	Boolean (*equal)(CFTypeRef, CFTypeRef);
	CFHashCode (*hash)(CFTypeRef);
	CFStringRef (*describe)(CFTypeRef);
};
enum { CF_ALLOCATOR = 1, CF_STRING, CF_DATA, CF_ARRAY, CF_DICTIONARY, CF_NUMBER, CF_BOOLEAN, CF_DATE, CF_ERROR, CF_NULL, CF_DYNAMIC };

CFTypeID _CFRuntimeRegisterClass(const struct cf_class *);
void *_CFRuntimeCreateInstance(CFAllocatorRef, CFTypeID, CFIndex extra, unsigned char *category);
extern int __CFConstantStringClassReference[];

struct cf_string {
	struct cf_base base;
	char *bytes; // ASCII or, in our own strings, UTF-8, with a zero byte after them
	CFIndex size; // bytes
	uint16_t *chars; // what characters are read from, made when first needed
	CFIndex length; // of chars
};
struct cf_data {
	struct cf_base base;
	uint8_t *bytes;
	CFIndex length, room;
	bool borrowed;
};
typedef CFTypeRef (*CFRetain_f)(CFAllocatorRef, CFTypeRef);
typedef struct {
	CFIndex version;
	CFRetain_f retain;
	void (*release)(CFAllocatorRef, CFTypeRef);
	CFStringRef (*describe)(CFTypeRef);
	Boolean (*equal)(CFTypeRef, CFTypeRef);
} CFArrayCallBacks;
typedef struct {
	CFIndex version;
	CFRetain_f retain;
	void (*release)(CFAllocatorRef, CFTypeRef);
	CFStringRef (*describe)(CFTypeRef);
	Boolean (*equal)(CFTypeRef, CFTypeRef);
	CFHashCode (*hash)(CFTypeRef);
} CFDictionaryKeyCallBacks;
typedef CFArrayCallBacks CFDictionaryValueCallBacks;
struct cf_array {
	struct cf_base base;
	CFTypeRef *items;
	CFIndex count, room;
	CFArrayCallBacks cb;
};
struct cf_dictionary {
	struct cf_base base;
	CFTypeRef *keys, *values;
	CFIndex count, room;
	CFDictionaryKeyCallBacks kcb;
	CFDictionaryValueCallBacks vcb;
};
struct cf_number {
	struct cf_base base;
	int type;
	int64_t i;
	double d;
};
struct cf_date {
	struct cf_base base;
	CFAbsoluteTime at; // seconds since 2001
};
struct cf_error {
	struct cf_base base;
	CFStringRef domain;
	CFIndex code;
	CFDictionaryRef info;
};

CFTypeRef CFRetain(CFTypeRef);
void CFRelease(CFTypeRef);
Boolean CFEqual(CFTypeRef, CFTypeRef);
CFHashCode CFHash(CFTypeRef);
CFTypeID CFGetTypeID(CFTypeRef);
CFStringRef CFStringCreateWithBytes(CFAllocatorRef, const uint8_t *, CFIndex, CFStringEncoding, Boolean);
CFStringRef CFStringCreateWithCString(CFAllocatorRef, const char *, CFStringEncoding);
CFDataRef CFDataCreate(CFAllocatorRef, const uint8_t *, CFIndex);
CFIndex CFDataGetLength(CFDataRef);
const uint8_t *CFDataGetBytePtr(CFDataRef);
CFIndex CFArrayGetCount(CFArrayRef);
CFTypeRef CFArrayGetValueAtIndex(CFArrayRef, CFIndex);
struct cf_array *CFArrayCreateMutable(CFAllocatorRef, CFIndex, const CFArrayCallBacks *);
void CFArrayAppendValue(struct cf_array *, CFTypeRef);
CFDictionaryRef CFDictionaryCreate(CFAllocatorRef, CFTypeRef *, CFTypeRef *, CFIndex, const CFDictionaryKeyCallBacks *, const CFDictionaryValueCallBacks *);
CFTypeRef CFDictionaryGetValue(CFDictionaryRef, CFTypeRef);
CFErrorRef CFErrorCreate(CFAllocatorRef, CFStringRef, CFIndex, CFDictionaryRef);
extern const CFArrayCallBacks kCFTypeArrayCallBacks;
extern const CFDictionaryKeyCallBacks kCFTypeDictionaryKeyCallBacks;
extern const CFDictionaryValueCallBacks kCFTypeDictionaryValueCallBacks;
extern const CFStringRef kCFErrorLocalizedDescriptionKey, kCFErrorDomainOSStatus;

#define kCFStringEncodingMacRoman 0u
#define kCFStringEncodingASCII 0x600u
#define kCFStringEncodingISOLatin1 0x201u
#define kCFStringEncodingUTF8 0x08000100u
#define kCFStringEncodingUTF16 0x100u
#define kCFStringEncodingUTF16BE 0x10000100u
#define kCFStringEncodingUTF16LE 0x14000100u

// A constant string as compilers make them.
#define CONSTANT(name, text) \
	static const struct { const void *isa; uint32_t flags; int32_t zero; const char *s; long n; } name##_object = { __CFConstantStringClassReference, 0x7c8, 0, text, sizeof text - 1 }; \
	const CFStringRef name = (CFStringRef)&name##_object

#endif
