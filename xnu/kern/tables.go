package kern

import "fmt"

// Overlay puts rows at their numbers over a table of calls that are known but
// not done. A number declared twice, or outside the table, is a programming
// error and shows at the first start.
func Overlay(table []Row, groups ...[]Row) []Row {
	seen := map[int]string{}
	for _, g := range groups {
		for _, r := range g {
			if r.Num < 0 || r.Num >= len(table) {
				panic(fmt.Sprintf("kern: %s: no call has number %d", r.Name, r.Num))
			}
			if other, dup := seen[r.Num]; dup {
				panic(fmt.Sprintf("kern: %s and %s both claim number %d", other, r.Name, r.Num))
			}
			seen[r.Num] = r.Name
			table[r.Num] = r
		}
	}
	return table
}

// Lookup returns the row of a call, or nil: for views of the tables.
func (t *Tables) Lookup(c Class, num int) *Row {
	var rows []Row
	switch c {
	case Unix:
		rows = t.Unix
	case Mach:
		rows = t.Mach
	case Machdep:
		rows = t.MachdepX86
	}
	if num < 0 || num >= len(rows) {
		return nil
	}
	return &rows[num]
}
