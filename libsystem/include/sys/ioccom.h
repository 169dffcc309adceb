#ifndef _BEAGLE_SYS_IOCCOM_H_
#define _BEAGLE_SYS_IOCCOM_H_

#define IOCPARM_MASK 0x1fff
#define IOC_VOID 0x20000000u
#define IOC_OUT 0x40000000u
#define IOC_IN 0x80000000u
#define IOC_INOUT (IOC_IN | IOC_OUT)
#define _IOC(io, g, n, l) ((unsigned long)((io) | (((l) & IOCPARM_MASK) << 16) | ((g) << 8) | (n)))
#define _IO(g, n) _IOC(IOC_VOID, (g), (n), 0)
#define _IOR(g, n, t) _IOC(IOC_OUT, (g), (n), sizeof(t))
#define _IOW(g, n, t) _IOC(IOC_IN, (g), (n), sizeof(t))
#define _IOWR(g, n, t) _IOC(IOC_INOUT, (g), (n), sizeof(t))

#endif
