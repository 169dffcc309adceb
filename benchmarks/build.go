package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/beagle-emu/beagle/tests/machostatic"
)

// archs are the guest architectures: as clang and --arch spell them for Darwin,
// and as Linux and qemu-user do.
var archs = []struct{ mac, linux string }{{"x86_64", "x86_64"}, {"arm64", "aarch64"}}

// build compiles each program for Linux and for macOS, both architectures, from
// one source with the same flags.
func (b *bench) build() error {
	for _, name := range []string{"kern", "calls", "hello"} {
		src := filepath.Join("benchmarks", "guest", name+".c")
		for _, a := range archs {
			if err := buildLinux(src, b.linux(a.linux, name), a.linux); err != nil {
				return err
			}
			if err := buildMac(src, b.mac(a.mac, name), a.mac); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) linux(arch, name string) string { return filepath.Join(b.dir, name+"-linux-"+arch) }
func (b *bench) mac(arch, name string) string   { return filepath.Join(b.dir, name+"-mac-"+arch) }

// native is the program for this machine itself, and the architecture's name on
// a Mac.
func (b *bench) native(name string) (path, macArch string) {
	if runtime.GOARCH == "arm64" {
		return b.linux("aarch64", name), "arm64"
	}
	return b.linux("x86_64", name), "x86_64"
}

var cflags = []string{"-O2", "-g0", "-ffreestanding", "-nostdinc", "-fno-stack-protector", "-fno-pic", "-Wall", "-Wextra", "-Werror",
	"-Wno-unused-function", "-Wno-unused-parameter"}

func buildLinux(src, out, arch string) error {
	args := append([]string{"-target", arch + "-linux-gnu"}, cflags...)
	return tool("clang-19", append(args, "-nostdlib", "-static", "-fuse-ld=lld-19", "-Wl,-e,start", src, "-o", out)...)
}

func buildMac(src, out, arch string) error {
	args := append([]string{"-target", arch + "-apple-macos11"}, cflags...)
	if err := tool("clang-19", append(args, "-c", src, "-o", out+".o")...); err != nil {
		return err
	}
	if err := tool("ld64.lld-19", "-arch", arch, "-platform_version", "macos", "11.0", "11.0", "-no_fixup_chains",
		"-headerpad", "0x400", "-e", "start", "-o", out+".linked", out+".o"); err != nil {
		return err
	}
	linked, err := os.ReadFile(out + ".linked")
	if err != nil {
		return err
	}
	static, err := machostatic.Convert(linked)
	if err != nil {
		return fmt.Errorf("%s: %w", out, err)
	}
	return os.WriteFile(out, static, 0o755)
}

func tool(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}
