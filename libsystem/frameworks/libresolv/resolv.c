// libresolv's res_9 names, over the resolver in libsystem_c. A state has the size
// that programs compiled with it: it is not touched but for being cleared.

#include <string.h>

int res_search(const char *name, int class, int type, unsigned char *answer, int n);
int res_query(const char *name, int class, int type, unsigned char *answer, int n);
int dn_expand(const unsigned char *msg, const unsigned char *end, const unsigned char *src, char *dst, int n);
int dn_skipname(const unsigned char *src, const unsigned char *end);

int res_9_ninit(void *state) { return 0; }
int res_9_init(void) { return 0; }
void res_9_nclose(void *state) {}
void res_9_ndestroy(void *state) {}
int res_9_nsearch(void *state, const char *name, int class, int type, unsigned char *answer, int n) { return res_search(name, class, type, answer, n); }
int res_9_nquery(void *state, const char *name, int class, int type, unsigned char *answer, int n) { return res_query(name, class, type, answer, n); }
int res_9_search(const char *name, int class, int type, unsigned char *answer, int n) { return res_search(name, class, type, answer, n); }
int res_9_query(const char *name, int class, int type, unsigned char *answer, int n) { return res_query(name, class, type, answer, n); }
int res_9_dn_expand(const unsigned char *msg, const unsigned char *end, const unsigned char *src, char *dst, int n) { return dn_expand(msg, end, src, dst, n); }
int res_9_dn_skipname(const unsigned char *src, const unsigned char *end) { return dn_skipname(src, end); }
