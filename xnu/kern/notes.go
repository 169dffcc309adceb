package kern

// Process events as EVFILT_PROC and EVFILT_SIGNAL name them (bsd/sys/event.h).
const (
	noteExit   = 0x80000000
	noteFork   = 0x40000000
	noteExec   = 0x20000000
	noteSignal = 0x08000000
)
