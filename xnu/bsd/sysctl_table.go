package bsd

import (
	"fmt"
	"strconv"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The machine that a guest sees: a Mac with macOS 15.4, whose kernel is the one
// that Beagle's facts were read from.
const (
	osRelease  = "24.4.0"
	osProduct  = "15.4"
	osBuild    = "24E248"
	xnuVersion = "xnu-11417.101.15~1"
)

func itoa(v int64) string { return strconv.FormatInt(v, 10) }

type getter = func(t *kern.Thread, rest []int32) ([]byte, error)

func intOf(f func(t *kern.Thread) int32) getter {
	return func(t *kern.Thread, _ []int32) ([]byte, error) { return le.AppendUint32(nil, uint32(f(t))), nil }
}
func quadOf(f func(t *kern.Thread) uint64) getter {
	return func(t *kern.Thread, _ []int32) ([]byte, error) { return le.AppendUint64(nil, f(t)), nil }
}
func stringOf(f func(t *kern.Thread) string) getter {
	return func(t *kern.Thread, _ []int32) ([]byte, error) { return append([]byte(f(t)), 0), nil }
}
func num(name string, oid, v int32) ctl {
	return ctl{name: name, oid: oid, format: "I", get: intOf(func(*kern.Thread) int32 { return v })}
}
func str(name string, oid int32, v string) ctl {
	return ctl{name: name, oid: oid, format: "A", get: stringOf(func(*kern.Thread) string { return v })}
}
func quad(name string, oid int32, v uint64) ctl {
	return ctl{name: name, oid: oid, format: "Q", get: quadOf(func(*kern.Thread) uint64 { return v })}
}

func arm(t *kern.Thread) bool { return t.Arch() == cpu.ARM64 }

// only makes a name exist on one architecture: elsewhere it is ENOENT.
func only(a cpu.Arch, c ctl) ctl {
	get := c.get
	c.get = func(t *kern.Thread, rest []int32) ([]byte, error) {
		if t.Arch() != a {
			return nil, abi.ENOENT
		}
		return get(t, rest)
	}
	return c
}

func ncpu(t *kern.Thread) int32 { return int32(t.Machine().NumCPU()) }

func memSize(t *kern.Thread) uint64 { return t.Machine().Phys.Limit() }

// sysctlTable is every leaf, in the order in which XNU would number those
// without a fixed number.
func sysctlTable() []ctl {
	var t []ctl
	t = append(t, kernTable()...)
	t = append(t, procTable()...)
	t = append(t, hwTable()...)
	t = append(t, machdepTable()...)
	t = append(t, vmTable()...)
	t = append(t, userTable()...)
	return append(t, netTable()...)
}

// kernelVersion is kern.version, and what host_kernel_version says.
func kernelVersion(t *kern.Thread) string {
	cpuName := "X86_64"
	if arm(t) {
		cpuName = "ARM64_T8103"
	}
	return "Darwin Kernel Version " + osRelease + ": Wed Mar 19 21:11:02 PDT 2025; root:" + xnuVersion + "/RELEASE_" + cpuName
}

func kernTable() []ctl {
	return []ctl{
		str("kern.ostype", abi.KERN_OSTYPE, "Darwin"),
		str("kern.osrelease", abi.KERN_OSRELEASE, osRelease),
		num("kern.osrevision", abi.KERN_OSREV, 199506),
		{name: "kern.version", oid: abi.KERN_VERSION, format: "A", get: stringOf(kernelVersion)},
		str("kern.osversion", abi.KERN_OSVERSION, osBuild),
		str("kern.osproductversion", 0, osProduct),
		str("kern.osproductversioncompat", 0, "10.16"),
		str("kern.osreleasetype", 0, "User"),
		str("kern.iossupportversion", 0, "18.4"),
		num("kern.maxvnodes", abi.KERN_MAXVNODES, 263168),
		{name: "kern.maxproc", oid: abi.KERN_MAXPROC, format: "I", get: intOf(func(t *kern.Thread) int32 { return int32(t.Machine().MaxProcs) })},
		num("kern.maxfiles", abi.KERN_MAXFILES, kern.MaxFiles),
		num("kern.maxfilesperproc", abi.KERN_MAXFILESPERPROC, openMax),
		{name: "kern.maxprocperuid", oid: abi.KERN_MAXPROCPERUID, format: "I", get: intOf(func(t *kern.Thread) int32 { return int32(t.Machine().MaxProcs) * 2 / 3 })},
		num("kern.argmax", abi.KERN_ARGMAX, 1<<20),
		num("kern.securelevel", abi.KERN_SECURELVL, 0),
		{name: "kern.hostname", oid: abi.KERN_HOSTNAME, format: "A", get: stringOf(func(t *kern.Thread) string { return t.Machine().Host.Info().Hostname })},
		num("kern.hostid", abi.KERN_HOSTID, 0),
		{name: "kern.clockrate", oid: abi.KERN_CLOCKRATE, format: "S,clockinfo", get: func(*kern.Thread, []int32) ([]byte, error) {
			return abi.Marshal(&abi.Clockinfo{Hz: 100, Tick: 10000, Stathz: 100, Profhz: 100}), nil
		}},
		num("kern.posix1version", 17, 200112),
		num("kern.ngroups", abi.KERN_NGROUPS, 16),
		num("kern.job_control", 19, 1),
		num("kern.saved_ids", 20, 1),
		{name: "kern.boottime", oid: abi.KERN_BOOTTIME, format: "S,timeval", get: func(t *kern.Thread, _ []int32) ([]byte, error) {
			sec, nsec := t.Machine().Host.Clock().BootTime()
			return abi.Marshal(&abi.Timeval{Sec: sec, Usec: int32(nsec / 1000)}), nil
		}},
		str("kern.nisdomainname", abi.KERN_NISDOMAINNAME, ""),
		num("kern.osreldate", abi.KERN_OSRELDATE, 199506),
		str("kern.bootfile", abi.KERN_BOOTFILE, "/System/Library/Kernels/kernel"),
		str("kern.corefile", abi.KERN_COREFILE, "/cores/core.%P"),
		num("kern.coredump", abi.KERN_COREDUMP, 0),
		num("kern.safeboot", abi.KERN_SAFEBOOT, 0),
		num("kern.netboot", abi.KERN_NETBOOT, 0),
		num("kern.aiomax", abi.KERN_AIOMAX, 90),
		num("kern.aioprocmax", abi.KERN_AIOPROCMAX, 16),
		num("kern.aiothreads", abi.KERN_AIOTHREADS, 4),
		num("kern.tfp.policy", 0, 2),
		num("kern.ipc.maxsockbuf", 1, 8388608),
		num("kern.ipc.somaxconn", 3, 128),
		num("kern.ipc.soacceptqueue", 0, 128),
		num("kern.tty.ptmx_max", 0, 511),
		num("kern.posix.sem.max", 0, 10000),
		num("kern.stack_size", 0, 16384),
		num("kern.num_files", 0, 100),
		{name: "kern.num_tasks", format: "I", get: intOf(func(t *kern.Thread) int32 { return int32(t.Machine().MaxProcs) })},
		{name: "kern.num_threads", format: "I", get: intOf(func(t *kern.Thread) int32 { return int32(t.Machine().MaxThreads) })},
		{name: "kern.num_taskthreads", format: "I", get: intOf(func(t *kern.Thread) int32 { return int32(t.Machine().MaxThreads) })},
		{name: "kern.usrstack64", oid: 0, format: "Q", get: quadOf(func(t *kern.Thread) uint64 { return t.Proc.Exec.StackTop })},
		{name: "kern.uuid", format: "A", get: stringOf(func(*kern.Thread) string { return "00000000-0000-0000-0000-000000000000" })},
		{name: "kern.bootsessionuuid", format: "A", get: stringOf(bootSession)},
		str("kern.bootargs", 0, ""),
		num("kern.secure_kernel", 0, 0),
		num("kern.hv_support", 0, 0),
		num("kern.hv_vmm_present", 0, 0),
		num("kern.timer.coalescing_enabled", 0, 1),
		num("kern.wq_max_threads", 0, 512),
		num("kern.wq_max_constrained_threads", 0, 64),
		num("kern.memorystatus_vm_pressure_level", 0, 1),
		num("kern.memorystatus_level", 0, 90),
		str("kern.kernelcacheuuid", 0, "00000000-0000-0000-0000-000000000000"),
		{name: "kern.monotonicclock_usecs", format: "Q", get: quadOf(func(t *kern.Thread) uint64 { return uint64(t.Machine().Monotonic() / 1000) })},
	}
}

// bootSession is the UUID of this machine's life, made at first use.
func bootSession(t *kern.Thread) string {
	m := t.Machine()
	if s, ok := m.Ext["bootsession"].(string); ok {
		return s
	}
	a, b := m.Random64(), m.Random64()
	s := fmt.Sprintf("%08X-%04X-4%03X-A%03X-%012X", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&(1<<48-1))
	m.Ext["bootsession"] = s
	return s
}

func hwTable() []ctl {
	t := []ctl{
		{name: "hw.machine", oid: abi.HW_MACHINE, format: "A", get: stringOf(func(t *kern.Thread) string {
			if arm(t) {
				return "arm64"
			}
			return "x86_64"
		})},
		{name: "hw.model", oid: abi.HW_MODEL, format: "A", get: stringOf(model)},
		{name: "hw.product", oid: abi.HW_PRODUCT, format: "A", get: stringOf(model)},
		{name: "hw.target", oid: abi.HW_TARGET, format: "A", get: stringOf(func(t *kern.Thread) string {
			if arm(t) {
				return "J274AP"
			}
			return "Mac-7DF2A3B5E5D671ED"
		})},
		{name: "hw.ncpu", oid: abi.HW_NCPU, format: "I", get: intOf(ncpu)},
		{name: "hw.activecpu", oid: abi.HW_AVAILCPU, format: "I", get: intOf(ncpu)},
		{name: "hw.availcpu", format: "I", get: intOf(ncpu)},
		{name: "hw.physicalcpu", format: "I", get: intOf(ncpu)},
		{name: "hw.physicalcpu_max", format: "I", get: intOf(ncpu)},
		{name: "hw.logicalcpu", format: "I", get: intOf(ncpu)},
		{name: "hw.logicalcpu_max", format: "I", get: intOf(ncpu)},
		num("hw.nperflevels", 0, 1),
		{name: "hw.perflevel0.logicalcpu", format: "I", get: intOf(ncpu)},
		{name: "hw.perflevel0.physicalcpu", format: "I", get: intOf(ncpu)},
		{name: "hw.perflevel0.logicalcpu_max", format: "I", get: intOf(ncpu)},
		{name: "hw.perflevel0.physicalcpu_max", format: "I", get: intOf(ncpu)},
		num("hw.packages", 0, 1),
		num("hw.byteorder", abi.HW_BYTEORDER, 1234),
		{name: "hw.physmem", oid: abi.HW_PHYSMEM, format: "I", get: intOf(func(t *kern.Thread) int32 { return int32(min(memSize(t), 1<<31-1)) })},
		{name: "hw.usermem", oid: abi.HW_USERMEM, format: "I", get: intOf(func(t *kern.Thread) int32 { return int32(min(memSize(t), 1<<31-1)) })},
		{name: "hw.memsize", oid: abi.HW_MEMSIZE, format: "Q", get: quadOf(memSize)},
		{name: "hw.memsize_usable", format: "Q", get: quadOf(memSize)},
		{name: "hw.pagesize", oid: abi.HW_PAGESIZE, format: "Q", get: quadOf(func(t *kern.Thread) uint64 { return t.Space().PageSize() })},
		{name: "hw.pagesize32", format: "I", get: intOf(func(t *kern.Thread) int32 { return int32(t.Space().PageSize()) })},
		num("hw.floatingpoint", abi.HW_FLOATINGPT, 1),
		num("hw.vectorunit", abi.HW_VECTORUNIT, 1),
		{name: "hw.cachelinesize", oid: abi.HW_CACHELINE, format: "Q", get: quadOf(func(t *kern.Thread) uint64 {
			if arm(t) {
				return 128
			}
			return 64
		})},
		quad("hw.l1icachesize", 17, 32768), quad("hw.l1dcachesize", 18, 32768),
		quad("hw.l2cachesize", 20, 4194304), quad("hw.l3cachesize", 22, 0),
		{name: "hw.tbfrequency", oid: abi.HW_TB_FREQ, format: "Q", get: quadOf(func(t *kern.Thread) uint64 {
			if arm(t) {
				return 24_000_000
			}
			return 1_000_000_000
		})},
		only(cpu.X86_64, quad("hw.busfrequency", abi.HW_BUS_FREQ, 100_000_000)),
		only(cpu.X86_64, quad("hw.cpufrequency", abi.HW_CPU_FREQ, 2_000_000_000)),
		only(cpu.X86_64, quad("hw.cpufrequency_max", 0, 2_000_000_000)),
		only(cpu.X86_64, quad("hw.cpufrequency_min", 0, 2_000_000_000)),
		num("hw.cpu64bit_capable", 0, 1),
		num("hw.cputhreadtype", 0, 0),
		{name: "hw.cputype", format: "I", get: intOf(func(t *kern.Thread) int32 {
			if arm(t) {
				return 0x100000c
			}
			return 7 // CPU_TYPE_X86: the kernel's own, without the 64-bit flag
		})},
		{name: "hw.cpusubtype", format: "I", get: intOf(func(t *kern.Thread) int32 {
			if arm(t) {
				return 2
			}
			return 8
		})},
		{name: "hw.cpufamily", format: "I", get: intOf(func(t *kern.Thread) int32 {
			if arm(t) {
				return int32(0x1b588bb3)
			}
			return int32(0x573b5eec)
		})},
		num("hw.cpusubfamily", 0, 2),
		num("hw.serialdebugmode", 0, 0),
	}
	for _, n := range []string{"mmx", "sse", "sse2", "sse3", "supplementalsse3", "sse4_1", "sse4_2", "x86_64", "aes"} {
		t = append(t, only(cpu.X86_64, num("hw.optional."+n, 0, 1)))
	}
	for _, n := range []string{"avx1_0", "rdrand", "f16c", "enfstrg", "fma", "avx2_0", "bmi1", "bmi2", "rtm", "hle", "adx", "mpx", "sgx",
		"avx512f", "avx512cd", "avx512dq", "avx512bw", "avx512vl", "avx512ifma", "avx512vbmi"} {
		v := int32(0)
		if n == "bmi1" || n == "bmi2" {
			v = 1
		}
		t = append(t, only(cpu.X86_64, num("hw.optional."+n, 0, v)))
	}
	t = append(t, num("hw.optional.floatingpoint", 0, 1))
	for _, n := range armFeatures() {
		t = append(t, only(cpu.ARM64, num("hw.optional."+n.name, 0, n.v)))
	}
	return t
}

func model(t *kern.Thread) string {
	if arm(t) {
		return "Macmini9,1"
	}
	return "Macmini8,1"
}

type feature struct {
	name string
	v    int32
}

// armFeatures are the hw.optional names of Apple silicon: 1 for what the engine
// has.
func armFeatures() []feature {
	on := []string{"arm64", "neon", "neon_hpfp", "neon_fp16", "AdvSIMD", "AdvSIMD_HPFPCvt", "armv8_crc32", "armv8_1_atomics",
		"armv8_2_fhm", "armv8_2_sha512", "armv8_2_sha3", "armv8_3_compnum", "arm.AdvSIMD", "arm.AdvSIMD_HPFPCvt", "arm.FP_SyncExceptions",
		"arm.FEAT_CRC32", "arm.FEAT_FlagM", "arm.FEAT_FlagM2", "arm.FEAT_FHM", "arm.FEAT_DotProd", "arm.FEAT_SHA3", "arm.FEAT_RDM",
		"arm.FEAT_LSE", "arm.FEAT_SHA256", "arm.FEAT_SHA512", "arm.FEAT_SHA1", "arm.FEAT_AES", "arm.FEAT_PMULL", "arm.FEAT_SB",
		"arm.FEAT_FRINTTS", "arm.FEAT_LRCPC", "arm.FEAT_LRCPC2", "arm.FEAT_FCMA", "arm.FEAT_JSCVT", "arm.FEAT_PAuth", "arm.FEAT_DPB",
		"arm.FEAT_FP16"}
	off := []string{"arm.FEAT_SPECRES", "arm.FEAT_PAuth2", "arm.FEAT_FPAC", "arm.FEAT_DPB2", "arm.FEAT_BF16", "arm.FEAT_I8MM",
		"arm.FEAT_ECV", "arm.FEAT_LSE2", "arm.FEAT_CSV2", "arm.FEAT_CSV3", "arm.FEAT_DIT", "arm.FEAT_SSBS", "arm.FEAT_BTI",
		"arm.FEAT_AFP", "arm.FEAT_RPRES", "arm.FEAT_WFxT", "arm.FEAT_SME", "arm.FEAT_SME2", "armv8_gpi", "ucnormal_mem"}
	var out []feature
	for _, n := range on {
		out = append(out, feature{n, 1})
	}
	for _, n := range off {
		out = append(out, feature{n, 0})
	}
	return out
}

func machdepTable() []ctl {
	t := []ctl{
		{name: "machdep.cpu.brand_string", format: "A", get: stringOf(func(t *kern.Thread) string {
			if arm(t) {
				return "Apple M1"
			}
			return "Intel(R) Core(TM) i7 CPU @ 2.00GHz"
		})},
		{name: "machdep.cpu.core_count", format: "I", get: intOf(ncpu)},
		{name: "machdep.cpu.cores_per_package", format: "I", get: intOf(ncpu)},
		{name: "machdep.cpu.logical_per_package", format: "I", get: intOf(ncpu)},
		{name: "machdep.cpu.thread_count", format: "I", get: intOf(ncpu)},
		only(cpu.X86_64, str("machdep.cpu.vendor", 0, "GenuineIntel")),
		only(cpu.X86_64, num("machdep.cpu.family", 0, 6)),
		only(cpu.X86_64, str("machdep.cpu.features", 0, "FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2 SSE3 PCLMULQDQ SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES")),
		only(cpu.X86_64, str("machdep.cpu.leaf7_features", 0, "BMI1 BMI2")),
		only(cpu.X86_64, str("machdep.cpu.extfeatures", 0, "SYSCALL XD LAHF LZCNT RDTSCP TSCI EM64T")),
		only(cpu.X86_64, quad("machdep.tsc.frequency", 0, 2_000_000_000)),
		only(cpu.ARM64, num("machdep.ptrauth_enabled", 0, 0)),
		num("machdep.user_idle_level", 0, 0),
	}
	return t
}

func vmTable() []ctl {
	return []ctl{
		{name: "vm.loadavg", oid: abi.VM_LOADAVG, format: "S,loadavg", get: func(t *kern.Thread, _ []int32) ([]byte, error) {
			l := abi.Loadavg{Fscale: abi.FSCALE}
			for i, v := range t.Machine().Host.Info().Load {
				l.Ldavg[i] = uint32(v * abi.FSCALE)
			}
			return abi.Marshal(&l), nil
		}},
		{name: "vm.swapusage", oid: abi.VM_SWAPUSAGE, format: "S,xsw_usage", get: func(t *kern.Thread, _ []int32) ([]byte, error) {
			return abi.Marshal(&abi.XswUsage{Pagesize: uint32(t.Space().PageSize())}), nil
		}},
		{name: "vm.page_free_count", format: "I", get: intOf(func(t *kern.Thread) int32 {
			p := t.Machine().Phys
			return int32(min((p.Limit()-min(p.Limit(), p.InUse()))/t.Space().PageSize(), 1<<31-1))
		})},
		num("vm.overcommit", 0, 1),
		num("vm.cs_force_kill", 0, 0),
	}
}

func userTable() []ctl {
	return []ctl{
		str("user.cs_path", 1, "/usr/bin:/bin:/usr/sbin:/sbin"),
		num("user.bc_base_max", 2, 99), num("user.bc_dim_max", 3, 2048), num("user.bc_scale_max", 4, 99),
		num("user.bc_string_max", 5, 1000), num("user.coll_weights_max", 6, 2), num("user.expr_nest_max", 7, 32),
		num("user.line_max", 8, 2048), num("user.re_dup_max", 9, 255), num("user.posix2_version", 10, 200112),
		num("user.stream_max", 19, 20), num("user.tzname_max", 20, 255),
	}
}

func netTable() []ctl {
	return []ctl{
		num("net.inet.ip.portrange.first", 0, 49152), num("net.inet.ip.portrange.last", 0, 65535),
		num("net.inet.ip.ttl", 0, 64), num("net.inet.tcp.mssdflt", 3, 512), num("net.inet.tcp.sendspace", 8, 1448*256),
		num("net.inet.tcp.recvspace", 9, 1448*384), num("net.inet.tcp.keepidle", 6, 7200000), num("net.inet.tcp.keepintvl", 7, 75000),
		num("net.inet.tcp.keepcnt", 0, 8), num("net.inet.udp.maxdgram", 0, 9216), num("net.inet.udp.recvspace", 4, 786896),
		num("net.local.stream.sendspace", 0, 8192), num("net.local.stream.recvspace", 0, 8192),
		num("net.local.dgram.maxdgram", 0, 2048), num("net.local.dgram.recvspace", 0, 4096),
		num("net.inet6.ip6.v6only", 0, 0),
		{name: "net.routetable", oid: abi.AF_ROUTE, format: "S,route", get: routeTable},
	}
}
