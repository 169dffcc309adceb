package bsd

import (
	"encoding/binary"
	"testing"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

func (g *guest) attrlist(common, vol, dir, file, fork uint32) uint64 {
	var b [24]byte
	al := abi.Attrlist{Bitmapcount: abi.ATTR_BIT_MAP_COUNT, Commonattr: common, Volattr: vol, Dirattr: dir, Fileattr: file, Forkattr: fork}
	al.Put(b[:])
	return g.data(b[:])
}

func TestGetattrlist(t *testing.T) {
	views(t, func(g *guest) {
		g.writeFile("/tmp/file", "12345")
		le := binary.LittleEndian
		p, buf := g.str("/tmp/file"), g.alloc(512)
		st, _ := g.stat("/tmp/file")

		// Fixed fields lie without padding, in the order of their bits; the
		// name follows them.
		al := g.attrlist(abi.ATTR_CMN_NAME|abi.ATTR_CMN_OBJTYPE|abi.ATTR_CMN_MODTIME|abi.ATTR_CMN_FILEID, 0, 0, abi.ATTR_FILE_DATALENGTH, 0)
		g.must(220, p, al, buf, 512, 0)
		b := g.bytes(buf, 4+8+4+16+8+8+8)
		if n := le.Uint32(b); n != 4+8+4+16+8+8+8 {
			t.Errorf("length %d", n)
		}
		off, n := le.Uint32(b[4:]), le.Uint32(b[8:])
		if name := string(b[4+off : 4+off+n]); name != "file\x00" {
			t.Errorf("name %q", name)
		}
		if le.Uint32(b[12:]) != 1 || int64(le.Uint64(b[16:])) != st.Mtimespec.Sec || le.Uint64(b[32:]) != uint64(st.Ino) || le.Uint64(b[40:]) != 5 {
			t.Errorf("% x", b)
		}

		// What is missing is EINVAL, or left out where the answer can say so.
		g.fails(abi.EINVAL, 220, p, g.attrlist(abi.ATTR_CMN_ADDEDTIME, 0, 0, 0, 0), buf, 512, 0)
		g.must(220, p, g.attrlist(abi.ATTR_CMN_RETURNED_ATTRS|abi.ATTR_CMN_ADDEDTIME|abi.ATTR_CMN_OWNERID, 0, 0, 0, 0), buf, 512, 0)
		b = g.bytes(buf, 28)
		if le.Uint32(b) != 28 || le.Uint32(b[4:]) != abi.ATTR_CMN_RETURNED_ATTRS|abi.ATTR_CMN_OWNERID || le.Uint32(b[24:]) != uint32(st.Uid) {
			t.Errorf("% x", b)
		}
		// A buffer that is too short gets its part, and the whole length.
		g.must(220, p, al, buf, 4, 0)
		if n := le.Uint32(g.bytes(buf, 4)); n != 56 {
			t.Errorf("length %d", n)
		}
		g.fails(abi.ERANGE, 220, p, al, buf, 3, 0)
		g.fails(abi.EINVAL, 220, p, g.attrlist(0, 0, 0, 1<<20, 0), buf, 512, 0)
		g.fails(abi.EINVAL, 220, p, g.attrlist(abi.ATTR_CMN_NAME, abi.ATTR_VOL_SIZE, 0, 0, 0), buf, 512, 0)
		g.fails(abi.ENOENT, 220, g.str("/tmp/none"), al, buf, 512, 0)
		g.fails(abi.EFAULT, 220, p, 0x10, buf, 512, 0)
		g.fails(abi.EFAULT, 220, p, al, 0x10, 512, 0)
		g.must(220, p, g.attrlist(0, abi.ATTR_VOL_INFO|abi.ATTR_VOL_SIZE|abi.ATTR_VOL_CAPABILITIES, 0, 0, 0), buf, 512, 0)
		if n := le.Uint32(g.bytes(buf, 4)); n != 4+8+32 {
			t.Errorf("length %d", n)
		}

		// Times by setattrlist, as the C library's utimensat does it.
		times := g.alloc(32)
		g.p.Space.Store64(times, 111)
		g.p.Space.Store64(times+8, 5)
		g.p.Space.Store64(times+16, 222)
		set := g.attrlist(abi.ATTR_CMN_MODTIME|abi.ATTR_CMN_ACCTIME, 0, 0, 0, 0)
		g.must(221, p, set, times, 32, 0)
		if st, _ := g.stat("/tmp/file"); st.Mtimespec != (abi.Timespec{Sec: 111, Nsec: 5}) || st.Atimespec.Sec != 222 {
			t.Errorf("%+v", st)
		}
		g.fails(abi.EINVAL, 221, p, set, times, 31, 0)
		fd := g.must(5, p, abi.O_RDWR, 0)
		g.must(229, fd, set, times, 32, 0)
		g.must(228, fd, al, buf, 512, 0)
	})
}

func TestGetattrlistbulk(t *testing.T) {
	views(t, func(g *guest) {
		g.must(136, g.str("/tmp/d"), 0o755)
		for _, n := range []string{"a", "bb", "ccc", "dddd"} {
			g.writeFile("/tmp/d/"+n, n)
		}
		le := binary.LittleEndian
		fd := g.must(5, g.str("/tmp/d"), abi.O_RDONLY, 0)
		al := g.attrlist(abi.ATTR_CMN_RETURNED_ATTRS|abi.ATTR_CMN_NAME|abi.ATTR_CMN_OBJTYPE, 0, 0, abi.ATTR_FILE_DATALENGTH, 0)
		buf := g.alloc(1024)
		sizes := map[string]uint64{}
		for {
			n := g.must(461, fd, al, buf, 128, 0)
			if n == 0 {
				break
			}
			at := buf
			for range n {
				length := le.Uint32(g.bytes(at, 4))
				b := g.bytes(at, int(length))
				off, size := le.Uint32(b[24:]), le.Uint32(b[28:])
				sizes[string(b[24+off:24+off+size-1])] = le.Uint64(b[36:])
				at += uint64(length)
			}
		}
		if len(sizes) != 4 || sizes["a"] != 1 || sizes["dddd"] != 4 {
			t.Errorf("%v", sizes)
		}
		g.fails(abi.EINVAL, 461, fd, g.attrlist(abi.ATTR_CMN_NAME, 0, 0, 0, 0), buf, 128, 0)
		g.must(199, fd, 0, abi.SEEK_SET)
		g.fails(abi.ERANGE, 461, fd, al, buf, 16, 0)
	})
}

func TestStatfs(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		buf := g.alloc(3 * 2168)
		g.must(345, g.str("/tmp"), buf)
		st, _ := g.stat("/tmp")
		b := g.bytes(buf, 2168)
		if fsid := binary.LittleEndian.Uint32(b[48:]); fsid != uint32(st.Dev) {
			t.Errorf("fsid %#x, st_dev %#x", fsid, st.Dev)
		}
		n := g.must(347, 0, 0, 0)
		if m := g.must(347, buf, 2168, abi.MNT_NOWAIT); n < 2 || m != 1 {
			t.Errorf("%d mounts, %d in a buffer for one", n, m)
		}
		for _, c := range []struct {
			name uint64
			want uint64
		}{{abi.PC_NAME_MAX, 255}, {abi.PC_PATH_MAX, 1024}, {abi.PC_PIPE_BUF, 512}} {
			if v := g.must(191, g.str("/tmp"), c.name); v != c.want {
				t.Errorf("pathconf %d: %d", c.name, v)
			}
		}
		g.fails(abi.EINVAL, 191, g.str("/tmp"), 99)
		g.fails(abi.EPERM, 167, g.str("apfs"), g.str("/tmp"), 0, 0)
	})
}
