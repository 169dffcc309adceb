// Command gen writes the tables of package abi from the lists in xnu/abi/data.
// It is run by go generate in xnu/abi.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

func main() {
	files, err := generate("data")
	if err == nil {
		for name, text := range files {
			if err = os.WriteFile(name, text, 0o644); err != nil {
				break
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// generate returns the text of each generated file by its name.
func generate(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, g := range []struct {
		from, to string
		columns  int
		repeats  bool
		write    func(*bytes.Buffer, [][]string) error
	}{
		{"bsd.tsv", "zbsd.go", 5, false, writeBSD},
		{"mach.tsv", "zmach.go", 3, false, writeMach},
		{"mig.tsv", "zmig.go", 4, true, writeMIG},
	} {
		rows, err := readTSV(filepath.Join(dir, g.from), g.columns, g.repeats)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "// Code generated from data/%s by go generate. DO NOT EDIT.\n\npackage abi\n\n", g.from)
		if err := g.write(&b, rows); err != nil {
			return nil, fmt.Errorf("%s: %w", g.from, err)
		}
		if files[g.to], err = format.Source(b.Bytes()); err != nil {
			return nil, fmt.Errorf("%s: %w", g.to, err)
		}
	}
	return files, nil
}

// readTSV reads a list whose first line names its columns and whose first
// column is a number, and sorts it by that number. No number may come twice, or
// with repeats none with the same second column.
func readTSV(path string, columns int, repeats bool) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows [][]string
	in := bufio.NewScanner(f)
	for line := 1; in.Scan(); line++ {
		row := strings.Split(in.Text(), "\t")
		if len(row) != columns {
			return nil, fmt.Errorf("%s:%d: %d columns, not %d", path, line, len(row), columns)
		}
		if line == 1 {
			continue
		}
		if _, err := strconv.Atoi(row[0]); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		rows = append(rows, row)
	}
	if err := in.Err(); err != nil {
		return nil, err
	}
	sort.SliceStable(rows, func(i, j int) bool { return number(rows[i]) < number(rows[j]) })
	for i := 1; i < len(rows); i++ {
		if number(rows[i]) == number(rows[i-1]) && (!repeats || rows[i][1] == rows[i-1][1]) {
			return nil, fmt.Errorf("%s: %s comes twice", path, rows[i][0])
		}
	}
	return rows, nil
}

// number returns a row's first column; readTSV has checked it.
func number(row []string) int {
	n, _ := strconv.Atoi(row[0])
	return n
}

func writeBSD(b *bytes.Buffer, rows [][]string) error {
	// The table is indexed by number, so it may have no gap.
	fmt.Fprintln(b, "var bsdCalls = [...]BSDCall{")
	for i, r := range rows {
		if number(r) != i {
			return fmt.Errorf("number %d is missing", i)
		}
		fmt.Fprintf(b, "%s: {%s, %q, %q, ", r[0], r[0], r[1], r[2])
		params := strings.TrimSpace(r[3])
		if params == "" || params == "void" {
			b.WriteString("nil")
		} else {
			b.WriteString("[]Param{")
			for j, p := range strings.Split(params, ",") {
				typ, name, ok := splitParam(p)
				if !ok {
					return fmt.Errorf("%s: parameter %q has no name", r[1], p)
				}
				if j > 0 {
					b.WriteString(", ")
				}
				fmt.Fprintf(b, "{%q, %q}", typ, name)
			}
			b.WriteString("}")
		}
		fmt.Fprintf(b, ", %q},\n", strings.TrimPrefix(r[4], "if "))
	}
	b.WriteString("}\n")
	return nil
}

// splitParam cuts a C parameter into its type and its name.
func splitParam(p string) (typ, name string, ok bool) {
	p = strings.TrimSpace(p)
	i := strings.LastIndexAny(p, " *\t")
	if i < 0 || i == len(p)-1 {
		return "", "", false
	}
	return strings.Join(strings.Fields(p[:i+1]), " "), p[i+1:], true
}

func writeMach(b *bytes.Buffer, rows [][]string) error {
	fmt.Fprintln(b, "var machTraps = [...]MachTrap{")
	for _, r := range rows {
		args, err := strconv.Atoi(r[2])
		if err != nil {
			return fmt.Errorf("%s: %w", r[1], err)
		}
		fmt.Fprintf(b, "{%s, %q, %d},\n", r[0], r[1], args)
	}
	b.WriteString("}\n")
	return nil
}

func writeMIG(b *bytes.Buffer, rows [][]string) error {
	fmt.Fprintln(b, "var migRoutines = [...]MIGRoutine{")
	for _, r := range rows {
		if r[3] != "routine" && r[3] != "simpleroutine" {
			return fmt.Errorf("%s: kind %q", r[2], r[3])
		}
		fmt.Fprintf(b, "{%s, %q, %q, %v},\n", r[0], r[1], r[2], r[3] == "simpleroutine")
	}
	b.WriteString("}\n")
	return nil
}
