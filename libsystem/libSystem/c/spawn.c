// posix_spawn(2) and what is made of it: system(3), popen's half.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../kernel/private.h"

// struct _posix_spawnattr and struct _psfa_action of bsd/sys/spawn_internal.h. The
// kernel reads the first 192 bytes of an attribute block, pointers excluded.
struct spawnattr {
	short flags, pad;
	sigset_t sigdefault, sigmask;
	pid_t pgroup;
	int binprefs[4];
	int pcontrol, apptype;
	uint64_t cpu_percent, cpu_interval, reserved;
	short jetsam_flags, pad2;
	int priority, memlimit_active, memlimit_inactive;
	uint64_t qos_clamp;
	int darwin_role, thread_limit;
	uint64_t max_addr;
	uint8_t no_smt, tecs, pad3[2];
	int platform, subcpuprefs[4];
	uint32_t options, port_soft, port_hard, fd_soft, fd_hard, crash_behavior;
	int dataless, pad4;
	uint64_t crash_deadline;
	uint8_t launch_type, pad5;
	uint16_t sec_flags;
	uint32_t crash_count, throttle, kqworkloop_soft, kqworkloop_hard, pad6;
	void *pointers[7];
};
_Static_assert(__builtin_offsetof(struct spawnattr, pointers) == 192, "spawnattr");

enum { OPEN, CLOSE, DUP2, INHERIT, FILEPORT_DUP2, CHDIR, FCHDIR };
struct action {
	int type, fd;
	union {
		struct { int oflag; mode_t mode; char path[PATH_MAX]; } open;
		char path[PATH_MAX];
		int new_fd;
		char size[1032];
	} u;
};
_Static_assert(sizeof(struct action) == 1040, "action");
struct actions {
	int room, count;
	struct action list[];
};
struct args {
	size_t attr_size;
	const void *attr;
	size_t actions_size;
	const void *actions;
	size_t more[14];
};
int __posix_spawn(pid_t *, const char *, const struct args *, char *const[], char *const[]);

static int spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *fa, const posix_spawnattr_t *at, char *const argv[], char *const envp[]) {
	struct args a = { 0 };
	if (at && *at) {
		a.attr_size = sizeof(struct spawnattr);
		a.attr = *at;
	}
	if (fa && *fa && ((struct actions *)*fa)->count) {
		struct actions *l = *fa;
		a.actions_size = sizeof *l + (size_t)l->room * sizeof *l->list;
		a.actions = l;
	}
	pid_t unused;
	int saved = errno, error = __posix_spawn(pid ? pid : &unused, path, a.attr || a.actions ? &a : 0, argv, envp) < 0 ? errno : 0;
	errno = saved;
	return error;
}
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *fa, const posix_spawnattr_t *at, char *const argv[], char *const envp[]) {
	return spawn(pid, path, fa, at, argv, envp);
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *fa, const posix_spawnattr_t *at, char *const argv[], char *const envp[]) {
	const char *path = getenv("PATH");
	char full[PATH_MAX];
	int denied = 0, error = ENOENT;
	if (strchr(file, '/'))
		return spawn(pid, file, fa, at, argv, envp);
	if (!path)
		path = "/usr/bin:/bin";
	for (;;) {
		size_t n = strcspn(path, ":");
		if (n + strlen(file) + 2 > sizeof full)
			error = ENAMETOOLONG;
		else {
			memcpy(full, n ? path : ".", n ? n : 1);
			full[n ? n : 1] = '/';
			strcpy(full + (n ? n : 1) + 1, file);
			error = spawn(pid, full, fa, at, argv, envp);
			switch (error) {
			case EACCES: denied = 1; break;
			case ENOENT:
			case ENOTDIR:
			case ELOOP:
			case ENAMETOOLONG: break;
			default: return error;
			}
		}
		if (!path[n])
			return denied ? EACCES : error;
		path += n + 1;
	}
}

int posix_spawnattr_init(posix_spawnattr_t *at) {
	struct spawnattr *a = calloc(1, sizeof *a);
	if (!a)
		return ENOMEM;
	a->memlimit_active = a->memlimit_inactive = -1;
	a->dataless = -1;
	*at = a;
	return 0;
}
int posix_spawnattr_destroy(posix_spawnattr_t *at) {
	if (!at || !*at)
		return EINVAL;
	free(*at);
	*at = 0;
	return 0;
}
#define FIELD(name, type, field)                                       \
	int posix_spawnattr_set##name(posix_spawnattr_t *at, type v) { \
		if (!at || !*at)                                       \
			return EINVAL;                                 \
		((struct spawnattr *)*at)->field = v;                  \
		return 0;                                              \
	}                                                              \
	int posix_spawnattr_get##name(const posix_spawnattr_t *at, type *v) { \
		if (!at || !*at)                                       \
			return EINVAL;                                 \
		*v = ((struct spawnattr *)*at)->field;                 \
		return 0;                                              \
	}
#define SET_FIELD(name, field)                                                  \
	int posix_spawnattr_set##name(posix_spawnattr_t *at, const sigset_t *v) { \
		if (!at || !*at)                                                \
			return EINVAL;                                          \
		((struct spawnattr *)*at)->field = *v;                          \
		return 0;                                                       \
	}                                                                       \
	int posix_spawnattr_get##name(const posix_spawnattr_t *at, sigset_t *v) { \
		if (!at || !*at)                                                \
			return EINVAL;                                          \
		*v = ((struct spawnattr *)*at)->field;                          \
		return 0;                                                       \
	}
FIELD(flags, short, flags)
FIELD(pgroup, pid_t, pgroup)
SET_FIELD(sigdefault, sigdefault)
SET_FIELD(sigmask, sigmask)
int posix_spawnattr_set_qos_class_np(posix_spawnattr_t *at, unsigned class) {
	if (!at || !*at)
		return EINVAL;
	switch (class) {
	case 0x11: ((struct spawnattr *)*at)->qos_clamp = 1; return 0; // utility
	case 0x09: ((struct spawnattr *)*at)->qos_clamp = 2; return 0; // background
	case 0x05: ((struct spawnattr *)*at)->qos_clamp = 3; return 0; // maintenance
	}
	return EINVAL;
}
int posix_spawnattr_setbinpref_np(posix_spawnattr_t *at, size_t n, int *pref, size_t *out) {
	if (!at || !*at)
		return EINVAL;
	size_t i = 0;
	for (; i < n && i < 4; i++)
		((struct spawnattr *)*at)->binprefs[i] = pref[i];
	if (out)
		*out = i;
	return 0;
}
// Whose fault a program is makes no difference here.
int responsibility_spawnattrs_setdisclaim(posix_spawnattr_t *at, int disclaim) { return at && *at ? 0 : EINVAL; }

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *fa) {
	struct actions *l = malloc(sizeof *l + 2 * sizeof *l->list);
	if (!l)
		return ENOMEM;
	l->room = 2;
	l->count = 0;
	*fa = l;
	return 0;
}
int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *fa) {
	if (!fa || !*fa)
		return EINVAL;
	free(*fa);
	*fa = 0;
	return 0;
}
static int add(posix_spawn_file_actions_t *fa, int type, int fd, struct action **out) {
	if (!fa || !*fa)
		return EINVAL;
	if (fd < 0 || fd >= OPEN_MAX)
		return EBADF;
	struct actions *l = *fa;
	if (l->count == l->room) {
		l = realloc(l, sizeof *l + 2 * (size_t)l->room * sizeof *l->list);
		if (!l)
			return ENOMEM;
		l->room *= 2;
		*fa = l;
	}
	struct action *a = &l->list[l->count++];
	memset(a, 0, sizeof *a);
	a->type = type;
	a->fd = fd;
	*out = a;
	return 0;
}
int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *fa, int fd, const char *path, int oflag, mode_t mode) {
	struct action *a;
	if (strlen(path) >= PATH_MAX)
		return ENAMETOOLONG;
	int error = add(fa, OPEN, fd, &a);
	if (error)
		return error;
	a->u.open.oflag = oflag;
	a->u.open.mode = mode;
	strcpy(a->u.open.path, path);
	return 0;
}
int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *fa, int fd) {
	struct action *a;
	return add(fa, CLOSE, fd, &a);
}
int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *fa, int fd, int new_fd) {
	struct action *a;
	if (new_fd < 0 || new_fd >= OPEN_MAX)
		return EBADF;
	int error = add(fa, DUP2, fd, &a);
	if (!error)
		a->u.new_fd = new_fd;
	return error;
}
int posix_spawn_file_actions_addinherit_np(posix_spawn_file_actions_t *fa, int fd) {
	struct action *a;
	return add(fa, INHERIT, fd, &a);
}
static int add_chdir(posix_spawn_file_actions_t *fa, const char *path) {
	struct action *a;
	if (strlen(path) >= PATH_MAX)
		return ENAMETOOLONG;
	int error = add(fa, CHDIR, 0, &a);
	if (!error)
		strcpy(a->u.path, path);
	return error;
}
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *fa, const char *path) { return add_chdir(fa, path); }
int posix_spawn_file_actions_addchdir(posix_spawn_file_actions_t *fa, const char *path) { return add_chdir(fa, path); }
int posix_spawn_file_actions_addfchdir_np(posix_spawn_file_actions_t *fa, int fd) {
	struct action *a;
	return add(fa, FCHDIR, fd, &a);
}
int posix_spawn_file_actions_addfchdir(posix_spawn_file_actions_t *fa, int fd) { return posix_spawn_file_actions_addfchdir_np(fa, fd); }

// The shell.

// Runs the command with fd as its descriptor as; an error number or 0.
int _beagle_spawn_shell(const char *command, int fd, int as, int *pid) {
	posix_spawn_file_actions_t fa;
	int error = posix_spawn_file_actions_init(&fa);
	if (error)
		return error;
	char *argv[] = { "sh", "-c", (char *)command, 0 };
	error = posix_spawn_file_actions_adddup2(&fa, fd, as);
	if (!error)
		error = spawn(pid, _PATH_BSHELL, &fa, 0, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	return error;
}
int _beagle_wait(int pid, int *status) {
	int r;
	while ((r = waitpid(pid, status, 0)) < 0 && errno == EINTR)
		;
	return r;
}

int system(const char *command) {
	if (!command)
		return access(_PATH_BSHELL, X_OK) == 0;
	struct sigaction ignore = { .__sigaction_u = { SIG_IGN } }, was_int, was_quit;
	sigset_t child = 1u << (SIGCHLD - 1), mask, defaults = 0;
	sigaction(SIGINT, &ignore, &was_int);
	sigaction(SIGQUIT, &ignore, &was_quit);
	pthread_sigmask(SIG_BLOCK, &child, &mask);
	if (was_int.sa_handler != SIG_IGN)
		defaults |= 1u << (SIGINT - 1);
	if (was_quit.sa_handler != SIG_IGN)
		defaults |= 1u << (SIGQUIT - 1);
	posix_spawnattr_t at;
	int status = -1, pid, error = posix_spawnattr_init(&at);
	if (!error) {
		posix_spawnattr_setsigdefault(&at, &defaults);
		posix_spawnattr_setsigmask(&at, &mask);
		posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
		char *argv[] = { "sh", "-c", (char *)command, 0 };
		error = spawn(&pid, _PATH_BSHELL, 0, &at, argv, environ);
		posix_spawnattr_destroy(&at);
		if (!error && _beagle_wait(pid, &status) < 0)
			status = -1;
	}
	sigaction(SIGINT, &was_int, 0);
	sigaction(SIGQUIT, &was_quit, 0);
	pthread_sigmask(SIG_SETMASK, &mask, 0);
	if (error) {
		errno = error;
		return error == EAGAIN || error == ENOMEM ? -1 : 127 << 8;
	}
	return status;
}

// The last member of exec(3)'s family.
int execvP(const char *file, const char *path, char *const argv[]) {
	char full[PATH_MAX];
	int denied = 0;
	if (strchr(file, '/'))
		return execve(file, argv, environ);
	for (;; path++) {
		size_t n = strcspn(path, ":");
		if (n + strlen(file) + 2 <= sizeof full) {
			memcpy(full, n ? path : ".", n ? n : 1);
			full[n ? n : 1] = '/';
			strcpy(full + (n ? n : 1) + 1, file);
			execve(full, argv, environ);
			if (errno == EACCES)
				denied = 1;
			else if (errno != ENOENT && errno != ENOTDIR)
				return -1;
		}
		path += n;
		if (!*path)
			break;
	}
	errno = denied ? EACCES : ENOENT;
	return -1;
}
