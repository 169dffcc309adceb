package loader

import "github.com/beagle-emu/beagle/cpu"

// Slides turns three random numbers into the slides of a program and of its
// dynamic linker, in bytes, as load_machfile does (vm_map_get_max_aslr_slide_*
// in osfmk/vm/vm_map.c): never 0; on Intel below 256 MiB, on arm64 below 16 MiB
// (dynamic linker: 4 MiB) plus a multiple of 32 MiB up to two.
func Slides(arch cpu.Arch, random [3]uint64) (program, dylinker uint64) {
	page := arch.PageSize()
	if arch == cpu.ARM64 {
		const section = 32 << 20 // ARM_TT_TWIG_SIZE with 16 KiB pages
		program = (random[0]%(16<<20/page-1)+1)*page + random[2]%3*section
		return program, (random[1]%(4<<20/page-1) + 1) * page
	}
	const pages = 1 << 16
	return (random[0]%(pages-1) + 1) * page, (random[1]%(pages-1) + 1) * page
}
