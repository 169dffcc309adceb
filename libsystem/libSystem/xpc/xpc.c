// The XPC objects that programs make although they talk to no service. There are
// no services: a connection cannot be made, and says so.

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

// An object's first word is its type, whose address is all that it is.
struct type {
	void *isa;
	char name[24];
};
const struct type _xpc_type_date = { 0, "date" }, _xpc_type_error = { 0, "error" }, _xpc_type_dictionary = { 0, "dictionary" },
	_xpc_type_connection = { 0, "connection" }, _xpc_type_string = { 0, "string" }, _xpc_type_int64 = { 0, "int64" },
	_xpc_type_bool = { 0, "bool" }, _xpc_type_null = { 0, "null" }, _xpc_type_array = { 0, "array" }, _xpc_type_data = { 0, "data" };

struct object {
	const struct type *type;
	int32_t refs;
	int64_t value;
};

static struct object *object(const struct type *t, int64_t value) {
	struct object *o = calloc(1, sizeof *o);
	if (o) {
		o->type = t;
		o->refs = 1;
		o->value = value;
	}
	return o;
}

void *xpc_date_create(int64_t ns) { return object(&_xpc_type_date, ns); }
void *xpc_date_create_from_current(void) {
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return xpc_date_create(now.tv_sec * 1000000000ll + now.tv_nsec);
}
int64_t xpc_date_get_value(struct object *o) { return o && o->type == &_xpc_type_date ? o->value : 0; }
void *xpc_int64_create(int64_t v) { return object(&_xpc_type_int64, v); }
int64_t xpc_int64_get_value(struct object *o) { return o && o->type == &_xpc_type_int64 ? o->value : 0; }
const struct type *xpc_get_type(struct object *o) { return o->type; }
void *xpc_retain(struct object *o) {
	if (o)
		__atomic_add_fetch(&o->refs, 1, __ATOMIC_RELAXED);
	return o;
}
void xpc_release(struct object *o) {
	if (o && __atomic_sub_fetch(&o->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(o);
}
