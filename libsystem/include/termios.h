#ifndef _BEAGLE_TERMIOS_H_
#define _BEAGLE_TERMIOS_H_

#include <sys/types.h>
#include <sys/ioctl.h>

__BEGIN_DECLS

typedef unsigned long tcflag_t;
typedef unsigned char cc_t;
typedef unsigned long speed_t;
#define _ b[7]
#define VEOF 0
#define VEOL 1
#define VEOL2 2
#define VERASE 3
#define VWERASE 4
#define VKILL 5
#define VREPRINT 6
#define VINTR 8
#define VQUIT 9
#define VSUSP 10
#define VDSUSP 11
#define VSTART 12
#define VSTOP 13
#define VLNEXT 14
#define VDISCARD 15
#define VMIN 16
#define VTIME 17
#define VSTATUS 18
#define NCCS 20
#define POSIX_VDISABLE 0xff
#define IGNBRK 0x1
#define BRKINT 0x2
#define IGNPAR 0x4
#define PARMRK 0x8
#define INPCK 0x10
#define ISTRIP 0x20
#define INLCR 0x40
#define IGNCR 0x80
#define ICRNL 0x100
#define IXON 0x200
#define IXOFF 0x400
#define IXANY 0x800
#define IMAXBEL 0x2000
#define IUTF8 0x4000
#define OPOST 0x1
#define ONLCR 0x2
#define OXTABS 0x4
#define ONOEOT 0x8
#define OCRNL 0x10
#define ONOCR 0x20
#define ONLRET 0x40
#define OFILL 0x80
#define NLDLY 0x300
#define TABDLY 0xc04
#define CRDLY 0x3000
#define FFDLY 0x4000
#define BSDLY 0x8000
#define VTDLY 0x10000
#define OFDEL 0x20000
#define CIGNORE 0x1
#define CSIZE 0x300
#define CS5 0x0
#define CS6 0x100
#define CS7 0x200
#define CS8 0x300
#define CSTOPB 0x400
#define CREAD 0x800
#define PARENB 0x1000
#define PARODD 0x2000
#define HUPCL 0x4000
#define CLOCAL 0x8000
#define CCTS_OFLOW 0x10000
#define CRTS_IFLOW 0x20000
#define CDTR_IFLOW 0x40000
#define CDSR_OFLOW 0x80000
#define CCAR_OFLOW 0x100000
#define CRTSCTS 0x30000
#define ECHOKE 0x1
#define ECHOE 0x2
#define ECHOK 0x4
#define ECHO 0x8
#define ECHONL 0x10
#define ECHOPRT 0x20
#define ECHOCTL 0x40
#define ISIG 0x80
#define ICANON 0x100
#define ALTWERASE 0x200
#define IEXTEN 0x400
#define EXTPROC 0x800
#define TOSTOP 0x400000
#define FLUSHO 0x800000
#define NOKERNINFO 0x2000000
#define PENDIN 0x20000000
#define NOFLSH 0x80000000
#define TTYDEF_IFLAG (BRKINT | ICRNL | IMAXBEL | IXON | IXANY)
#define TTYDEF_OFLAG (OPOST | ONLCR)
#define TTYDEF_LFLAG (ECHO | ICANON | ISIG | IEXTEN | ECHOE | ECHOKE | ECHOCTL)
#define TTYDEF_CFLAG (CREAD | CS8 | HUPCL)
#define TTYDEF_SPEED 9600

struct termios {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_cc[20];
	speed_t c_ispeed, c_ospeed;
};
#define TCSANOW 0
#define TCSADRAIN 1
#define TCSAFLUSH 2
#define TCSASOFT 0x10
#define TCIFLUSH 1
#define TCOFLUSH 2
#define TCIOFLUSH 3
#define TCOOFF 1
#define TCOON 2
#define TCIOFF 3
#define TCION 4
speed_t cfgetispeed(const struct termios *);
speed_t cfgetospeed(const struct termios *);
int cfsetispeed(struct termios *, speed_t);
int cfsetospeed(struct termios *, speed_t);
int cfsetspeed(struct termios *, speed_t);
void cfmakeraw(struct termios *);
int tcgetattr(int, struct termios *);
int tcsetattr(int, int, const struct termios *);
int tcdrain(int);
int tcflow(int, int);
int tcflush(int, int);
int tcsendbreak(int, int);
pid_t tcgetsid(int);

__END_DECLS

#endif
