#!/bin/sh
# Builds /usr/lib/libSystem.B.dylib and the libraries under /usr/lib/system that
# make it up, for both architectures, into $OUT (libsystem/out). The body of
# libsystem_c, libsystem_m and libsystem_malloc is musl, from Debian's source
# package; everything else is beside this file. Objects are in $CACHE, and made
# again when their source, a header of the same kind, or the flags changed.
#
#	JOBS    compilers at once, 2 unless told
#	CC LD LIPO	clang-19, ld64.lld-19, llvm-lipo-19
set -eu
cd "$(dirname "$0")"
here=$PWD
top=$(cd .. && pwd)
OUT=${OUT:-$top/out}
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/beagle/libsystem}
CC=${CC:-clang-19} LD=${LD:-ld64.lld-19} LIPO=${LIPO:-llvm-lipo-19} JOBS=${JOBS:-2}
musl=$("$top/source.sh" musl 1.2.3-1)
llvm=$("$top/source.sh" llvm-toolchain-19 1:19.1.7-3~deb12u1 libunwind compiler-rt/lib/builtins)
builtins="absvdi2 absvsi2 absvti2 addvdi3 addvsi3 addvti3 ashldi3 ashlti3 ashrdi3 ashrti3 clzdi2 clzsi2 clzti2
	cmpdi2 cmpti2 ctzdi2 ctzsi2 ctzti2 divdi3 divmoddi4 divmodsi4 divmodti4 divsi3 divti3 ffsdi2 ffssi2 ffsti2
	fixdfdi fixdfti fixsfdi fixsfti fixunsdfdi fixunsdfsi fixunsdfti fixunssfdi fixunssfsi fixunssfti floattidf floattisf
	floatuntidf floatuntisf int_util lshrdi3 lshrti3 moddi3 modsi3 modti3 muldi3 mulodi4 mulosi4 muloti4 multi3
	mulvdi3 mulvsi3 mulvti3 negdi2 negti2 negvdi2 negvsi2 negvti2 paritydi2 paritysi2 parityti2 popcountdi2 popcountsi2
	popcountti2 powidf2 powisf2 subvdi3 subvsi3 subvti3 ucmpdi2 ucmpti2 udivdi3 udivmoddi4 udivmodsi4 udivmodti4 udivsi3
	udivti3 umoddi3 umodsi3 umodti3 extendhfsf2 truncsfhf2 truncdfhf2"
builtins_x86_64="powixf2 fixxfti fixunsxfti floattixf floatuntixf fixxfdi fixunsxfdi fixunsxfsi"
obj=$CACHE/libSystem
mkdir -p "$obj"
# One build at a time.
exec 9>"$obj/lock"
flock 9

resources=$($CC -print-resource-dir)/include
abi=$top/../xnu/abi/data

# Objects depend on headers by kind: those from musl on the shim, ours on ours.
sum() { sha256sum | cut -c1-12; }
shim=$({ find shim ../include/fenv.h ../include/fnmatch.h -name '*.h' | sort | xargs cat; sed -n '/^gen()/,/^}/p' build.sh; $CC --version; } | sum)
own=$({ find . ../include ../dyld/api.h -name '*.h' | sort | xargs cat; $CC --version; } | sum)
all=$({ find . ../frameworks ../dyld/libdyld.c ../source.sh "$abi" -type f 2>/dev/null | sort | xargs cat; echo "$shim $own"; } | sum)
if [ "$(cat "$obj/done" 2>/dev/null)" = "$all" ] && [ -f "$OUT/usr/lib/libSystem.B.dylib" ]; then
	exit 0
fi

jobs=$obj/jobs
: >"$jobs"
# job ARCH LIBRARY SOURCE OBJECT FLAGS...
job() {
	arch=$1 lib=$2 src=$3 o=$obj/$1/$2/$4.o
	shift 4
	objects="$objects $o"
	case $* in *_XOPEN_SOURCE*) by="$shim $*" ;; *) by="$own $*" ;; esac
	was=
	[ ! -f "$o.by" ] || read -r was <"$o.by" || :
	if [ -f "$o" ] && [ ! "$src" -nt "$o" ] && [ "$was" = "$by" ]; then
		return
	fi
	mkdir -p "$obj/$arch/$lib"
	printf '%s\n' "$CC -target $arch-apple-macos11 $* -c $src -o $o && echo '$by' >$o.by" >>"$jobs"
}

common="-nostdinc -ffreestanding -fno-builtin -fno-stack-protector -O2 -fno-common -g0"
ours="$common -std=gnu11 -Wall -Wno-unused-function -isystem $top/include -isystem $resources"
# Unless it is already there, musl's headers for the two architectures.
gen() {
	g=$obj/gen
	[ "$(cat "$g/.stamp" 2>/dev/null)" = "$shim" ] && return
	rm -rf "$g"
	mkdir -p "$g/bits"
	# Darwin's types where they differ.
	sed -f "$musl/tools/mkalltypes.sed" "$musl/arch/x86_64/bits/alltypes.h.in" "$musl/include/alltypes.h.in" | sed \
		-e 's/^typedef .* suseconds_t;/typedef int suseconds_t;/' \
		-e 's/^typedef .* mode_t;/typedef unsigned short mode_t;/' \
		-e 's/^typedef .* nlink_t;/typedef unsigned short nlink_t;/' \
		-e 's/^typedef .* dev_t;/typedef int dev_t;/' \
		-e 's/^typedef .* blksize_t;/typedef int blksize_t;/' \
		-e 's/^typedef .* fsblkcnt_t;/typedef unsigned fsblkcnt_t;/' \
		-e 's/^typedef .* fsfilcnt_t;/typedef unsigned fsfilcnt_t;/' \
		-e 's/^typedef .* wint_t;/typedef int wint_t;/' \
		-e 's/^typedef .* clockid_t;/typedef unsigned clockid_t;/' \
		-e 's/^typedef .* clock_t;/typedef unsigned long clock_t;/' \
		-e 's/^typedef .* sa_family_t;/typedef unsigned char sa_family_t;/' \
		-e 's/^typedef struct __sigset_t .* sigset_t;/typedef unsigned sigset_t;/' \
		-e 's/^typedef .* pthread_mutex_t;/typedef struct { long sig; char opaque[56]; } pthread_mutex_t;/' \
		>"$g/bits/alltypes.h"
	sed -n -e s/__NR_/SYS_/p "$musl/arch/x86_64/bits/syscall.h.in" >"$g/bits/sys.h"
	cat "$musl/arch/x86_64/bits/syscall.h.in" "$g/bits/sys.h" >"$g/bits/syscall.h"
	# The locale of a thread is in its TSD.
	sed -e 's/^#define CURRENT_LOCALE .*/locale_t *_beagle_locale(void);\n#define CURRENT_LOCALE (*_beagle_locale())/' \
		-e 's/__pthread_self()->locale/CURRENT_LOCALE/' \
		"$musl/src/internal/locale_impl.h" >"$g/locale_impl.h"
	echo '#define VERSION "1.2.3"' >"$g/version.h"
	echo "$shim" >"$g/.stamp"
}
gen

muslflags() { # ARCH
	case $1 in x86_64) m=x86_64 ;; *) m=aarch64 ;; esac
	echo "$common -std=c99 -w -frounding-math -D_XOPEN_SOURCE=700 -I$here/shim -I$obj/gen -I$musl/arch/$m -I$musl/arch/generic -I$musl/src/include -I$musl/src/internal -I$musl/include -isystem $resources"
}

# The musl files of a list, "file flags", one a line.
listed() { # LIST
	grep -v '^#' "$1" | while read -r kind what flags; do
		case $kind in
		+) for f in "$musl/src/$what"/*.c; do echo "$what/$(basename "$f")"; done ;;
		esac
	done | grep -vxF -f "$obj/left-out"
	sed -n 's/^= //p' "$1"
}

# library NAME: sources under its folder, what its list takes from musl; then the
# link with what it needs.
library() { # ARCH NAME FOLDER DEPENDS...
	arch=$1 name=$2 folder=$3
	shift 3
	objects=
	for f in "$folder"/*.c; do
		[ -f "$f" ] || continue
		case $f in
		*.musl.c) job "$arch" "$name" "$here/$f" "$(basename "$f" .c)" $(muslflags "$arch") ;;
		*) job "$arch" "$name" "$here/$f" "$(basename "$f" .c)" $ours ;;
		esac
	done
	for f in "$folder"/*."$arch".S; do
		[ -f "$f" ] && job "$arch" "$name" "$here/$f" "$(basename "$f" .S)"
	done
	case $name in
	libsystem_kernel)
		s=$obj/stubs.$arch.S
		awk -v arch="$arch" -f kernel/stubs.awk "$abi/bsd.tsv" "$abi/mach.tsv" >"$s.new"
		cmp -s "$s.new" "$s" || mv "$s.new" "$s"
		job "$arch" "$name" "$s" stubs
		;;
	libcompiler_rt)
		for f in $builtins $([ $arch != x86_64 ] || echo $builtins_x86_64); do
			job "$arch" "$name" "$llvm/compiler-rt/lib/builtins/$f.c" "$f" -ffreestanding -nostdinc -isystem "$top/include" -isystem "$resources" -O2 -w -fno-stack-protector
		done
		;;
	libunwind)
		u=$llvm/libunwind
		uw="-nostdinc -isystem $top/include -isystem $resources -I$u/include -I$u/src -O2 -w -funwind-tables -fno-stack-protector -D_LIBUNWIND_IS_NATIVE_ONLY -DNDEBUG"
		job "$arch" "$name" "$u/src/libunwind.cpp" libunwind $uw -nostdinc++ -std=c++17 -fno-exceptions -fno-rtti
		job "$arch" "$name" "$u/src/UnwindLevel1.c" UnwindLevel1 $uw -std=c99 -fexceptions
		job "$arch" "$name" "$u/src/UnwindLevel1-gcc-ext.c" UnwindLevel1-gcc-ext $uw -std=c99 -fexceptions
		job "$arch" "$name" "$u/src/UnwindRegistersRestore.S" UnwindRegistersRestore -I"$u/include" -I"$u/src"
		job "$arch" "$name" "$u/src/UnwindRegistersSave.S" UnwindRegistersSave -I"$u/include" -I"$u/src"
		;;
	libsystem_malloc)
		for f in malloc free realloc aligned_alloc malloc_usable_size; do
			job "$arch" "$name" "$musl/src/malloc/mallocng/$f.c" "musl_$f" $common -std=gnu99 -w -isystem "$top/include" -isystem "$resources" -I"$musl/src/internal" -include "$here/malloc/glue.h"
		done
		;;
	libsystem_m)
		# The builtins of complex numbers are here, for they call this library.
		for f in divdc3 divsc3 muldc3 mulsc3 $([ $arch != x86_64 ] || echo divxc3 mulxc3); do
			job "$arch" "$name" "$llvm/compiler-rt/lib/builtins/$f.c" "rt.$f" -ffreestanding -nostdinc -isystem "$top/include" -isystem "$resources" -O2 -w -fno-stack-protector
		done
		case $arch in x86_64) m=x86_64 ;; *) m=aarch64 ;; esac
		for d in math complex; do
			for f in "$musl/src/$d"/*.c; do
				b=$(basename "$f" .c)
				case $b in __fpclassify* | __signbit*) continue ;; esac
				case $b in signgam | __math_*) x=-DALIAS_DATA ;; *) x= ;; esac
				[ -f "$musl/src/$d/$m/$b.c" ] && f=$musl/src/$d/$m/$b.c
				job "$arch" "$name" "$f" "$d.$b" $(muslflags "$arch") $x
			done
		done
		;;
	libsystem_c)
		sed -n -e 's/^- //p' -e 's/^= \([^ ]*\).*/\1/p' musl.list >"$obj/left-out"
		listed musl.list >"$obj/listed"
		while read -r f flags; do
			job "$arch" "$name" "$musl/src/$f" "$(echo "${f%.c}" | tr / .)" $(muslflags "$arch") $flags
		done <"$obj/listed"
		;;
	esac
	echo $objects | tr ' ' '\n' >"$obj/$arch/$name.objects"
	echo "$*" >"$obj/$arch/$name.needs"
}

frameworks=/System/Library/Frameworks
libraries="libcompiler_rt libsystem_kernel libsystem_platform libsystem_pthread libsystem_malloc libsystem_m libsystem_blocks libsystem_c libunwind libxpc libcommonCrypto libcopyfile libsystem_trace libdispatch"
for arch in x86_64 arm64; do
	mkdir -p "$obj/$arch"
	library $arch libcompiler_rt rt
	library $arch libsystem_kernel kernel
	library $arch libsystem_platform platform libsystem_kernel
	library $arch libsystem_pthread pthread libsystem_kernel libsystem_platform
	library $arch libsystem_malloc malloc libsystem_kernel libsystem_platform
	library $arch libsystem_m m libcompiler_rt
	library $arch libsystem_blocks blocks libsystem_kernel libsystem_platform libsystem_malloc
	library $arch libsystem_c c libsystem_blocks libsystem_kernel libsystem_platform libsystem_pthread libsystem_malloc libsystem_m libcompiler_rt libdyld
	library $arch libunwind unwind libsystem_c libsystem_malloc libsystem_pthread libsystem_platform libdyld
	library $arch libxpc xpc libsystem_c libsystem_malloc
	library $arch libdispatch dispatch libcompiler_rt libsystem_c libsystem_kernel libsystem_malloc libsystem_platform libsystem_pthread libsystem_blocks
	library $arch libcommonCrypto crypto libsystem_kernel libsystem_platform
	library $arch libcopyfile copyfile libsystem_c libsystem_kernel libsystem_malloc libsystem_platform
	library $arch libsystem_trace trace libsystem_c libsystem_kernel libsystem_malloc libsystem_platform
	library $arch libSystem.B umbrella
	library $arch libresolv.9 ../frameworks/libresolv
	library $arch CoreFoundation ../frameworks/CoreFoundation
	library $arch Security ../frameworks/Security
done

if [ -s "$jobs" ]; then
	xargs -P "$JOBS" -d '\n' -n 1 sh -c <"$jobs" || { echo "libSystem: a source did not compile" >&2; exit 1; }
fi

# The links. A library is linked against those it needs; what nobody defines is
# an error here, not at run time.
link() { # ARCH NAME INSTALL_NAME FLAGS...
	arch=$1 name=$2 install=$3
	shift 3
	root=$obj/root.$arch
	needs=
	for n in $(cat "$obj/$arch/$name.needs"); do
		needs="$needs $root/usr/lib/system/$n.dylib"
	done
	mkdir -p "$(dirname "$root$install")"
	$LD -arch "$arch" -platform_version macos 11.0 11.0 -dylib -fixup_chains -syslibroot "$root" -install_name "$install" \
		-compatibility_version 1 -current_version 1356 --error-limit=0 -o "$root$install" "$@" $needs $(cat "$obj/$arch/$name.objects") || {
		echo "libSystem: $name ($arch) did not link" >&2
		exit 1
	}
	# lld writes two load commands for each re-exported library and counts one in
	# its ordinals; see reexports.
	case $* in *-reexport_library*) (cd "$top" && go run ./reexports "$root$install") ;; esac
}
for arch in x86_64 arm64; do
	root=$obj/root.$arch
	mkdir -p "$root/usr/lib/system"
	$LIPO "$OUT/usr/lib/system/libdyld.dylib" -thin $arch -output "$root/usr/lib/system/libdyld.dylib"
	reexport="-reexport_library $root/usr/lib/system/libdyld.dylib"
	for l in $libraries; do
		link $arch $l /usr/lib/system/$l.dylib -umbrella System
		reexport="$reexport -reexport_library $root/usr/lib/system/$l.dylib"
	done
	link $arch libSystem.B /usr/lib/libSystem.B.dylib $reexport
	link $arch libresolv.9 /usr/lib/libresolv.9.dylib "$root/usr/lib/libSystem.B.dylib"
	link $arch CoreFoundation $frameworks/CoreFoundation.framework/Versions/A/CoreFoundation "$root/usr/lib/libSystem.B.dylib"
	link $arch Security $frameworks/Security.framework/Versions/A/Security "$root/usr/lib/libSystem.B.dylib" "$root$frameworks/CoreFoundation.framework/Versions/A/CoreFoundation"
done
mkdir -p "$OUT/usr/lib/system"
for f in usr/lib/libSystem.B.dylib usr/lib/libresolv.9.dylib $(for l in $libraries; do echo usr/lib/system/$l.dylib; done) \
	$(for l in CoreFoundation Security; do echo ${frameworks#/}/$l.framework/Versions/A/$l; done); do
	$LIPO -create "$obj/root.x86_64/$f" "$obj/root.arm64/$f" -output "$obj/fat"
	mkdir -p "$OUT/$(dirname "$f")"
	cmp -s "$obj/fat" "$OUT/$f" || cp "$obj/fat" "$OUT/$f"
done
echo "$all" >"$obj/done"
