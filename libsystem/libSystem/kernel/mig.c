// Clients of the kernel's MIG routines, by the numbers of xnu's .defs files. A
// request is a header, port descriptors, the NDR record and the arguments packed to
// 4 bytes; a reply likewise, with a return code if it has no descriptors.

#include <mach/mach.h>
#include <unistd.h>
#include "private.h"

#define MIG_TYPE_ERROR (-300)
#define MIG_REPLY_MISMATCH (-301)
#define MIG_ARRAY_TOO_LARGE (-307)

struct call {
	union {
		mach_msg_header_t h;
		uint8_t bytes[4608];
	};
	uint32_t n; // bytes written, then read
	uint32_t size; // of the reply
};

static void copy(void *to, const void *from, uint32_t n) {
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
}
static void put(struct call *c, const void *p, uint32_t n) {
	copy(c->bytes + c->n, p, n);
	c->n += (n + 3) & ~3u;
}
static void put32(struct call *c, uint32_t v) { put(c, &v, 4); }
static void put64(struct call *c, uint64_t v) { put(c, &v, 8); }

// ports: sent with the request, as disposition says for all of them.
static void start(struct call *c, int id, mach_port_t target, const mach_port_t *ports, int nports, int disposition) {
	c->h = (mach_msg_header_t){ .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE), .msgh_remote_port = target, .msgh_id = id };
	c->n = sizeof c->h;
	if (nports) {
		c->h.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
		put32(c, (uint32_t)nports);
		for (int i = 0; i < nports; i++) {
			mach_msg_port_descriptor_t d = { .name = ports[i], .disposition = (unsigned)disposition, .type = MACH_MSG_PORT_DESCRIPTOR };
			put(c, &d, sizeof d);
		}
	}
	put(c, &NDR_record, sizeof NDR_record);
}

static void get(struct call *c, void *p, uint32_t n) {
	if (c->n + n <= c->size)
		copy(p, c->bytes + c->n, n);
	c->n += (n + 3) & ~3u;
}
static uint32_t get32(struct call *c) {
	uint32_t v = 0;
	get(c, &v, 4);
	return v;
}
static uint64_t get64(struct call *c) {
	uint64_t v = 0;
	get(c, &v, 8);
	return v;
}

// Sends and receives. With descriptors expected the reading begins at the first of
// them, else behind the return code.
static kern_return_t finish(struct call *c, int descriptors) {
	int id = c->h.msgh_id;
	mach_port_t reply = mig_get_reply_port();
	c->h.msgh_local_port = reply;
	c->h.msgh_size = c->n;
	kern_return_t r = mach_msg(&c->h, MACH_SEND_MSG | MACH_RCV_MSG, c->n, sizeof c->bytes, reply, 0, 0);
	if (r) {
		// The port may be of no use any more.
		mig_dealloc_reply_port(reply);
		return r;
	}
	c->size = c->h.msgh_size;
	if (c->h.msgh_id != id + 100)
		return MIG_REPLY_MISMATCH;
	c->n = sizeof c->h;
	if (!(c->h.msgh_bits & MACH_MSGH_BITS_COMPLEX)) {
		c->n += sizeof NDR_record;
		r = (kern_return_t)get32(c);
		return r || !descriptors ? r : MIG_TYPE_ERROR;
	}
	return (int)get32(c) == descriptors ? 0 : MIG_TYPE_ERROR;
}
static mach_port_t get_port(struct call *c) {
	mach_msg_port_descriptor_t d = { 0 };
	get(c, &d, sizeof d);
	return d.name;
}
static void skip_ndr(struct call *c) { c->n += sizeof NDR_record; }

// An array of 32-bit words with its count in front.
static kern_return_t get_array(struct call *c, void *out, mach_msg_type_number_t *count) {
	mach_msg_type_number_t n = get32(c), room = *count;
	*count = n;
	get(c, out, 4 * (n < room ? n : room));
	return n > room ? MIG_ARRAY_TOO_LARGE : 0;
}

static kern_return_t flavored(int id, mach_port_t port, uint32_t flavor, void *out, mach_msg_type_number_t *count) {
	struct call c;
	start(&c, id, port, 0, 0, 0);
	put32(&c, flavor);
	put32(&c, *count);
	kern_return_t r = finish(&c, 0);
	return r ? r : get_array(&c, out, count);
}
static kern_return_t set_flavored(int id, mach_port_t port, uint32_t flavor, const void *in, mach_msg_type_number_t count) {
	struct call c;
	if (count > 1024)
		return MIG_ARRAY_TOO_LARGE;
	start(&c, id, port, 0, 0, 0);
	put32(&c, flavor);
	put32(&c, count);
	put(&c, in, 4 * count);
	return finish(&c, 0);
}
static kern_return_t plain(int id, mach_port_t port) {
	struct call c;
	start(&c, id, port, 0, 0, 0);
	return finish(&c, 0);
}

#define FLAVORED(name, id) \
	kern_return_t name(mach_port_t p, uint32_t flavor, void *out, mach_msg_type_number_t *count) { return flavored(id, p, flavor, out, count); }
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wincompatible-library-redeclaration"
kern_return_t task_info(task_name_t t, task_flavor_t f, task_info_t out, mach_msg_type_number_t *n) { return flavored(3405, t, f, out, n); }
kern_return_t thread_info(thread_act_t t, thread_flavor_t f, thread_info_t out, mach_msg_type_number_t *n) { return flavored(3612, t, f, out, n); }
kern_return_t host_info(host_t h, host_flavor_t f, host_info_t out, mach_msg_type_number_t *n) { return flavored(200, h, (uint32_t)f, out, n); }
kern_return_t host_statistics(host_t h, host_flavor_t f, host_info_t out, mach_msg_type_number_t *n) { return flavored(216, h, (uint32_t)f, out, n); }
kern_return_t host_statistics64(host_t h, host_flavor_t f, host_info64_t out, mach_msg_type_number_t *n) { return flavored(219, h, (uint32_t)f, out, n); }
FLAVORED(thread_get_state, 3603)
#pragma clang diagnostic pop
kern_return_t thread_set_state(thread_act_t t, int flavor, thread_state_t in, mach_msg_type_number_t n) { return set_flavored(3604, t, (uint32_t)flavor, in, n); }
kern_return_t thread_policy_set(thread_act_t t, uint32_t flavor, integer_t *in, mach_msg_type_number_t n) { return set_flavored(3617, t, flavor, in, n); }
kern_return_t task_policy_set(task_t t, uint32_t flavor, integer_t *in, mach_msg_type_number_t n) { return set_flavored(3420, t, flavor, in, n); }
kern_return_t mach_port_set_attributes(ipc_space_t t, mach_port_name_t name, int flavor, integer_t *in, mach_msg_type_number_t n) {
	struct call c;
	if (n > 64)
		return MIG_ARRAY_TOO_LARGE;
	start(&c, 3218, t, 0, 0, 0);
	put32(&c, name);
	put32(&c, (uint32_t)flavor);
	put32(&c, n);
	put(&c, in, 4 * n);
	return finish(&c, 0);
}
kern_return_t thread_suspend(thread_act_t t) { return plain(3605, t); }
kern_return_t thread_resume(thread_act_t t) { return plain(3606, t); }
kern_return_t thread_abort(thread_act_t t) { return plain(3607, t); }
kern_return_t thread_abort_safely(thread_act_t t) { return plain(3608, t); }
kern_return_t task_suspend(task_t t) { return plain(3407, t); }
kern_return_t task_resume(task_t t) { return plain(3408, t); }
kern_return_t task_terminate(task_t t) { return plain(3401, t); }
kern_return_t mach_port_destroy(ipc_space_t t, mach_port_name_t name) {
	struct call c;
	start(&c, 3205, t, 0, 0, 0);
	put32(&c, name);
	return finish(&c, 0);
}

static kern_return_t a_port(struct call *c, mach_port_t *out) {
	kern_return_t r = finish(c, 1);
	if (!r)
		*out = get_port(c);
	return r;
}
kern_return_t semaphore_create(task_t t, semaphore_t *out, int policy, int value) {
	struct call c;
	start(&c, 3418, t, 0, 0, 0);
	put32(&c, (uint32_t)policy);
	put32(&c, (uint32_t)value);
	return a_port(&c, out);
}
kern_return_t semaphore_destroy(task_t t, semaphore_t s) {
	struct call c;
	start(&c, 3419, t, &s, 1, MACH_MSG_TYPE_MOVE_SEND);
	return finish(&c, 0);
}
kern_return_t host_get_clock_service(host_t h, clock_id_t id, clock_serv_t *out) {
	struct call c;
	start(&c, 206, h, 0, 0, 0);
	put32(&c, (uint32_t)id);
	return a_port(&c, out);
}
kern_return_t clock_get_time(clock_serv_t clock, mach_timespec_t *out) {
	struct call c;
	start(&c, 1000, clock, 0, 0, 0);
	kern_return_t r = finish(&c, 0);
	if (!r)
		get(&c, out, sizeof *out);
	return r;
}
kern_return_t host_page_size(host_t h, vm_size_t *out) {
	*out = vm_page_size;
	return 0;
}
kern_return_t host_processor_info(host_t h, processor_flavor_t flavor, natural_t *processors, processor_info_array_t *out, mach_msg_type_number_t *count) {
	struct call c;
	start(&c, 204, h, 0, 0, 0);
	put32(&c, (uint32_t)flavor);
	kern_return_t r = finish(&c, 1);
	if (r)
		return r;
	mach_msg_ool_descriptor_t d = { 0 };
	get(&c, &d, sizeof d);
	skip_ndr(&c);
	*out = d.address;
	*processors = get32(&c);
	*count = get32(&c);
	return 0;
}
kern_return_t task_threads(task_t t, thread_act_t **out, mach_msg_type_number_t *count) {
	struct call c;
	start(&c, 3402, t, 0, 0, 0);
	kern_return_t r = finish(&c, 1);
	if (r)
		return r;
	mach_msg_ool_ports_descriptor_t d = { 0 };
	get(&c, &d, sizeof d);
	skip_ndr(&c);
	*out = d.address;
	*count = get32(&c);
	return 0;
}

// Memory.
static kern_return_t region(int id, vm_map_t t, uint64_t *at, uint64_t *size, int flavor, void *info, mach_msg_type_number_t *count, mach_port_t *object) {
	struct call c;
	start(&c, id, t, 0, 0, 0);
	put64(&c, *at);
	put32(&c, (uint32_t)flavor);
	put32(&c, *count);
	kern_return_t r = finish(&c, 1);
	if (r)
		return r;
	mach_port_t p = get_port(&c);
	if (object)
		*object = p;
	skip_ndr(&c);
	*at = get64(&c);
	*size = get64(&c);
	return get_array(&c, info, count);
}
kern_return_t mach_vm_region(vm_map_t t, mach_vm_address_t *at, mach_vm_size_t *size, vm_region_flavor_t flavor, vm_region_info_t info, mach_msg_type_number_t *count, mach_port_t *object) {
	return region(4816, t, at, size, flavor, info, count, object);
}
kern_return_t vm_region_64(vm_map_t t, vm_address_t *at, vm_size_t *size, vm_region_flavor_t flavor, vm_region_info_t info, mach_msg_type_number_t *count, mach_port_t *object) {
	return region(4816, t, (uint64_t *)at, (uint64_t *)size, flavor, info, count, object);
}
kern_return_t vm_region(vm_map_t t, vm_address_t *at, vm_size_t *size, vm_region_flavor_t flavor, vm_region_info_t info, mach_msg_type_number_t *count, mach_port_t *object) {
	return region(4816, t, (uint64_t *)at, (uint64_t *)size, flavor, info, count, object);
}
kern_return_t mach_vm_region_recurse(vm_map_t t, mach_vm_address_t *at, mach_vm_size_t *size, natural_t *depth, vm_region_recurse_info_t info, mach_msg_type_number_t *count) {
	struct call c;
	start(&c, 4815, t, 0, 0, 0);
	put64(&c, *at);
	put32(&c, *depth);
	put32(&c, *count);
	kern_return_t r = finish(&c, 0);
	if (r)
		return r;
	*at = get64(&c);
	*size = get64(&c);
	*depth = get32(&c);
	return get_array(&c, info, count);
}
kern_return_t vm_region_recurse_64(vm_map_t t, vm_address_t *at, vm_size_t *size, natural_t *depth, vm_region_recurse_info_t info, mach_msg_type_number_t *count) {
	return mach_vm_region_recurse(t, (mach_vm_address_t *)at, (mach_vm_size_t *)size, depth, info, count);
}
kern_return_t mach_vm_map(vm_map_t t, mach_vm_address_t *at, mach_vm_size_t size, mach_vm_offset_t mask, int flags, mem_entry_name_port_t object, mach_vm_offset_t offset, boolean_t private,
                          vm_prot_t cur, vm_prot_t max, vm_inherit_t inherit) {
	struct call c;
	start(&c, 4811, t, &object, 1, MACH_MSG_TYPE_COPY_SEND);
	put64(&c, *at);
	put64(&c, size);
	put64(&c, mask);
	put32(&c, (uint32_t)flags);
	put64(&c, offset);
	put32(&c, (uint32_t)private);
	put32(&c, (uint32_t)cur);
	put32(&c, (uint32_t)max);
	put32(&c, (uint32_t)inherit);
	kern_return_t r = finish(&c, 0);
	if (!r)
		*at = get64(&c);
	return r;
}
kern_return_t vm_map(vm_map_t t, vm_address_t *at, vm_size_t size, vm_address_t mask, int flags, mem_entry_name_port_t object, vm_offset_t offset, boolean_t private, vm_prot_t cur,
                     vm_prot_t max, vm_inherit_t inherit) {
	return mach_vm_map(t, (mach_vm_address_t *)at, size, mask, flags, object, offset, private, cur, max, inherit);
}
kern_return_t mach_vm_remap(vm_map_t t, mach_vm_address_t *at, mach_vm_size_t size, mach_vm_offset_t mask, int flags, vm_map_t from, mach_vm_address_t src, boolean_t private, vm_prot_t *cur,
                            vm_prot_t *max, vm_inherit_t inherit) {
	struct call c;
	start(&c, 4813, t, &from, 1, MACH_MSG_TYPE_COPY_SEND);
	put64(&c, *at);
	put64(&c, size);
	put64(&c, mask);
	put32(&c, (uint32_t)flags);
	put64(&c, src);
	put32(&c, (uint32_t)private);
	put32(&c, (uint32_t)inherit);
	kern_return_t r = finish(&c, 0);
	if (r)
		return r;
	*at = get64(&c);
	*cur = (vm_prot_t)get32(&c);
	*max = (vm_prot_t)get32(&c);
	return 0;
}
kern_return_t vm_remap(vm_map_t t, vm_address_t *at, vm_size_t size, vm_address_t mask, int flags, vm_map_t from, vm_address_t src, boolean_t private, vm_prot_t *cur, vm_prot_t *max, vm_inherit_t inherit) {
	return mach_vm_remap(t, (mach_vm_address_t *)at, size, mask, flags, from, src, private, cur, max, inherit);
}
kern_return_t mach_vm_inherit(vm_map_t t, mach_vm_address_t at, mach_vm_size_t size, vm_inherit_t inherit) {
	struct call c;
	start(&c, 4803, t, 0, 0, 0);
	put64(&c, at);
	put64(&c, size);
	put32(&c, (uint32_t)inherit);
	return finish(&c, 0);
}
kern_return_t vm_inherit(vm_map_t t, vm_address_t at, vm_size_t size, vm_inherit_t inherit) { return mach_vm_inherit(t, at, size, inherit); }
static kern_return_t words(int id, vm_map_t t, uint64_t a, uint64_t b, uint64_t d) {
	struct call c;
	start(&c, id, t, 0, 0, 0);
	put64(&c, a);
	put64(&c, b);
	put64(&c, d);
	return finish(&c, 0);
}
kern_return_t mach_vm_copy(vm_map_t t, mach_vm_address_t from, mach_vm_size_t size, mach_vm_address_t to) { return words(4807, t, from, size, to); }
kern_return_t vm_copy(vm_map_t t, vm_address_t from, vm_size_t size, vm_address_t to) { return mach_vm_copy(t, from, size, to); }
kern_return_t mach_vm_read_overwrite(vm_map_t t, mach_vm_address_t from, mach_vm_size_t size, mach_vm_address_t to, mach_vm_size_t *done) {
	struct call c;
	start(&c, 4808, t, 0, 0, 0);
	put64(&c, from);
	put64(&c, size);
	put64(&c, to);
	kern_return_t r = finish(&c, 0);
	if (!r)
		*done = get64(&c);
	return r;
}
kern_return_t vm_read_overwrite(vm_map_t t, vm_address_t from, vm_size_t size, vm_address_t to, vm_size_t *done) {
	return mach_vm_read_overwrite(t, from, size, to, (mach_vm_size_t *)done);
}

// Exceptions.
static kern_return_t exceptions(int id, mach_port_t target, exception_mask_t mask, mach_port_t port, int behavior, int flavor) {
	struct call c;
	start(&c, id, target, &port, 1, MACH_MSG_TYPE_COPY_SEND);
	put32(&c, mask);
	put32(&c, (uint32_t)behavior);
	put32(&c, (uint32_t)flavor);
	return finish(&c, 0);
}
kern_return_t task_set_exception_ports(task_t t, exception_mask_t mask, mach_port_t port, exception_behavior_t b, thread_state_flavor_t f) { return exceptions(3413, t, mask, port, b, f); }
kern_return_t thread_set_exception_ports(thread_act_t t, exception_mask_t mask, mach_port_t port, exception_behavior_t b, thread_state_flavor_t f) { return exceptions(3613, t, mask, port, b, f); }

// Rights that a message carries, given up.
void mach_msg_destroy(mach_msg_header_t *h) {
	mach_port_t ports[] = { h->msgh_remote_port, h->msgh_local_port };
	for (int i = 0; i < 2; i++)
		if (ports[i] && ports[i] != MACH_PORT_DEAD)
			mach_port_deallocate(mach_task_self_, ports[i]);
	if (!(h->msgh_bits & MACH_MSGH_BITS_COMPLEX))
		return;
	uint32_t n = *(uint32_t *)(h + 1);
	uint8_t *p = (uint8_t *)(h + 1) + 4, *end = (uint8_t *)h + h->msgh_size;
	for (; n && p + 12 <= end; n--) {
		int type = p[11];
		if (type == MACH_MSG_PORT_DESCRIPTOR) {
			mach_port_deallocate(mach_task_self_, *(mach_port_t *)p);
			p += sizeof(mach_msg_port_descriptor_t);
		} else {
			mach_msg_ool_descriptor_t d = { 0 };
			copy(&d, p, sizeof d);
			if (d.address && d.size)
				mach_vm_deallocate(mach_task_self_, (uintptr_t)d.address, d.size * (type == MACH_MSG_OOL_PORTS_DESCRIPTOR ? 4u : 1u));
			p += sizeof d;
		}
	}
}

// Names of results: Darwin's texts are sentences; these are the constants.
char *mach_error_string(int error) {
	switch (error) {
	case 0: return "KERN_SUCCESS";
	case 1: return "KERN_INVALID_ADDRESS";
	case 2: return "KERN_PROTECTION_FAILURE";
	case 3: return "KERN_NO_SPACE";
	case 4: return "KERN_INVALID_ARGUMENT";
	case 5: return "KERN_FAILURE";
	case 6: return "KERN_RESOURCE_SHORTAGE";
	case 7: return "KERN_NOT_RECEIVER";
	case 8: return "KERN_NO_ACCESS";
	case 9: return "KERN_MEMORY_FAILURE";
	case 10: return "KERN_MEMORY_ERROR";
	case 11: return "KERN_ALREADY_IN_SET";
	case 12: return "KERN_NOT_IN_SET";
	case 13: return "KERN_NAME_EXISTS";
	case 14: return "KERN_ABORTED";
	case 15: return "KERN_INVALID_NAME";
	case 16: return "KERN_INVALID_TASK";
	case 17: return "KERN_INVALID_RIGHT";
	case 18: return "KERN_INVALID_VALUE";
	case 19: return "KERN_UREFS_OVERFLOW";
	case 20: return "KERN_INVALID_CAPABILITY";
	case 21: return "KERN_RIGHT_EXISTS";
	case 22: return "KERN_INVALID_HOST";
	case 23: return "KERN_MEMORY_PRESENT";
	case 24: return "KERN_MEMORY_DATA_MOVED";
	case 25: return "KERN_MEMORY_RESTART_COPY";
	case 26: return "KERN_INVALID_PROCESSOR_SET";
	case 27: return "KERN_POLICY_LIMIT";
	case 28: return "KERN_INVALID_POLICY";
	case 29: return "KERN_INVALID_OBJECT";
	case 30: return "KERN_ALREADY_WAITING";
	case 31: return "KERN_DEFAULT_SET";
	case 32: return "KERN_EXCEPTION_PROTECTED";
	case 33: return "KERN_INVALID_LEDGER";
	case 34: return "KERN_INVALID_MEMORY_CONTROL";
	case 35: return "KERN_INVALID_SECURITY";
	case 36: return "KERN_NOT_DEPRESSED";
	case 37: return "KERN_TERMINATED";
	case 38: return "KERN_LOCK_SET_DESTROYED";
	case 39: return "KERN_LOCK_UNSTABLE";
	case 40: return "KERN_LOCK_OWNED";
	case 41: return "KERN_LOCK_OWNED_SELF";
	case 42: return "KERN_SEMAPHORE_DESTROYED";
	case 43: return "KERN_RPC_SERVER_TERMINATED";
	case 44: return "KERN_RPC_TERMINATE_ORPHAN";
	case 45: return "KERN_RPC_CONTINUE_ORPHAN";
	case 46: return "KERN_NOT_SUPPORTED";
	case 47: return "KERN_NODE_DOWN";
	case 48: return "KERN_NOT_WAITING";
	case 49: return "KERN_OPERATION_TIMED_OUT";
	case 50: return "KERN_CODESIGN_ERROR";
	case 51: return "KERN_POLICY_STATIC";
	case 52: return "KERN_INSUFFICIENT_BUFFER_SIZE";
	case 53: return "KERN_DENIED";
	case 54: return "KERN_MISSING_KC";
	case 55: return "KERN_INVALID_KC";
	case 56: return "KERN_NOT_FOUND";
	}
	return "unknown error code";
}
void mach_error(const char *what, int error) {
	const char *parts[] = { what, ": ", mach_error_string(error), "\n" };
	for (int i = 0; i < 4; i++) {
		size_t n = 0;
		while (parts[i][n])
			n++;
		__write_nocancel(2, parts[i], n);
	}
}
