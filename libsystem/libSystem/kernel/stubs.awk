# Writes the system call stubs of libsystem_kernel from the kernel's own tables:
#
#	awk -v arch=x86_64|arm64 -f stubs.awk xnu/abi/data/bsd.tsv xnu/abi/data/mach.tsv
#
# A call NAME becomes _NAME and ___NAME; one whose C function does more than the
# call (private below) becomes ___NAME alone. NAME_nocancel becomes NAME$NOCANCEL.
BEGIN {
	FS = "\t"
	# Written by hand in custom.S, for they return two values or none.
	n = split("nosys enosys fork vfork pipe sigreturn", w, " ")
	for (i = 1; i <= n; i++) skip[w[i]] = 1
	# Have a C function of another shape in libsystem_kernel or above it.
	n = split("exit open openat openat_nocancel open_nocancel fcntl fcntl_nocancel ioctl sysctl sysctlbyname semctl sem_open " \
		"shm_open sigaction sigsuspend sigsuspend_nocancel gettimeofday getlogin setlogin select select_nocancel pselect " \
		"pselect_nocancel kill bsdthread_create bsdthread_terminate bsdthread_register bsdthread_ctl workq_open " \
		"workq_kernreturn thread_selfid proc_info initgroups semsys msgsys shmsys getdirentries64 identitysvc " \
		"terminate_with_payload abort_with_payload stat_extended lstat_extended fstat_extended chmod_extended " \
		"fchmod_extended access_extended open_extended umask_extended mkfifo_extended mkdir_extended copyfile delete " \
		"crossarch_trap fs_snapshot coalition coalition_info persona ulock_wait ulock_wake ulock_wait2 psynch_mutexwait " \
		"psynch_mutexdrop psynch_cvbroad psynch_cvsignal psynch_cvwait psynch_cvclrprepost psynch_rw_longrdlock " \
		"psynch_rw_yieldwrlock psynch_rw_downgrade psynch_rw_upgrade psynch_rw_rdlock psynch_rw_wrlock psynch_rw_unlock " \
		"psynch_rw_unlock2 settid settid_with_pid gettid posix_spawn", w, " ")
	for (i = 1; i <= n; i++) private[w[i]] = 1
	# The calls with 32-bit inode numbers exist for x86-64 programs only. On
	# arm64 the plain name is the 64-bit call.
	n = split("stat fstat lstat fstatat statfs fstatfs getfsstat", w, " ")
	for (i = 1; i <= n; i++) inode32[w[i]] = 1
	print "\t.text"
}
FNR == 1 { file++; next }
{ sub(/\r$/, "") }
file == 1 {
	name = $2
	sub(/^sys_/, "", name)
	if (name in skip || name in done) next
	done[name] = 1
	if (arch == "arm64" && name in inode32) next
	base = name; suffix = ""
	if (sub(/_nocancel$/, "", base)) suffix = "$NOCANCEL"
	labels = ""
	if (base ~ /^__/) labels = "_" base suffix (suffix == "" ? "" : " _" name)
	else {
		labels = "___" base (suffix == "" ? "" : "_nocancel")
		if (!(name in private)) labels = labels " _" base suffix
	}
	if (base ~ /64$/ && (substr(base, 1, length(base) - 2)) in inode32) {
		short = substr(base, 1, length(base) - 2)
		labels = labels " _" short "$INODE64"
		if (arch == "arm64") labels = labels " _" short
	}
	stub(labels, $1, suffix != "" ? "_cerror_nocancel" : "_cerror")
	next
}
{ trap("_" $2, $1) }

function head(labels,   n, w, i) {
	n = split(labels, w, " ")
	print "\t.p2align 4"
	for (i = 1; i <= n; i++) printf "\t.globl \"%s\"\n\"%s\":\n", w[i], w[i]
}
function stub(labels, nr, fail) {
	head(labels)
	if (arch == "x86_64") {
		printf "\tmovl $0x%x, %%eax\n\tmovq %%rcx, %%r10\n\tsyscall\n\tjnb 1f\n\tmovq %%rax, %%rdi\n\tjmp %s\n1:\tretq\n", 33554432 + nr, fail
	} else {
		printf "\tmov x16, #%d\n\tsvc #0x80\n\tb.cc 1f\n\tb %s\n1:\tret\n", nr, fail
	}
}
function trap(label, nr) {
	head(label)
	if (arch == "x86_64") printf "\tmovl $0x%x, %%eax\n\tmovq %%rcx, %%r10\n\tsyscall\n\tretq\n", 16777216 + nr
	else printf "\tmov x16, #-%d\n\tsvc #0x80\n\tret\n", nr
}
