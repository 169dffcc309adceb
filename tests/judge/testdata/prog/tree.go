// A file tree is made, walked, changed and removed.
package main

import (
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func main() {
	root, err := ioutil.TempDir("", "tree")
	check(err)
	defer os.RemoveAll(root)
	for i := 0; i < 5; i++ {
		d := filepath.Join(root, fmt.Sprintf("d%d", i), "deep", "er")
		check(os.MkdirAll(d, 0755))
		for j := 0; j < 40; j++ {
			check(ioutil.WriteFile(filepath.Join(d, fmt.Sprintf("f%02d", j)), []byte(strings.Repeat("x", i*100+j)), 0644))
		}
	}
	check(os.Symlink("d0/deep", filepath.Join(root, "link")))
	check(os.Link(filepath.Join(root, "d0/deep/er/f01"), filepath.Join(root, "hard")))
	files, dirs, links, size := 0, 0, 0, int64(0)
	check(filepath.Walk(root, func(p string, fi os.FileInfo, err error) error {
		check(err)
		switch {
		case fi.IsDir():
			dirs++
		case fi.Mode()&os.ModeSymlink != 0:
			links++
		default:
			files++
			size += fi.Size()
		}
		return nil
	}))
	fmt.Println("files", files, "dirs", dirs, "links", links, "bytes", size)
	target, err := os.Readlink(filepath.Join(root, "link"))
	check(err)
	fmt.Println("link to", target)
	f, err := os.Open(filepath.Join(root, "link", "er"))
	check(err)
	names, err := f.Readdirnames(7)
	check(err)
	rest, err := f.Readdirnames(-1)
	check(err)
	names = append(names, rest...)
	sort.Strings(names)
	fmt.Println(len(names), names[0], names[len(names)-1])
	f.Close()

	old, fresh := filepath.Join(root, "d1"), filepath.Join(root, "renamed")
	check(os.Rename(old, fresh))
	_, err = os.Stat(old)
	fmt.Println("gone", os.IsNotExist(err))
	when := time.Unix(1234567890, 0)
	check(os.Chtimes(filepath.Join(root, "hard"), when, when))
	fi, err := os.Stat(filepath.Join(root, "d0/deep/er/f01"))
	check(err)
	fmt.Println("time", fi.ModTime().Unix(), fi.Size(), fi.Mode())
	check(os.Chmod(fresh, 0700))
	fi, err = os.Stat(fresh)
	check(err)
	fmt.Println(fi.Mode())
	check(os.Truncate(filepath.Join(root, "hard"), 0))
	b, err := ioutil.ReadFile(filepath.Join(root, "d0/deep/er/f01"))
	check(err)
	fmt.Println("truncated", len(b))
	err = os.Remove(fresh)
	fmt.Println("not empty", err != nil, strings.HasSuffix(fmt.Sprint(err), "directory not empty"))
	check(os.Chdir(root))
	wd, err := os.Getwd()
	check(err)
	real, err := filepath.EvalSymlinks(root)
	check(err)
	realwd, err := filepath.EvalSymlinks(wd)
	check(err)
	fmt.Println("cwd", real == realwd)
	check(os.RemoveAll(root))
	_, err = os.Stat(root)
	fmt.Println("removed", os.IsNotExist(err))
}
