#ifndef _BEAGLE_UUID_UUID_H_
#define _BEAGLE_UUID_UUID_H_

#include <sys/types.h>

__BEGIN_DECLS

void uuid_clear(uuid_t);
int uuid_compare(const uuid_t, const uuid_t);
void uuid_copy(uuid_t, const uuid_t);
void uuid_generate(uuid_t);
void uuid_generate_random(uuid_t);
void uuid_generate_time(uuid_t);
int uuid_is_null(const uuid_t);
int uuid_parse(const uuid_string_t, uuid_t);
void uuid_unparse(const uuid_t, uuid_string_t);
void uuid_unparse_lower(const uuid_t, uuid_string_t);
void uuid_unparse_upper(const uuid_t, uuid_string_t);

__END_DECLS

#endif
