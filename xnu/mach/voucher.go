package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// voucher is a Mach voucher without attributes: nothing here has importance,
// activities or accounts to carry along.
type voucher struct {
	owner *task
	port  *ipc.Port
}

func isVoucher(o any) bool {
	_, ok := o.(*voucher)
	return ok
}

// NoSenders ends the voucher with its last name.
func (v *voucher) NoSenders(p *ipc.Port) {
	v.owner.vouchers--
	p.Destroy()
}

func voucherRows() []kern.Row {
	const note = "vouchers have no attributes: recipes other than an empty one are refused"
	return []kern.Row{
		kern.MachTrap(70, "host_create_mach_voucher_trap", kern.RetKern, kern.Partial, hostCreateMachVoucherTrap, note),
		kern.MachTrap(72, "mach_voucher_extract_attr_recipe_trap", kern.RetKern, kern.Partial, voucherExtractRecipe, note),
	}
}

const (
	// voucherRecipesMax is MACH_VOUCHER_ATTR_MAX_RAW_RECIPE_ARRAY_SIZE, in bytes.
	voucherRecipesMax = 5120
	voucherHeader     = 16 // key, command, previous voucher, size of content
	maxVouchers       = 1 << 16
)

type createVoucherArgs struct {
	Host    abi.Port
	Recipes abi.Ptr
	Size    int32
	Voucher abi.Ptr `out:"4"`
}

func hostCreateMachVoucherTrap(t *kern.Thread, a *createVoucherArgs) (uint64, error) {
	k := self(t)
	if _, ok := k.object(a.Host).(*host); !ok {
		return 0, abi.MACH_SEND_INVALID_DEST
	}
	switch {
	case a.Size < 0:
		return 0, abi.KERN_INVALID_ARGUMENT
	case a.Size > voucherRecipesMax:
		return 0, abi.MIG_ARRAY_TOO_LARGE
	}
	b := make([]byte, a.Size)
	if t.Space().CopyIn(b, uint64(a.Recipes)) != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	right, kr := k.newVoucher(b)
	if kr != 0 {
		return 0, kr
	}
	return 0, machCopyOut(t, a.Voucher, k.copyOutSend(right))
}

// The commands that an empty voucher can obey.
const (
	voucherCopy   = 1
	voucherRemove = 2
)

// newVoucher makes a voucher by recipes. Copying or removing what is not there
// gives nothing; setting an attribute is refused.
func (k *task) newVoucher(recipes []byte) (ipc.Cap, abi.KernReturn) {
	for len(recipes) > 0 {
		if len(recipes) < voucherHeader {
			return ipc.Cap{}, abi.KERN_INVALID_ARGUMENT
		}
		command, size := le.Uint32(recipes[4:]), uint64(le.Uint32(recipes[12:]))
		if uint64(len(recipes)) < voucherHeader+size {
			return ipc.Cap{}, abi.KERN_INVALID_ARGUMENT
		}
		if command != voucherCopy && command != voucherRemove {
			k.sys.m.Note("mach voucher attributes")
			return ipc.Cap{}, abi.KERN_NOT_SUPPORTED
		}
		recipes = recipes[voucherHeader+size:]
	}
	if k.vouchers >= maxVouchers {
		return ipc.Cap{}, abi.KERN_RESOURCE_SHORTAGE
	}
	k.vouchers++
	v := &voucher{owner: k}
	v.port = k.sys.world.NewKernelPort(v)
	return v.port.MakeSend(), 0
}

func hostCreateMachVoucher(c *call, _ *host, r *struct{ Count uint32 }) abi.KernReturn {
	if r.Count > voucherRecipesMax || uint64(len(c.tail)) < uint64(r.Count) {
		return abi.MIG_ARRAY_TOO_LARGE
	}
	right, kr := c.k.newVoucher(c.tail[:r.Count])
	if kr == 0 {
		c.putPort(right)
	}
	return kr
}

type extractRecipeArgs struct {
	Voucher abi.Port
	Key     uint32
	Recipe  abi.Ptr
	Size    abi.Ptr
}

// voucherExtractRecipe finds that the voucher has nothing under any key: a recipe
// of no content.
func voucherExtractRecipe(t *kern.Thread, a *extractRecipeArgs) (uint64, error) {
	size, err := t.Space().Load32(uint64(a.Size))
	if err != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	if size > voucherRecipesMax {
		return 0, abi.MIG_ARRAY_TOO_LARGE
	}
	if !isVoucher(self(t).object(a.Voucher)) {
		return 0, abi.MACH_SEND_INVALID_DEST
	}
	return 0, machCopyOut(t, a.Size, uint32(0))
}
