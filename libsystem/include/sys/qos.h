#include <pthread/qos.h>
