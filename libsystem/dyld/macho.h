// Mach-O as far as a dynamic linker reads it: <mach-o/loader.h>, <mach-o/nlist.h>,
// <mach-o/fat.h>, <mach-o/reloc.h> and <mach-o/fixup-chains.h>. All 64-bit and
// little endian, but for the fat header, which is big endian.
#ifndef BEAGLE_MACHO_H
#define BEAGLE_MACHO_H

#include <stdint.h>

#define MH_MAGIC_64 0xfeedfacfu
#define FAT_MAGIC 0xcafebabeu
#define FAT_MAGIC_64 0xcafebabfu

#define CPU_TYPE_X86_64 0x01000007
#define CPU_TYPE_ARM64 0x0100000c
#define CPU_SUBTYPE_MASK 0x00ffffffu
#define CPU_SUBTYPE_X86_64_ALL 3
#define CPU_SUBTYPE_ARM64E 2

#define MH_EXECUTE 2
#define MH_DYLIB 6
#define MH_DYLINKER 7
#define MH_BUNDLE 8

#define MH_TWOLEVEL 0x80u
#define MH_WEAK_DEFINES 0x8000u
#define MH_BINDS_TO_WEAK 0x10000u
#define MH_HAS_TLV_DESCRIPTORS 0x800000u

struct mach_header_64 {
	uint32_t magic;
	int32_t cputype;
	uint32_t cpusubtype;
	uint32_t filetype;
	uint32_t ncmds;
	uint32_t sizeofcmds;
	uint32_t flags;
	uint32_t reserved;
};

struct fat_arch {
	uint32_t cputype, cpusubtype, offset, size, align;
};

struct fat_arch_64 {
	uint32_t cputype, cpusubtype;
	uint64_t offset, size;
	uint32_t align, reserved;
};

#define LC_REQ_DYLD 0x80000000u
#define LC_SYMTAB 0x2u
#define LC_UNIXTHREAD 0x5u
#define LC_DYSYMTAB 0xbu
#define LC_LOAD_DYLIB 0xcu
#define LC_ID_DYLIB 0xdu
#define LC_ROUTINES_64 0x1au
#define LC_LOAD_WEAK_DYLIB (0x18u | LC_REQ_DYLD)
#define LC_SEGMENT_64 0x19u
#define LC_UUID 0x1bu
#define LC_RPATH (0x1cu | LC_REQ_DYLD)
#define LC_REEXPORT_DYLIB (0x1fu | LC_REQ_DYLD)
#define LC_LAZY_LOAD_DYLIB 0x20u
#define LC_DYLD_INFO 0x22u
#define LC_DYLD_INFO_ONLY (0x22u | LC_REQ_DYLD)
#define LC_LOAD_UPWARD_DYLIB (0x23u | LC_REQ_DYLD)
#define LC_VERSION_MIN_MACOSX 0x24u
#define LC_MAIN (0x28u | LC_REQ_DYLD)
#define LC_BUILD_VERSION 0x32u
#define LC_DYLD_EXPORTS_TRIE (0x33u | LC_REQ_DYLD)
#define LC_DYLD_CHAINED_FIXUPS (0x34u | LC_REQ_DYLD)

struct load_command {
	uint32_t cmd, cmdsize;
};

#define VM_PROT_READ 1
#define VM_PROT_WRITE 2
#define VM_PROT_EXECUTE 4
#define SG_READ_ONLY 0x10u

struct segment_command_64 {
	uint32_t cmd, cmdsize;
	char segname[16];
	uint64_t vmaddr, vmsize, fileoff, filesize;
	int32_t maxprot, initprot;
	uint32_t nsects, flags;
};

#define SECTION_TYPE 0xffu
#define S_NON_LAZY_SYMBOL_POINTERS 0x6u
#define S_LAZY_SYMBOL_POINTERS 0x7u
#define S_MOD_INIT_FUNC_POINTERS 0x9u
#define S_MOD_TERM_FUNC_POINTERS 0xau
#define S_INTERPOSING 0xdu
#define S_THREAD_LOCAL_REGULAR 0x11u
#define S_THREAD_LOCAL_ZEROFILL 0x12u
#define S_THREAD_LOCAL_VARIABLES 0x13u
#define S_INIT_FUNC_OFFSETS 0x16u

struct section_64 {
	char sectname[16], segname[16];
	uint64_t addr, size;
	uint32_t offset, align, reloff, nreloc, flags;
	uint32_t reserved1, reserved2, reserved3;
};

struct dylib_command {
	uint32_t cmd, cmdsize, name, timestamp, current_version, compatibility_version;
};

struct lc_str_command { // LC_RPATH, LC_LOAD_DYLINKER
	uint32_t cmd, cmdsize, name;
};

struct entry_point_command {
	uint32_t cmd, cmdsize;
	uint64_t entryoff, stacksize;
};

struct routines_command_64 {
	uint32_t cmd, cmdsize;
	uint64_t init_address, init_module, reserved[6];
};

struct uuid_command {
	uint32_t cmd, cmdsize;
	uint8_t uuid[16];
};

struct symtab_command {
	uint32_t cmd, cmdsize, symoff, nsyms, stroff, strsize;
};

struct dysymtab_command {
	uint32_t cmd, cmdsize;
	uint32_t ilocalsym, nlocalsym, iextdefsym, nextdefsym, iundefsym, nundefsym;
	uint32_t tocoff, ntoc, modtaboff, nmodtab, extrefsymoff, nextrefsyms;
	uint32_t indirectsymoff, nindirectsyms, extreloff, nextrel, locreloff, nlocrel;
};

#define INDIRECT_SYMBOL_LOCAL 0x80000000u
#define INDIRECT_SYMBOL_ABS 0x40000000u

struct dyld_info_command {
	uint32_t cmd, cmdsize;
	uint32_t rebase_off, rebase_size, bind_off, bind_size, weak_bind_off, weak_bind_size;
	uint32_t lazy_bind_off, lazy_bind_size, export_off, export_size;
};

struct linkedit_data_command {
	uint32_t cmd, cmdsize, dataoff, datasize;
};

struct nlist_64 {
	uint32_t n_strx;
	uint8_t n_type, n_sect;
	uint16_t n_desc;
	uint64_t n_value;
};

#define N_STAB 0xe0
#define N_PEXT 0x10
#define N_TYPE 0x0e
#define N_EXT 0x01
#define N_UNDF 0x0
#define N_ABS 0x2
#define N_SECT 0xe
#define N_WEAK_REF 0x0040
#define N_WEAK_DEF 0x0080
#define N_ARM_THUMB_DEF 0x0008

struct relocation_info {
	int32_t r_address;
	uint32_t r_symbolnum : 24, r_pcrel : 1, r_length : 2, r_extern : 1, r_type : 4;
};

#define REBASE_TYPE_POINTER 1
#define REBASE_OPCODE_MASK 0xf0
#define REBASE_IMMEDIATE_MASK 0x0f
#define REBASE_OPCODE_DONE 0x00
#define REBASE_OPCODE_SET_TYPE_IMM 0x10
#define REBASE_OPCODE_SET_SEGMENT_AND_OFFSET_ULEB 0x20
#define REBASE_OPCODE_ADD_ADDR_ULEB 0x30
#define REBASE_OPCODE_ADD_ADDR_IMM_SCALED 0x40
#define REBASE_OPCODE_DO_REBASE_IMM_TIMES 0x50
#define REBASE_OPCODE_DO_REBASE_ULEB_TIMES 0x60
#define REBASE_OPCODE_DO_REBASE_ADD_ADDR_ULEB 0x70
#define REBASE_OPCODE_DO_REBASE_ULEB_TIMES_SKIPPING_ULEB 0x80

#define BIND_TYPE_POINTER 1
#define BIND_SPECIAL_DYLIB_SELF 0
#define BIND_SPECIAL_DYLIB_MAIN_EXECUTABLE -1
#define BIND_SPECIAL_DYLIB_FLAT_LOOKUP -2
#define BIND_SPECIAL_DYLIB_WEAK_LOOKUP -3
#define BIND_SYMBOL_FLAGS_WEAK_IMPORT 0x1
#define BIND_SYMBOL_FLAGS_NON_WEAK_DEFINITION 0x8
#define BIND_OPCODE_MASK 0xf0
#define BIND_IMMEDIATE_MASK 0x0f
#define BIND_OPCODE_DONE 0x00
#define BIND_OPCODE_SET_DYLIB_ORDINAL_IMM 0x10
#define BIND_OPCODE_SET_DYLIB_ORDINAL_ULEB 0x20
#define BIND_OPCODE_SET_DYLIB_SPECIAL_IMM 0x30
#define BIND_OPCODE_SET_SYMBOL_TRAILING_FLAGS_IMM 0x40
#define BIND_OPCODE_SET_TYPE_IMM 0x50
#define BIND_OPCODE_SET_ADDEND_SLEB 0x60
#define BIND_OPCODE_SET_SEGMENT_AND_OFFSET_ULEB 0x70
#define BIND_OPCODE_ADD_ADDR_ULEB 0x80
#define BIND_OPCODE_DO_BIND 0x90
#define BIND_OPCODE_DO_BIND_ADD_ADDR_ULEB 0xa0
#define BIND_OPCODE_DO_BIND_ADD_ADDR_IMM_SCALED 0xb0
#define BIND_OPCODE_DO_BIND_ULEB_TIMES_SKIPPING_ULEB 0xc0

#define EXPORT_SYMBOL_FLAGS_KIND_MASK 0x03
#define EXPORT_SYMBOL_FLAGS_KIND_ABSOLUTE 0x02
#define EXPORT_SYMBOL_FLAGS_WEAK_DEFINITION 0x04
#define EXPORT_SYMBOL_FLAGS_REEXPORT 0x08
#define EXPORT_SYMBOL_FLAGS_STUB_AND_RESOLVER 0x10

struct dyld_chained_fixups_header {
	uint32_t fixups_version, starts_offset, imports_offset, symbols_offset;
	uint32_t imports_count, imports_format, symbols_format;
};

struct dyld_chained_starts_in_segment {
	uint32_t size;
	uint16_t page_size, pointer_format;
	uint64_t segment_offset;
	uint32_t max_valid_pointer;
	uint16_t page_count;
	uint16_t page_start[];
};

#define DYLD_CHAINED_PTR_START_NONE 0xffff
#define DYLD_CHAINED_PTR_START_MULTI 0x8000
#define DYLD_CHAINED_PTR_64 2
#define DYLD_CHAINED_PTR_64_OFFSET 6
#define DYLD_CHAINED_IMPORT 1
#define DYLD_CHAINED_IMPORT_ADDEND 2
#define DYLD_CHAINED_IMPORT_ADDEND64 3

#endif
