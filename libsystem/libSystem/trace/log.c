// os_log, signposts, syslog. There is no log to read: no type is enabled, and
// what programs log nonetheless goes nowhere. syslog(3) sends to the host's daemon.

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct os_object {
	void *isa;
	int32_t refs; // 0: static
	int32_t unused;
	char data[48];
};
struct os_object _os_log_default, _os_log_disabled;

void *os_log_create(const char *subsystem, const char *category) {
	struct os_object *o = calloc(1, sizeof *o);
	if (!o)
		return &_os_log_disabled;
	o->refs = 1;
	return o;
}
bool os_log_type_enabled(void *log, uint8_t type) { return false; }
void _os_log_impl(void *dso, void *log, uint8_t type, const char *format, uint8_t *buf, uint32_t size) {}
void _os_log_debug_impl(void *dso, void *log, uint8_t type, const char *format, uint8_t *buf, uint32_t size) {}
void _os_log_error_impl(void *dso, void *log, uint8_t type, const char *format, uint8_t *buf, uint32_t size) {}
void _os_log_fault_impl(void *dso, void *log, uint8_t type, const char *format, uint8_t *buf, uint32_t size) {}
bool os_signpost_enabled(void *log) { return false; }
uint64_t os_signpost_id_generate(void *log) { return 1; }
uint64_t os_signpost_id_make_with_pointer(void *log, const void *p) { return (uintptr_t)p; }
void _os_signpost_emit_with_name_impl(void *dso, void *log, uint8_t type, uint64_t id, const char *name, const char *format, uint8_t *buf, uint32_t size) {}

// Objects of os_log; libdispatch has its own.
void *_os_log_retain(struct os_object *o) {
	if (o && o->refs)
		__atomic_add_fetch(&o->refs, 1, __ATOMIC_RELAXED);
	return o;
}

// syslog(3) sends "<priority>text" to a socket.
static int fd = -1, mask = 0xff, facility = LOG_USER, options;
static const char *ident;

void openlog(const char *name, int option, int fac) {
	ident = name;
	options = option;
	if (fac)
		facility = fac & 0x3f8;
}
void closelog(void) {
	if (fd >= 0)
		close(fd);
	fd = -1;
}
int setlogmask(int m) {
	int old = mask;
	if (m)
		mask = m;
	return old;
}
static void send_line(int priority, const char *format, va_list ap) {
	char text[2048];
	int saved = errno;
	if (!(mask & 1 << (priority & 7)))
		return;
	if (!(priority & 0x3f8))
		priority |= facility;
	char pid[16] = "";
	if (options & LOG_PID)
		snprintf(pid, sizeof pid, "[%d]", getpid());
	int n = snprintf(text, sizeof text, "<%d>%s%s: ", priority, ident ? ident : getprogname(), pid);
	errno = saved; // for %m
	vsnprintf(text + n, sizeof text - (size_t)n, format, ap);
	if (options & 0x20) // LOG_PERROR
		dprintf(2, "%s\n", strchr(text, '>') + 1);
	if (fd < 0) {
		static const char *const paths[] = { "/var/run/syslog", "/dev/log" };
		for (int i = 0; i < 2 && fd < 0; i++) {
			struct sockaddr_un a = { .sun_family = AF_UNIX };
			strcpy(a.sun_path, paths[i]);
			fd = socket(AF_UNIX, SOCK_DGRAM, 0);
			if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
				closelog();
		}
		if (fd >= 0)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (fd >= 0)
		send(fd, text, strlen(text), 0);
	errno = saved;
}
void vsyslog_plain(int, const char *, va_list) __asm("_vsyslog");
void vsyslog_plain(int priority, const char *format, va_list ap) { send_line(priority, format, ap); }
void vsyslog(int priority, const char *format, va_list ap) { send_line(priority, format, ap); }
void syslog_plain(int, const char *, ...) __asm("_syslog");
void syslog_plain(int priority, const char *format, ...) {
	va_list ap;
	va_start(ap, format);
	send_line(priority, format, ap);
	va_end(ap);
}
void syslog(int priority, const char *format, ...) {
	va_list ap;
	va_start(ap, format);
	send_line(priority, format, ap);
	va_end(ap);
}
