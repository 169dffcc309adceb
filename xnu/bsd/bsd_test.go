package bsd

import "testing"

// The table is built without a wrong declaration or a number claimed twice.
func TestTable(t *testing.T) {
	if n := len(Table()); n != 558 {
		t.Fatalf("%d rows", n)
	}
}
