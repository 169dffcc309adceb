#ifndef _BEAGLE_PTHREAD_QOS_H_
#define _BEAGLE_PTHREAD_QOS_H_

#include <sys/cdefs.h>

__BEGIN_DECLS

typedef unsigned int qos_class_t;
#define QOS_CLASS_USER_INTERACTIVE 0x21
#define QOS_CLASS_USER_INITIATED 0x19
#define QOS_CLASS_DEFAULT 0x15
#define QOS_CLASS_UTILITY 0x11
#define QOS_CLASS_BACKGROUND 0x09
#define QOS_CLASS_MAINTENANCE 0x05
#define QOS_CLASS_UNSPECIFIED 0x00
int pthread_set_qos_class_self_np(qos_class_t, int);
qos_class_t qos_class_self(void);
qos_class_t qos_class_main(void);

__END_DECLS

#endif
