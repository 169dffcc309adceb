#ifndef _BEAGLE_SEMAPHORE_H_
#define _BEAGLE_SEMAPHORE_H_

#include <sys/types.h>
#include <sys/fcntl.h>

__BEGIN_DECLS

typedef int sem_t;
#define SEM_VALUE_MAX 32767
#define SEM_FAILED ((sem_t *)-1)
int sem_close(sem_t *);
int sem_destroy(sem_t *);
int sem_getvalue(sem_t *, int *);
int sem_init(sem_t *, int, unsigned int);
sem_t *sem_open(const char *, int, ...);
int sem_post(sem_t *);
int sem_trywait(sem_t *);
int sem_unlink(const char *);
int sem_wait(sem_t *);

__END_DECLS

#endif
