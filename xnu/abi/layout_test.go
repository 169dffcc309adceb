package abi

import (
	"encoding/binary"
	"reflect"
	"testing"
)

// fieldAt is a field of a structure and its offset in bytes.
type fieldAt struct {
	name   string
	offset int
}

// checkLayout compares a structure's encoded size and field offsets with
// Darwin's. Go's own offsets are of no interest: what a guest sees is the
// encoding, which has no padding but what is written as a field.
func checkLayout(t *testing.T, v any, size int, fields []fieldAt) {
	t.Helper()
	typ := reflect.TypeOf(v)
	if got := binary.Size(v); got != size {
		t.Errorf("%s: size %d, Darwin has %d", typ.Name(), got, size)
		return
	}
	offsets := map[string]int{}
	at := 0
	for i := range typ.NumField() {
		f := typ.Field(i)
		offsets[f.Name] = at
		at += binary.Size(reflect.Zero(f.Type).Interface())
	}
	for _, f := range fields {
		if got, ok := offsets[f.name]; !ok || got != f.offset {
			t.Errorf("%s.%s: offset %d (present %v), Darwin has %d", typ.Name(), f.name, got, ok, f.offset)
		}
	}
}

// The figures are those that a C compiler gives for XNU's headers, xnu-11417.

func TestLayoutAttr(t *testing.T) {
	checkLayout(t, Attrlist{}, 24, []fieldAt{
		{"Bitmapcount", 0}, {"Commonattr", 4}, {"Volattr", 8}, {"Dirattr", 12}, {"Fileattr", 16},
		{"Forkattr", 20},
	})
	checkLayout(t, AttributeSet{}, 20, []fieldAt{{"Commonattr", 0}, {"Volattr", 4}, {"Dirattr", 8}, {"Fileattr", 12}, {"Forkattr", 16}})
	checkLayout(t, Attrreference{}, 8, []fieldAt{{"Dataoffset", 0}, {"Length", 4}})
	checkLayout(t, VolCapabilitiesAttr{}, 32, []fieldAt{{"Capabilities", 0}, {"Valid", 16}})
	checkLayout(t, VolAttributesAttr{}, 40, []fieldAt{{"Validattr", 0}, {"Nativeattr", 20}})
}

func TestLayoutCommpage(t *testing.T) {
	checkLayout(t, CommPageTimeofday{}, 40, []fieldAt{
		{"TimeStampTick", 0}, {"TimeStampSec", 8}, {"TimeStampFrac", 16}, {"TicksScale", 24}, {"TicksPerSec", 32},
	})
}

func TestLayoutEvent(t *testing.T) {
	checkLayout(t, Kevent{}, 32, []fieldAt{{"Ident", 0}, {"Filter", 8}, {"Flags", 10}, {"Fflags", 12}, {"Data", 16}, {"Udata", 24}})
	checkLayout(t, Kevent64{}, 48, []fieldAt{
		{"Ident", 0}, {"Filter", 8}, {"Flags", 10}, {"Fflags", 12}, {"Data", 16},
		{"Udata", 24}, {"Ext", 32},
	})
	checkLayout(t, KeventQos{}, 72, []fieldAt{
		{"Ident", 0}, {"Filter", 8}, {"Flags", 10}, {"Qos", 12}, {"Udata", 16},
		{"Fflags", 24}, {"Xflags", 28}, {"Data", 32}, {"Ext", 40},
	})
	checkLayout(t, Pollfd{}, 8, []fieldAt{{"Fd", 0}, {"Events", 4}, {"Revents", 6}})
}

func TestLayoutFcntl(t *testing.T) {
	checkLayout(t, Flock{}, 24, []fieldAt{{"Start", 0}, {"Len", 8}, {"Pid", 16}, {"Type", 20}, {"Whence", 22}})
	checkLayout(t, FlockTimeout{}, 40, []fieldAt{{"Fl", 0}, {"Timeout", 24}})
	checkLayout(t, Radvisory{}, 16, []fieldAt{{"Offset", 0}, {"Count", 8}})
	checkLayout(t, Fstore{}, 32, []fieldAt{{"Flags", 0}, {"Posmode", 4}, {"Offset", 8}, {"Length", 16}, {"Bytesalloc", 24}})
	checkLayout(t, Fpunchhole{}, 24, []fieldAt{{"Flags", 0}, {"Offset", 8}, {"Length", 16}})
	checkLayout(t, Log2phys{}, 20, []fieldAt{{"Flags", 0}, {"Contigbytes", 4}, {"Devoffset", 12}})
	checkLayout(t, Fsignatures{}, 56, []fieldAt{
		{"FileStart", 0}, {"BlobStart", 8}, {"BlobSize", 16}, {"FsignaturesSize", 24}, {"Cdhash", 32},
		{"HashType", 52},
	})
	checkLayout(t, Fchecklv{}, 24, []fieldAt{{"FileStart", 0}, {"ErrorMessageSize", 8}, {"ErrorMessage", 16}})
}

func TestLayoutIoctl(t *testing.T) {
	checkLayout(t, Ifreq{}, 32, []fieldAt{{"Name", 0}, {"Data", 16}})
	checkLayout(t, Ifconf{}, 12, []fieldAt{{"Len", 0}, {"Buf", 4}})
}

func TestLayoutMach(t *testing.T) {
	checkLayout(t, MachPortStatus{}, 40, []fieldAt{
		{"Pset", 0}, {"Seqno", 4}, {"Mscount", 8}, {"Qlimit", 12}, {"Msgcount", 16},
		{"Sorights", 20}, {"Srights", 24}, {"Pdrequest", 28}, {"Nsrequest", 32}, {"Flags", 36},
	})
	checkLayout(t, MachPortLimits{}, 4, []fieldAt{{"Qlimit", 0}})
	checkLayout(t, MachMsgHeader{}, 24, []fieldAt{
		{"Bits", 0}, {"Size", 4}, {"RemotePort", 8}, {"LocalPort", 12}, {"VoucherPort", 16},
		{"Id", 20},
	})
	checkLayout(t, MachMsgMaxTrailer{}, 68, []fieldAt{
		{"TrailerType", 0}, {"TrailerSize", 4}, {"Seqno", 8}, {"Sender", 12}, {"Audit", 20},
		{"Context", 52}, {"Ad", 60}, {"Labels", 64},
	})
	checkLayout(t, MachTimespec{}, 8, []fieldAt{{"Sec", 0}, {"Nsec", 4}})
	checkLayout(t, MachTimebaseInfo{}, 8, []fieldAt{{"Numer", 0}, {"Denom", 4}})
	checkLayout(t, MkTimerExpireMsg{}, 48, []fieldAt{{"Header", 0}, {"Unused", 24}})
	checkLayout(t, MachPortOptions{}, 24, []fieldAt{{"Flags", 0}, {"Mpl", 4}, {"Union", 8}})
	checkLayout(t, MachMsgPortDescriptor{}, 12, []fieldAt{{"Name", 0}})
	checkLayout(t, MachMsgOOLDescriptor{}, 16, []fieldAt{{"Address", 0}, {"Size", 12}})
	checkLayout(t, MachMsgOOLPortsDescriptor{}, 16, []fieldAt{{"Address", 0}, {"Count", 12}})
}

func TestLayoutMachinfo(t *testing.T) {
	checkLayout(t, TimeValue{}, 8, []fieldAt{{"Seconds", 0}, {"Microseconds", 4}})
	checkLayout(t, TaskBasicInfo64{}, 40, []fieldAt{
		{"SuspendCount", 0}, {"VirtualSize", 4}, {"ResidentSize", 12}, {"UserTime", 20}, {"SystemTime", 28},
		{"Policy", 36},
	})
	checkLayout(t, MachTaskBasicInfo{}, 48, []fieldAt{
		{"VirtualSize", 0}, {"ResidentSize", 8}, {"ResidentSizeMax", 16}, {"UserTime", 24}, {"SystemTime", 32},
		{"Policy", 40}, {"SuspendCount", 44},
	})
	checkLayout(t, TaskEventsInfo{}, 32, []fieldAt{
		{"Faults", 0}, {"Pageins", 4}, {"CowFaults", 8}, {"MessagesSent", 12}, {"MessagesReceived", 16},
		{"SyscallsMach", 20}, {"SyscallsUnix", 24}, {"Csw", 28},
	})
	checkLayout(t, TaskThreadTimesInfo{}, 16, []fieldAt{{"UserTime", 0}, {"SystemTime", 8}})
	checkLayout(t, TaskAbsolutetimeInfo{}, 32, []fieldAt{{"TotalUser", 0}, {"TotalSystem", 8}, {"ThreadsUser", 16}, {"ThreadsSystem", 24}})
	checkLayout(t, TaskDyldInfo{}, 20, []fieldAt{{"AllImageInfoAddr", 0}, {"AllImageInfoSize", 8}, {"AllImageInfoFormat", 16}})
	checkLayout(t, TaskVMInfo{}, 372, []fieldAt{
		{"VirtualSize", 0}, {"RegionCount", 8}, {"PageSize", 12}, {"ResidentSize", 16}, {"ResidentSizePeak", 24},
		{"Device", 32}, {"DevicePeak", 40}, {"Internal", 48}, {"InternalPeak", 56}, {"External", 64},
		{"ExternalPeak", 72}, {"Reusable", 80}, {"ReusablePeak", 88}, {"PurgeableVolatilePmap", 96}, {"PurgeableVolatileResident", 104},
		{"PurgeableVolatileVirtual", 112}, {"Compressed", 120}, {"CompressedPeak", 128}, {"CompressedLifetime", 136}, {"PhysFootprint", 144},
		{"MinAddress", 152}, {"MaxAddress", 160}, {"LedgerPhysFootprintPeak", 168}, {"LedgerPurgeableNonvolatile", 176}, {"LedgerPurgeableNovolatileCompressed", 184},
		{"LedgerPurgeableVolatile", 192}, {"LedgerPurgeableVolatileCompressed", 200}, {"LedgerTagNetworkNonvolatile", 208}, {"LedgerTagNetworkNonvolatileCompressed", 216}, {"LedgerTagNetworkVolatile", 224},
		{"LedgerTagNetworkVolatileCompressed", 232}, {"LedgerTagMediaFootprint", 240}, {"LedgerTagMediaFootprintCompressed", 248}, {"LedgerTagMediaNofootprint", 256}, {"LedgerTagMediaNofootprintCompressed", 264},
		{"LedgerTagGraphicsFootprint", 272}, {"LedgerTagGraphicsFootprintCompressed", 280}, {"LedgerTagGraphicsNofootprint", 288}, {"LedgerTagGraphicsNofootprintCompressed", 296}, {"LedgerTagNeuralFootprint", 304},
		{"LedgerTagNeuralFootprintCompressed", 312}, {"LedgerTagNeuralNofootprint", 320}, {"LedgerTagNeuralNofootprintCompressed", 328}, {"LimitBytesRemaining", 336}, {"Decompressions", 344},
		{"LedgerSwapins", 348}, {"LedgerTagNeuralNofootprintTotal", 356}, {"LedgerTagNeuralNofootprintPeak", 364},
	})
	checkLayout(t, TaskFlagsInfo{}, 4, []fieldAt{{"Flags", 0}})
	checkLayout(t, TaskPowerInfo{}, 48, []fieldAt{
		{"TotalUser", 0}, {"TotalSystem", 8}, {"TaskInterruptWakeups", 16}, {"TaskPlatformIdleWakeups", 24}, {"TaskTimerWakeupsBin1", 32},
		{"TaskTimerWakeupsBin2", 40},
	})
	checkLayout(t, ThreadBasicInfo{}, 40, []fieldAt{
		{"UserTime", 0}, {"SystemTime", 8}, {"CpuUsage", 16}, {"Policy", 20}, {"RunState", 24},
		{"Flags", 28}, {"SuspendCount", 32}, {"SleepTime", 36},
	})
	checkLayout(t, ThreadIdentifierInfo{}, 24, []fieldAt{{"ThreadId", 0}, {"ThreadHandle", 8}, {"DispatchQaddr", 16}})
	checkLayout(t, ThreadExtendedInfo{}, 112, []fieldAt{
		{"UserTime", 0}, {"SystemTime", 8}, {"CpuUsage", 16}, {"Policy", 20}, {"RunState", 24},
		{"Flags", 28}, {"SleepTime", 32}, {"Curpri", 36}, {"Priority", 40}, {"Maxpriority", 44},
		{"Name", 48},
	})
	checkLayout(t, HostBasicInfo{}, 48, []fieldAt{
		{"MaxCpus", 0}, {"AvailCpus", 4}, {"MemorySize", 8}, {"CpuType", 12}, {"CpuSubtype", 16},
		{"CpuThreadtype", 20}, {"PhysicalCpu", 24}, {"PhysicalCpuMax", 28}, {"LogicalCpu", 32}, {"LogicalCpuMax", 36},
		{"MaxMem", 40},
	})
	checkLayout(t, HostSchedInfo{}, 8, []fieldAt{{"MinTimeout", 0}, {"MinQuantum", 4}})
	checkLayout(t, HostPriorityInfo{}, 32, []fieldAt{
		{"KernelPriority", 0}, {"SystemPriority", 4}, {"ServerPriority", 8}, {"UserPriority", 12}, {"DepressPriority", 16},
		{"IdlePriority", 20}, {"MinimumPriority", 24}, {"MaximumPriority", 28},
	})
	checkLayout(t, HostLoadInfo{}, 24, []fieldAt{{"Avenrun", 0}, {"MachFactor", 12}})
	checkLayout(t, HostCPULoadInfo{}, 16, []fieldAt{{"CpuTicks", 0}})
	checkLayout(t, HostPreferredUserArch{}, 8, []fieldAt{{"CpuType", 0}, {"CpuSubtype", 4}})
	checkLayout(t, VMStatistics64{}, 152, []fieldAt{
		{"FreeCount", 0}, {"ActiveCount", 4}, {"InactiveCount", 8}, {"WireCount", 12}, {"ZeroFillCount", 16},
		{"Reactivations", 24}, {"Pageins", 32}, {"Pageouts", 40}, {"Faults", 48}, {"CowFaults", 56},
		{"Lookups", 64}, {"Hits", 72}, {"Purges", 80}, {"PurgeableCount", 88}, {"SpeculativeCount", 92},
		{"Decompressions", 96}, {"Compressions", 104}, {"Swapins", 112}, {"Swapouts", 120}, {"CompressorPageCount", 128},
		{"ThrottledCount", 132}, {"ExternalPageCount", 136}, {"InternalPageCount", 140}, {"TotalUncompressedPagesInCompressor", 144},
	})
	checkLayout(t, VMRegionBasicInfo64{}, 36, []fieldAt{
		{"Protection", 0}, {"MaxProtection", 4}, {"Inheritance", 8}, {"Shared", 12}, {"Reserved", 16},
		{"Offset", 20}, {"Behavior", 28}, {"UserWiredCount", 32},
	})
	checkLayout(t, VMRegionExtendedInfo{}, 36, []fieldAt{
		{"Protection", 0}, {"UserTag", 4}, {"PagesResident", 8}, {"PagesSharedNowPrivate", 12}, {"PagesSwappedOut", 16},
		{"PagesDirtied", 20}, {"RefCount", 24}, {"ShadowDepth", 28}, {"ExternalPager", 30}, {"ShareMode", 31},
		{"PagesReusable", 32},
	})
	checkLayout(t, VMRegionTopInfo{}, 20, []fieldAt{
		{"ObjId", 0}, {"RefCount", 4}, {"PrivatePagesResident", 8}, {"SharedPagesResident", 12}, {"ShareMode", 16},
	})
	checkLayout(t, VMRegionSubmapInfo64{}, 76, []fieldAt{
		{"Protection", 0}, {"MaxProtection", 4}, {"Inheritance", 8}, {"Offset", 12}, {"UserTag", 20},
		{"PagesResident", 24}, {"PagesSharedNowPrivate", 28}, {"PagesSwappedOut", 32}, {"PagesDirtied", 36}, {"RefCount", 40},
		{"ShadowDepth", 44}, {"ExternalPager", 46}, {"ShareMode", 47}, {"IsSubmap", 48}, {"Behavior", 52},
		{"ObjectId", 56}, {"UserWiredCount", 60}, {"PagesReusable", 64}, {"ObjectIdFull", 68},
	})
	checkLayout(t, VMRegionSubmapShortInfo64{}, 48, []fieldAt{
		{"Protection", 0}, {"MaxProtection", 4}, {"Inheritance", 8}, {"Offset", 12}, {"UserTag", 20},
		{"RefCount", 24}, {"ShadowDepth", 28}, {"ExternalPager", 30}, {"ShareMode", 31}, {"IsSubmap", 32},
		{"Behavior", 36}, {"ObjectId", 40}, {"UserWiredCount", 44},
	})
}

func TestLayoutProc(t *testing.T) {
	checkLayout(t, ExternProc{}, 296, []fieldAt{
		{"Starttime", 0}, {"Vmspace", 16}, {"Sigacts", 24}, {"Flag", 32}, {"Stat", 36},
		{"Pid", 40}, {"Oppid", 44}, {"Dupfd", 48}, {"UserStack", 56}, {"ExitThread", 64},
		{"Debugger", 72}, {"Sigwait", 76}, {"Estcpu", 80}, {"Cpticks", 84}, {"Pctcpu", 88},
		{"Wchan", 96}, {"Wmesg", 104}, {"Swtime", 112}, {"Slptime", 116}, {"Realtimer", 120},
		{"Rtime", 152}, {"Uticks", 168}, {"Sticks", 176}, {"Iticks", 184}, {"Traceflag", 192},
		{"Tracep", 200}, {"Siglist", 208}, {"Textvp", 216}, {"Holdcnt", 224}, {"Sigmask", 228},
		{"Sigignore", 232}, {"Sigcatch", 236}, {"Priority", 240}, {"Usrpri", 241}, {"Nice", 242},
		{"Comm", 243}, {"Pgrp", 264}, {"Addr", 272}, {"Xstat", 280}, {"Acflag", 282},
		{"Ru", 288},
	})
	checkLayout(t, Eproc{}, 352, []fieldAt{
		{"Paddr", 0}, {"Sess", 8}, {"Pcred", 16}, {"Ucred", 120}, {"Vm", 200},
		{"Ppid", 264}, {"Pgid", 268}, {"Jobc", 272}, {"Tdev", 276}, {"Tpgid", 280},
		{"Tsess", 288}, {"Wmesg", 296}, {"Xsize", 304}, {"Xrssize", 308}, {"Xccount", 310},
		{"Xswrss", 312}, {"Flag", 316}, {"Login", 320},
	})
	checkLayout(t, Pcred{}, 104, []fieldAt{{"Ucred", 72}, {"Ruid", 80}, {"Svuid", 84}, {"Rgid", 88}, {"Svgid", 92}, {"Refcnt", 96}})
	checkLayout(t, Ucred{}, 76, []fieldAt{{"Ref", 0}, {"Uid", 4}, {"Ngroups", 8}, {"Groups", 12}})
	checkLayout(t, KinfoProc{}, 648, []fieldAt{{"Proc", 0}, {"Eproc", 296}})
}

func TestLayoutProcinfo(t *testing.T) {
	checkLayout(t, ProcBsdinfo{}, 136, []fieldAt{
		{"Flags", 0}, {"Status", 4}, {"Xstatus", 8}, {"Pid", 12}, {"Ppid", 16},
		{"Uid", 20}, {"Gid", 24}, {"Ruid", 28}, {"Rgid", 32}, {"Svuid", 36},
		{"Svgid", 40}, {"Comm", 48}, {"Name", 64}, {"Nfiles", 96}, {"Pgid", 100},
		{"Pjobc", 104}, {"Tdev", 108}, {"Tpgid", 112}, {"Nice", 116}, {"StartTvsec", 120},
		{"StartTvusec", 128},
	})
	checkLayout(t, ProcBsdshortinfo{}, 64, []fieldAt{
		{"Pid", 0}, {"Ppid", 4}, {"Pgid", 8}, {"Status", 12}, {"Comm", 16},
		{"Flags", 32}, {"Uid", 36}, {"Gid", 40}, {"Ruid", 44}, {"Rgid", 48},
		{"Svuid", 52}, {"Svgid", 56},
	})
	checkLayout(t, ProcTaskinfo{}, 96, []fieldAt{
		{"VirtualSize", 0}, {"ResidentSize", 8}, {"TotalUser", 16}, {"TotalSystem", 24}, {"ThreadsUser", 32},
		{"ThreadsSystem", 40}, {"Policy", 48}, {"Faults", 52}, {"Pageins", 56}, {"CowFaults", 60},
		{"MessagesSent", 64}, {"MessagesReceived", 68}, {"SyscallsMach", 72}, {"SyscallsUnix", 76}, {"Csw", 80},
		{"Threadnum", 84}, {"Numrunning", 88}, {"Priority", 92},
	})
	checkLayout(t, ProcTaskallinfo{}, 232, []fieldAt{{"Pbsd", 0}, {"Ptinfo", 136}})
	checkLayout(t, ProcThreadinfo{}, 112, []fieldAt{
		{"UserTime", 0}, {"SystemTime", 8}, {"CpuUsage", 16}, {"Policy", 20}, {"RunState", 24},
		{"Flags", 28}, {"SleepTime", 32}, {"Curpri", 36}, {"Priority", 40}, {"Maxpriority", 44},
		{"Name", 48},
	})
	checkLayout(t, ProcRegioninfo{}, 96, []fieldAt{
		{"Protection", 0}, {"MaxProtection", 4}, {"Inheritance", 8}, {"Flags", 12}, {"Offset", 16},
		{"Behavior", 24}, {"UserWiredCount", 28}, {"UserTag", 32}, {"PagesResident", 36}, {"PagesSharedNowPrivate", 40},
		{"PagesSwappedOut", 44}, {"PagesDirtied", 48}, {"RefCount", 52}, {"ShadowDepth", 56}, {"ShareMode", 60},
		{"PrivatePagesResident", 64}, {"SharedPagesResident", 68}, {"ObjId", 72}, {"Depth", 76}, {"Address", 80},
		{"Size", 88},
	})
	checkLayout(t, VinfoStat{}, 136, []fieldAt{
		{"Dev", 0}, {"Mode", 4}, {"Nlink", 6}, {"Ino", 8}, {"Uid", 16},
		{"Gid", 20}, {"Atime", 24}, {"Atimensec", 32}, {"Mtime", 40}, {"Mtimensec", 48},
		{"Ctime", 56}, {"Ctimensec", 64}, {"Birthtime", 72}, {"Birthtimensec", 80}, {"Size", 88},
		{"Blocks", 96}, {"Blksize", 104}, {"Flags", 108}, {"Gen", 112}, {"Rdev", 116},
	})
	checkLayout(t, VnodeInfo{}, 152, []fieldAt{{"Stat", 0}, {"Type", 136}, {"Fsid", 144}})
	checkLayout(t, VnodeInfoPath{}, 1176, []fieldAt{{"Vi", 0}, {"Path", 152}})
	checkLayout(t, ProcFileinfo{}, 24, []fieldAt{{"Openflags", 0}, {"Status", 4}, {"Offset", 8}, {"Type", 16}, {"Guardflags", 20}})
	checkLayout(t, VnodeFdinfo{}, 176, []fieldAt{{"Pfi", 0}, {"Pvi", 24}})
	checkLayout(t, VnodeFdinfowithpath{}, 1200, []fieldAt{{"Pfi", 0}, {"Pvip", 24}})
	checkLayout(t, ProcRegionwithpathinfo{}, 1272, []fieldAt{{"Prinfo", 0}, {"Vip", 96}})
	checkLayout(t, ProcRegionpath{}, 1040, []fieldAt{{"Addr", 0}, {"Regionlength", 8}, {"Path", 16}})
	checkLayout(t, ProcVnodepathinfo{}, 2352, []fieldAt{{"Cdir", 0}, {"Rdir", 1176}})
	checkLayout(t, ProcFdinfo{}, 8, []fieldAt{{"Fd", 0}, {"Fdtype", 4}})
	checkLayout(t, PipeInfo{}, 160, []fieldAt{{"Stat", 0}, {"Handle", 136}, {"Peerhandle", 144}, {"Status", 152}})
	checkLayout(t, PipeFdinfo{}, 184, []fieldAt{{"Pfi", 0}, {"Pipeinfo", 24}})
	checkLayout(t, ProcUniqidentifierinfo{}, 56, []fieldAt{
		{"Uuid", 0}, {"Uniqueid", 16}, {"Puniqueid", 24}, {"Idversion", 32}, {"OrigPpidversion", 36},
		{"Reserve2", 40},
	})
	checkLayout(t, ProcArchinfo{}, 8, []fieldAt{{"Cputype", 0}, {"Cpusubtype", 4}})
}

func TestLayoutPthread(t *testing.T) {
	checkLayout(t, PthreadRegistration{}, 56, []fieldAt{
		{"Version", 0}, {"DispatchQueueOffset", 8}, {"MainQos", 16}, {"TsdOffset", 24}, {"ReturnToKernelOffset", 28},
		{"MachThreadSelfOffset", 32}, {"StackAddrHint", 36}, {"MutexDefaultPolicy", 44}, {"JoinableOffsetBits", 48}, {"WqQuantumExpiryOffset", 52},
	})
	checkLayout(t, WorkqDispatchConfig{}, 24, []fieldAt{{"Version", 0}, {"Flags", 4}, {"QueueSerialnoOffs", 8}, {"QueueLabelOffs", 16}})
}

func TestLayoutSigframe(t *testing.T) {
	checkLayout(t, KernSigaction{}, 24, []fieldAt{{"Handler", 0}, {"Tramp", 8}, {"Mask", 16}, {"Flags", 20}})
	checkLayout(t, Sigaction{}, 16, []fieldAt{{"Handler", 0}, {"Mask", 8}, {"Flags", 12}})
	checkLayout(t, Siginfo{}, 104, []fieldAt{
		{"Signo", 0}, {"Errno", 4}, {"Code", 8}, {"Pid", 12}, {"Uid", 16},
		{"Status", 20}, {"Addr", 24}, {"Value", 32}, {"Band", 40},
	})
	checkLayout(t, Sigaltstack{}, 24, []fieldAt{{"Sp", 0}, {"Size", 8}, {"Flags", 16}})
	checkLayout(t, Ucontext64{}, 56, []fieldAt{
		{"Onstack", 0}, {"Sigmask", 4}, {"Stack", 8}, {"Link", 32}, {"Mcsize", 40},
		{"Mcontext64", 48},
	})
	checkLayout(t, Sigevent{}, 32, []fieldAt{
		{"Notify", 0}, {"Signo", 4}, {"Value", 8}, {"NotifyFunction", 16}, {"NotifyAttributes", 24},
	})
}

func TestLayoutSocket(t *testing.T) {
	checkLayout(t, Iovec{}, 16, []fieldAt{{"Base", 0}, {"Len", 8}})
	checkLayout(t, Msghdr{}, 48, []fieldAt{
		{"Name", 0}, {"Namelen", 8}, {"Iov", 16}, {"Iovlen", 24}, {"Control", 32},
		{"Controllen", 40}, {"Flags", 44},
	})
	checkLayout(t, Cmsghdr{}, 12, []fieldAt{{"Len", 0}, {"Level", 4}, {"Type", 8}})
	checkLayout(t, Linger{}, 8, []fieldAt{{"Onoff", 0}, {"Linger", 4}})
	checkLayout(t, Xucred{}, 76, []fieldAt{{"Version", 0}, {"Uid", 4}, {"Ngroups", 8}, {"Groups", 12}})
}

func TestLayoutSpawn(t *testing.T) {
	checkLayout(t, SpawnArgsDesc{}, 144, []fieldAt{
		{"AttrSize", 0}, {"Attrp", 8}, {"FileActionsSize", 16}, {"FileActions", 24}, {"PortActionsSize", 32},
		{"PortActions", 40}, {"MacExtensionsSize", 48}, {"MacExtensions", 56}, {"CoalInfoSize", 64}, {"CoalInfo", 72},
		{"PersonaInfoSize", 80}, {"PersonaInfo", 88}, {"PosixCredInfoSize", 96}, {"PosixCredInfo", 104}, {"SubsystemRootPathSize", 112},
		{"SubsystemRootPath", 120}, {"ConclaveIdSize", 128}, {"ConclaveId", 136},
	})
	checkLayout(t, SpawnAttr{}, 248, []fieldAt{
		{"Flags", 0}, {"Sigdefault", 4}, {"Sigmask", 8}, {"Pgroup", 12}, {"Binprefs", 16},
		{"Pcontrol", 32}, {"Apptype", 36}, {"CpumonitorPercent", 40}, {"CpumonitorInterval", 48}, {"JetsamFlags", 64},
		{"Priority", 68}, {"MemlimitActive", 72}, {"MemlimitInactive", 76}, {"QosClamp", 80}, {"DarwinRole", 88},
		{"ThreadLimit", 92}, {"MaxAddr", 96}, {"NoSmt", 104}, {"Tecs", 105}, {"Platform", 108},
		{"Subcpuprefs", 112}, {"Options", 128}, {"PortSoftLimit", 132}, {"PortHardLimit", 136}, {"FiledescSoftLimit", 140},
		{"FiledescHardLimit", 144}, {"CrashBehavior", 148}, {"DatalessIopolicy", 152}, {"CrashBehaviorDeadline", 160}, {"LaunchType", 168},
		{"SecFlags", 170}, {"CrashCount", 172}, {"ThrottleTimeout", 176}, {"KqworkloopSoftLimit", 180}, {"KqworkloopHardLimit", 184},
		{"Ports", 192}, {"MacExtensions", 200}, {"CoalitionInfo", 208}, {"PersonaInfo", 216}, {"PosixCredInfo", 224},
		{"SubsystemRootPath", 232}, {"ConclaveId", 240},
	})
	checkLayout(t, PspaAction{}, 24, []fieldAt{
		{"PortType", 0}, {"Mask", 4}, {"NewPort", 8}, {"Behavior", 12}, {"Flavor", 16},
		{"Which", 20},
	})
}

func TestLayoutStat(t *testing.T) {
	checkLayout(t, Stat64{}, 144, []fieldAt{
		{"Dev", 0}, {"Mode", 4}, {"Nlink", 6}, {"Ino", 8}, {"Uid", 16},
		{"Gid", 20}, {"Rdev", 24}, {"Atimespec", 32}, {"Mtimespec", 48}, {"Ctimespec", 64},
		{"Birthtimespec", 80}, {"Size", 96}, {"Blocks", 104}, {"Blksize", 112}, {"Flags", 116},
		{"Gen", 120},
	})
	checkLayout(t, StatIno32{}, 120, []fieldAt{
		{"Dev", 0}, {"Ino", 4}, {"Mode", 8}, {"Nlink", 10}, {"Uid", 12},
		{"Gid", 16}, {"Rdev", 20}, {"Atimespec", 24}, {"Mtimespec", 40}, {"Ctimespec", 56},
		{"Size", 72}, {"Blocks", 80}, {"Blksize", 88}, {"Flags", 92}, {"Gen", 96},
	})
	checkLayout(t, Statfs64{}, 2168, []fieldAt{
		{"Bsize", 0}, {"Iosize", 4}, {"Blocks", 8}, {"Bfree", 16}, {"Bavail", 24},
		{"Files", 32}, {"Ffree", 40}, {"Fsid", 48}, {"Owner", 56}, {"Type", 60},
		{"Flags", 64}, {"Fssubtype", 68}, {"Fstypename", 72}, {"Mntonname", 88}, {"Mntfromname", 1112},
		{"FlagsExt", 2136},
	})
	checkLayout(t, StatfsIno32{}, 2200, []fieldAt{
		{"Otype", 0}, {"Oflags", 2}, {"Bsize", 8}, {"Iosize", 16}, {"Blocks", 24},
		{"Bfree", 32}, {"Bavail", 40}, {"Files", 48}, {"Ffree", 56}, {"Fsid", 64},
		{"Owner", 72}, {"Type", 78}, {"Flags", 80}, {"Fstypename", 104}, {"Mntonname", 119},
		{"Mntfromname", 1143},
	})
	checkLayout(t, Fsid{}, 8, []fieldAt{{"Val", 0}})
	checkLayout(t, Accessx{}, 16, []fieldAt{{"NameOffset", 0}, {"Flags", 4}})
}

func TestLayoutSysctl(t *testing.T) {
	checkLayout(t, Loadavg{}, 24, []fieldAt{{"Ldavg", 0}, {"Fscale", 16}})
	checkLayout(t, Clockinfo{}, 20, []fieldAt{{"Hz", 0}, {"Tick", 4}, {"Tickadj", 8}, {"Stathz", 12}, {"Profhz", 16}})
	checkLayout(t, XswUsage{}, 32, []fieldAt{{"Total", 0}, {"Avail", 8}, {"Used", 16}, {"Pagesize", 24}, {"Encrypted", 28}})
}

func TestLayoutTermios(t *testing.T) {
	checkLayout(t, Termios{}, 72, []fieldAt{
		{"Iflag", 0}, {"Oflag", 8}, {"Cflag", 16}, {"Lflag", 24}, {"Cc", 32},
		{"Ispeed", 56}, {"Ospeed", 64},
	})
	checkLayout(t, Winsize{}, 8, []fieldAt{{"Row", 0}, {"Col", 2}, {"Xpixel", 4}, {"Ypixel", 6}})
}

func TestLayoutThreadstate(t *testing.T) {
	checkLayout(t, X86ExceptionState64{}, 16, []fieldAt{{"Trapno", 0}, {"Cpu", 2}, {"Err", 4}, {"Faultvaddr", 8}})
	checkLayout(t, X86ThreadState64{}, 168, []fieldAt{
		{"Rax", 0}, {"Rbx", 8}, {"Rcx", 16}, {"Rdx", 24}, {"Rdi", 32},
		{"Rsi", 40}, {"Rbp", 48}, {"Rsp", 56}, {"R8", 64}, {"R9", 72},
		{"R10", 80}, {"R11", 88}, {"R12", 96}, {"R13", 104}, {"R14", 112},
		{"R15", 120}, {"Rip", 128}, {"Rflags", 136}, {"Cs", 144}, {"Fs", 152},
		{"Gs", 160},
	})
	checkLayout(t, ARMExceptionState64{}, 16, []fieldAt{{"Far", 0}, {"Esr", 8}, {"Exception", 12}})
	checkLayout(t, ARMThreadState64{}, 272, []fieldAt{
		{"X", 0}, {"Fp", 232}, {"Lr", 240}, {"Sp", 248}, {"Pc", 256},
		{"Cpsr", 264}, {"Flags", 268},
	})
	checkLayout(t, X86FloatState64{}, 524, []fieldAt{
		{"Fcw", 8}, {"Fsw", 10}, {"Ftw", 12}, {"Fop", 14}, {"IP", 16},
		{"CS", 20}, {"DP", 24}, {"DS", 28}, {"Mxcsr", 32}, {"Mxcsrmask", 36},
		{"Stmm", 40}, {"Xmm", 168},
	})
	checkLayout(t, X86Mcontext64{}, 712, []fieldAt{{"ES", 0}, {"SS", 16}, {"FS", 184}})
	checkLayout(t, ARMNeonState64{}, 528, []fieldAt{{"V", 0}, {"Fpsr", 512}, {"Fpcr", 516}})
	checkLayout(t, ARMMcontext64{}, 816, []fieldAt{{"ES", 0}, {"SS", 16}, {"NS", 288}})
}

func TestLayoutTime(t *testing.T) {
	checkLayout(t, Timespec{}, 16, []fieldAt{{"Sec", 0}, {"Nsec", 8}})
	checkLayout(t, Timeval{}, 16, []fieldAt{{"Sec", 0}, {"Usec", 8}})
	checkLayout(t, Timezone{}, 8, []fieldAt{{"Minuteswest", 0}, {"Dsttime", 4}})
	checkLayout(t, Itimerval{}, 32, []fieldAt{{"Interval", 0}, {"Value", 16}})
	checkLayout(t, Rusage{}, 144, []fieldAt{
		{"Utime", 0}, {"Stime", 16}, {"Maxrss", 32}, {"Ixrss", 40}, {"Idrss", 48},
		{"Isrss", 56}, {"Minflt", 64}, {"Majflt", 72}, {"Nswap", 80}, {"Inblock", 88},
		{"Oublock", 96}, {"Msgsnd", 104}, {"Msgrcv", 112}, {"Nsignals", 120}, {"Nvcsw", 128},
		{"Nivcsw", 136},
	})
	checkLayout(t, RusageInfoV6{}, 464, []fieldAt{
		{"Uuid", 0}, {"UserTime", 16}, {"SystemTime", 24}, {"PkgIdleWkups", 32}, {"InterruptWkups", 40},
		{"Pageins", 48}, {"WiredSize", 56}, {"ResidentSize", 64}, {"PhysFootprint", 72}, {"ProcStartAbstime", 80},
		{"ProcExitAbstime", 88}, {"ChildUserTime", 96}, {"ChildSystemTime", 104}, {"ChildPkgIdleWkups", 112}, {"ChildInterruptWkups", 120},
		{"ChildPageins", 128}, {"ChildElapsedAbstime", 136}, {"DiskioBytesread", 144}, {"DiskioByteswritten", 152}, {"CpuTimeQosDefault", 160},
		{"CpuTimeQosMaintenance", 168}, {"CpuTimeQosBackground", 176}, {"CpuTimeQosUtility", 184}, {"CpuTimeQosLegacy", 192}, {"CpuTimeQosUserInitiated", 200},
		{"CpuTimeQosUserInteractive", 208}, {"BilledSystemTime", 216}, {"ServicedSystemTime", 224}, {"LogicalWrites", 232}, {"LifetimeMaxPhysFootprint", 240},
		{"Instructions", 248}, {"Cycles", 256}, {"BilledEnergy", 264}, {"ServicedEnergy", 272}, {"IntervalMaxPhysFootprint", 280},
		{"RunnableTime", 288}, {"Flags", 296}, {"UserPtime", 304}, {"SystemPtime", 312}, {"Pinstructions", 320},
		{"Pcycles", 328}, {"EnergyNj", 336}, {"PenergyNj", 344}, {"SecureTimeInSystem", 352}, {"SecurePtimeInSystem", 360},
		{"NeuralFootprint", 368}, {"LifetimeMaxNeuralFootprint", 376}, {"IntervalMaxNeuralFootprint", 384},
	})
	checkLayout(t, Rlimit{}, 16, []fieldAt{{"Cur", 0}, {"Max", 8}})
	checkLayout(t, IopolParam{}, 12, []fieldAt{{"Scope", 0}, {"Iotype", 4}, {"Policy", 8}})
}
